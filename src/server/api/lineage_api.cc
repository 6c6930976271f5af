#include "server/api/lineage_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/records/each_record.h"

namespace sinter {
namespace {

Json NodeJson(const LineageNode& node) { return {{"kind", node.kind}, {"ref", node.ref}}; }

LineageNode VersionNode(RepositoryKind kind, std::string ref) {
  return {std::string(RepositoryKindName(kind)), std::move(ref)};
}

// A field of what was said about a version, where it is a text.
std::string Said(const Json& details, std::string_view field) {
  if (!details.is_object()) return "";
  const auto at = details.find(field);
  return at != details.end() && at->is_string() ? at->get<std::string>() : "";
}

Status AddVersions(Platform& platform, RepositoryKind kind, std::vector<LineageEdge>& edges) {
  Repositories& repositories = platform.repositories(kind);
  std::string after;
  do {
    TRY(const RepositoryPage page, repositories.List(after, 1000));
    for (const RepositoryInfo& info : page.repositories) {
      TRY(const auto versions, repositories.Versions(info.name));
      for (const RepositoryVersion& version : versions) {
        for (LineageEdge& edge : EdgesOfVersion(kind, version)) edges.push_back(std::move(edge));
      }
    }
    after = page.next;
  } while (!after.empty());
  return {};
}

// All of a kind.
template <class Read, class Edges>
Status AddRecords(Records& records, std::string_view kind, Read read, Edges edges_of,
                  std::vector<LineageEdge>& edges) {
  return ForEachRecord(records, kind, [&](const Record& record) -> Status {
    TRY(const auto info, read(record));
    for (LineageEdge& edge : edges_of(info)) edges.push_back(std::move(edge));
    return {};
  });
}

Result<LineageNode> NodeOf(Platform& platform, std::string_view kind, std::string_view ref) {
  for (const RepositoryKind repository : {RepositoryKind::kDataset, RepositoryKind::kModel}) {
    if (kind != RepositoryKindName(repository)) continue;
    TRY(const RepositoryVersion version, platform.repositories(repository).Find(ref));
    return VersionNode(repository, version.Ref());
  }
  if (kind == "run") {
    TRY(const RunInfo run, platform.runs().Get(ref));
    return LineageNode{"run", run.id};
  }
  if (kind == "service") {
    if (ref.find('@') != ref.npos) return LineageNode{"service", std::string(ref)};
    TRY(const Record record, platform.records().Get(kServiceKind, ref));
    TRY(const ServiceInfo service, ReadService(record));
    return LineageNode{"service", fmt::format("{}@{}", ref, service.current.revision)};
  }
  return InvalidArgument(fmt::format("'{}' is no kind", kind.substr(0, 64)),
                         "dataset, run, model or service");
}

}  // namespace

std::vector<LineageEdge> EdgesOfVersion(RepositoryKind kind, const RepositoryVersion& version) {
  const Json details = Json::parse(version.details, nullptr, false);
  const LineageNode node = VersionNode(kind, version.Ref());
  std::vector<LineageEdge> edges;
  if (const std::string run = Said(details, "run"); !run.empty())
    edges.push_back({{"run", run}, node, "made"});
  else if (const std::string data = Said(details, "dataset"); kind == RepositoryKind::kModel && !data.empty())
    edges.push_back({{"dataset", data}, node, "trained"});
  std::string from = Said(details, "from");
  if (from.empty() && details.is_object() && details.contains("from"))
    from = Said(details["from"], "ref");  // of a version that was cleaned
  if (!from.empty()) {
    const std::string labelling = Said(details, "labelling");
    edges.push_back({VersionNode(kind, from), node, labelling.empty() ? "derived" : "labelled"});
  }
  return edges;
}

std::vector<LineageEdge> EdgesOfRun(const RunInfo& run) {
  std::vector<LineageEdge> edges;
  // A run that a client trained by itself names no data set of ours.
  if (!run.dataset.empty()) edges.push_back({{"dataset", run.dataset}, {"run", run.id}, "trained"});
  if (!run.model.empty()) edges.push_back({{"run", run.id}, {"model", run.model}, "made"});
  return edges;
}

// Revisions whose rollout was refused never served.
std::vector<LineageEdge> EdgesOfService(const ServiceInfo& service) {
  std::vector<LineageEdge> edges;
  auto add = [&](const RevisionRef& revision) {
    if (revision.model.empty()) return;
    edges.push_back({{"model", revision.model},
                     {"service", fmt::format("{}@{}", service.name, revision.revision)},
                     "served"});
  };
  add(service.current);
  if (service.previous) add(*service.previous);
  for (const RolloutEntry& entry : service.history) {
    add(entry.from);
    if (entry.decision.action == RolloutAction::kSwitch) add(entry.to);
  }
  return edges;
}

Result<std::vector<LineageEdge>> AllLineageEdges(Platform& platform) {
  std::vector<LineageEdge> edges;
  TRY_STATUS(AddVersions(platform, RepositoryKind::kDataset, edges));
  TRY_STATUS(AddVersions(platform, RepositoryKind::kModel, edges));
  TRY_STATUS(AddRecords(platform.records(), "run", ReadRun, EdgesOfRun, edges));
  TRY_STATUS(AddRecords(platform.records(), std::string(kServiceKind), ReadService, EdgesOfService, edges));
  return edges;
}

Result<Json> ShowLineage(Platform& platform, std::string_view kind, std::string_view ref) {
  TRY(const LineageNode node, NodeOf(platform, kind, ref));
  TRY(const std::vector<LineageEdge> edges, AllLineageEdges(platform));
  const Lineage lineage = TraceLineage(edges, node);
  Json steps = Json::array(), between = Json::array();
  for (const LineageStep& step : lineage.steps) {
    Json json = NodeJson(step.node);
    json["distance"] = step.distance;
    steps.push_back(std::move(json));
  }
  for (const LineageEdge& edge : lineage.edges)
    between.push_back({{"from", NodeJson(edge.from)}, {"to", NodeJson(edge.to)}, {"how", edge.how}});
  return Json{{"node", NodeJson(node)}, {"steps", std::move(steps)}, {"edges", std::move(between)}};
}

}  // namespace sinter
