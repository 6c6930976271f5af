#include "platform/tracking/registry_index.h"

#include "platform/hub/repository_records.h"

namespace sinter {

// Forgets the versions of a repository when a record of the kind, "REPOSITORY@...", changes.
class ModelRegistry::Index::Follower final : public KindFollower {
 public:
  Follower(Records& records, std::string kind, Versions& versions)
      : KindFollower(records, std::move(kind)), versions_(versions) {}
  using KindFollower::CatchUp;

 private:
  Status Put(const Record& record) override {
    Remove(record.name);
    return {};
  }
  void Remove(const std::string& name) override { versions_.erase(name.substr(0, name.rfind('@'))); }
  void Clear() override { versions_.clear(); }
  size_t Size() const override { return versions_.size(); }
  Versions& versions_;
};

ModelRegistry::Index::Index(Records& records, ReadVersions read)
    : registered_(records, std::string(kRegisteredKind), EntryHead),
      repositories_(records, std::string(RepositoryKindName(RepositoryKind::kModel)), EntryHead),
      read_(std::move(read)) {
  for (const std::string& kind : {VersionKind(RepositoryKind::kModel), RefKind(RepositoryKind::kModel),
                                  std::string(kRegisteredVersionKind)})
    followers_.push_back(std::make_unique<Follower>(records, kind, versions_));
}

ModelRegistry::Index::~Index() = default;

Result<std::vector<ModelRegistry::Entry>> ModelRegistry::Index::Entries() {
  std::map<std::string, Entry> all;
  for (RecordIndex<Entry>* index : {&registered_, &repositories_})
    TRY_STATUS(index->Look([&](const auto& entries) { all.insert(entries.begin(), entries.end()); }));
  std::vector<Entry> list;
  list.reserve(all.size());
  for (auto& [name, entry] : all) list.push_back(std::move(entry));
  return list;
}

Status ModelRegistry::Index::LookAtVersions(const std::function<Status(const Of&)>& use) {
  const std::lock_guard lock(mutex_);
  for (const auto& follower : followers_) TRY_STATUS(follower->CatchUp());
  return use([this](const std::string& repository) -> Result<const std::vector<ModelVersion>*> {
    auto at = versions_.find(repository);
    if (at == versions_.end()) {
      TRY(auto read, read_(repository));
      at = versions_.emplace(repository, std::move(read)).first;
    }
    return &at->second;
  });
}

}  // namespace sinter
