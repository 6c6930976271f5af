#include "server/api/lineage_index.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/repository_records.h"
#include "platform/records/record_index.h"
#include "server/api/record_reach.h"

namespace sinter {
namespace {

using Edges = std::vector<LineageEdge>;

LineageNode VersionNode(RepositoryKind kind, std::string ref) {
  return {std::string(RepositoryKindName(kind)), std::move(ref)};
}

// A field of what was said about a version, where it is a text.
std::string Said(const Json& details, std::string_view field) {
  if (!details.is_object()) return "";
  const auto at = details.find(field);
  return at != details.end() && at->is_string() ? at->get<std::string>() : "";
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
  if (const std::string from = DerivationOf(version).from; !from.empty()) {
    const std::string labelling = Said(details, "labelling");
    edges.push_back({VersionNode(kind, from), node, labelling.empty() ? "derived" : "labelled"});
  }
  if (details.is_object() && details.contains("appended")) {
    if (const std::string from = Said(details["appended"], "ref"); !from.empty())
      edges.push_back({VersionNode(kind, from), node, "appended"});
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

// Keeps what the records of a kind say in the graph.
class LineageIndex::Follower final : public KindFollower {
 public:
  using Read = std::function<Result<Edges>(const Record&)>;
  Follower(Records& records, const std::string& kind, Read read, LineageGraph& graph)
      : KindFollower(records, kind), kind_(kind), read_(std::move(read)), graph_(graph) {}
  using KindFollower::CatchUp;

 private:
  Status Put(const Record& record) override {
    TRY(auto edges, read_(record));
    if (edges.empty()) {
      Remove(record.name);
      return {};
    }
    graph_.Set(Key(record.name), std::move(edges));
    names_.insert(record.name);
    return {};
  }
  void Remove(const std::string& name) override {
    if (names_.erase(name) > 0) graph_.Set(Key(name), {});
  }
  void Clear() override {
    for (const std::string& name : names_) graph_.Set(Key(name), {});
    names_.clear();
  }
  size_t Size() const override { return names_.size(); }
  std::string Key(std::string_view name) const { return fmt::format("{}/{}", kind_, name); }
  const std::string kind_;
  const Read read_;
  LineageGraph& graph_;
  std::set<std::string> names_;  // of the records that say anything
};

LineageIndex::LineageIndex(Records& records, Repositories& datasets, Repositories& models) {
  const auto follow = [&](const std::string& kind, Follower::Read read) {
    followers_.push_back(std::make_unique<Follower>(records, kind, std::move(read), graph_));
  };
  const auto follow_versions = [&](RepositoryKind kind, Repositories& repositories) {
    follow(VersionKind(kind), [kind, &repositories](const Record& record) -> Result<Edges> {
      const auto version = repositories.VersionOf(record);
      if (!version && version.error().code == ErrorCode::kNotFound) return Edges();  // gone since
      if (!version) return version.error();
      return EdgesOfVersion(kind, *version);
    });
  };
  follow_versions(RepositoryKind::kDataset, datasets);
  follow_versions(RepositoryKind::kModel, models);
  follow("run", [](const Record& record) -> Result<Edges> {
    TRY(const RunInfo run, ReadRun(record));
    return EdgesOfRun(run);
  });
  follow(std::string(kServiceKind), [](const Record& record) -> Result<Edges> {
    TRY(const ServiceInfo service, ReadService(record));
    return EdgesOfService(service);
  });
}

LineageIndex::~LineageIndex() = default;

Status LineageIndex::Look(const std::function<void(const LineageGraph&)>& use) {
  const std::lock_guard lock(mutex_);
  for (const auto& follower : followers_) TRY_STATUS(follower->CatchUp());
  use(graph_);
  return {};
}

}  // namespace sinter
