// Data sets and models over the own API, /sinter/v1. Names and refs are one path segment ("owner%2Fname@3").
//   GET  /datasets?after=&limit=          {"items":[{"name","latest",...}],"next"}
//   POST /datasets/NAME/versions          {"manifest":{...},"details":{...}} -> a version
//   GET  /datasets/REF                    a version with its manifest
//   GET  /datasets/NAME/versions          {"items":[version ...]}
// and the same under /models. Blobs come first: PUT /blobs/SHA256, or HEAD to see whether it is there.
#pragma once

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// {"name","ref","number","id","bytes","details","created_ms","created_by"}
Json VersionJson(const RepositoryVersion& version);

Result<Json> ListRepositories(Platform& platform, RepositoryKind kind, std::string_view after, int limit);
Result<Json> ListVersions(Platform& platform, RepositoryKind kind, std::string_view name);
Result<Json> ShowVersion(Platform& platform, RepositoryKind kind, std::string_view ref);
// Twice the same gives the same version. Files that are not in the store are named (kNotFound).
Result<Json> AddVersion(Platform& platform, RepositoryKind kind, std::string_view name, const Json& body,
                        std::string_view who);

}  // namespace sinter
