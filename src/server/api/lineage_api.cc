#include "server/api/lineage_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
namespace sinter {
namespace {

Json NodeJson(const LineageNode& node) { return {{"kind", node.kind}, {"ref", node.ref}}; }

Result<LineageNode> NodeOf(Platform& platform, std::string_view kind, std::string_view ref) {
  for (const RepositoryKind repository : {RepositoryKind::kDataset, RepositoryKind::kModel}) {
    if (kind != RepositoryKindName(repository)) continue;
    TRY(const RepositoryVersion version, platform.repositories(repository).Find(ref));
    return LineageNode{std::string(kind), version.Ref()};
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

Result<Json> ShowLineage(Platform& platform, std::string_view kind, std::string_view ref) {
  TRY(const LineageNode node, NodeOf(platform, kind, ref));
  Lineage lineage;
  TRY_STATUS(platform.lineage().Look([&](const LineageGraph& graph) { lineage = graph.Trace(node); }));
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
