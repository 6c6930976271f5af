// Lineage over the own API:
//   GET /lineage?kind=dataset|run|model|service&ref=REF
//     {"node":{"kind","ref"},"steps":[{"kind","ref","distance"}],"edges":[{"from","to","how"}]}
// A version's ref is as Find takes it; a run's is its id; a service's is NAME (its revision now) or
// NAME@REVISION.
#pragma once

#include "base/json.h"
#include "platform/hub/lineage.h"
#include "server/api/platform.h"

namespace sinter {

// What the records say led to what. Each is a pure function of one record.
std::vector<LineageEdge> EdgesOfVersion(RepositoryKind kind, const RepositoryVersion& version);
std::vector<LineageEdge> EdgesOfRun(const RunInfo& run);
std::vector<LineageEdge> EdgesOfService(const ServiceInfo& service);

// Of all versions, runs and services.
Result<std::vector<LineageEdge>> AllLineageEdges(Platform& platform);

Result<Json> ShowLineage(Platform& platform, std::string_view kind, std::string_view ref);

}  // namespace sinter
