// The registry of models as MLflow's clients know it, over the hub's model repositories.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "platform/tracking/artifacts.h"
#include "platform/tracking/experiments.h"
#include "platform/tracking/search_filter.h"

namespace sinter {

struct ModelVersion {
  std::string name;
  int64_t version = 0;  // the number of the hub's version
  std::string source, run_id, run_link, model_id;
  std::string description;
  std::string stage = "None";  // "None", "Staging", "Production", "Archived"
  TagMap tags;
  std::vector<std::string> aliases;  // sorted
  GitId commit;
  Sha256Digest manifest;
  int64_t created_ms = 0, updated_ms = 0;
  std::string created_by;
};

struct RegisteredModel {
  std::string name;
  std::string repository;  // of the hub
  std::string description;
  TagMap tags;
  std::map<std::string, int64_t> aliases;
  std::vector<ModelVersion> latest;  // of each stage that has any
  int64_t created_ms = 0, updated_ms = 0;
  std::string created_by;
};

struct NewModelVersion {
  std::string name, source, run_id, run_link, model_id, description;
  TagMap tags;
};

struct RegistrySearch {
  std::string filter;
  std::vector<std::string> order_by;
  int64_t at_most = 100;
  std::string page_token;
};

// A registered model is a model repository, and a version of it is the repository's version of that number: a
// commit that holds the files, taken over when it is registered. An alias is a git tag of the repository, so
// that NAME@ALIAS means the same to the command line, to git and to MLflow. Repositories that nobody
// registered are models too. What MLflow says besides (descriptions, tags, stages, what was deleted) is in
// records of its own:
//   registered_model          NAME                  spec {"repository"}
//   registered_model_version  REPOSITORY@000000003
// A model that is deleted leaves its versions in the hub; they are not shown here again, and the numbers of
// what comes after go on. Any thread.
class ModelRegistry {
 public:
  ModelRegistry(Records& records, Repositories& models, Artifacts& artifacts, BlobStore& store,
                const Clock& clock);
  ~ModelRegistry();

  // kAlreadyExists.
  Result<RegisteredModel> Create(std::string_view name, std::string_view description, const TagMap& tags,
                                 std::string_view who);
  Result<RegisteredModel> Get(std::string_view name);
  Result<RegisteredModel> Rename(std::string_view name, std::string_view new_name, std::string_view who);
  Result<RegisteredModel> SetDescription(std::string_view name, std::string_view description,
                                         std::string_view who);
  Status SetTag(std::string_view name, std::string_view key, std::string_view value, std::string_view who);
  Status DeleteTag(std::string_view name, std::string_view key, std::string_view who);
  Status Delete(std::string_view name, std::string_view who);
  Result<std::pair<std::vector<RegisteredModel>, std::string>> Search(const RegistrySearch& search);

  Status SetAlias(std::string_view name, std::string_view alias, int64_t version, std::string_view who);
  Status DeleteAlias(std::string_view name, std::string_view alias, std::string_view who);
  Result<ModelVersion> GetByAlias(std::string_view name, std::string_view alias);

  Result<ModelVersion> CreateVersion(const NewModelVersion& version, std::string_view who);
  Result<ModelVersion> GetVersion(std::string_view name, int64_t version);
  Result<std::vector<ModelVersion>> Versions(std::string_view name);  // newest first
  Result<ModelVersion> SetVersionDescription(std::string_view name, int64_t version,
                                             std::string_view description, std::string_view who);
  Result<ModelVersion> Transition(std::string_view name, int64_t version, std::string_view stage,
                                  bool archive_others, std::string_view who);
  Status SetVersionTag(std::string_view name, int64_t version, std::string_view key, std::string_view value,
                       std::string_view who);
  Status DeleteVersionTag(std::string_view name, int64_t version, std::string_view key, std::string_view who);
  Status DeleteVersion(std::string_view name, int64_t version, std::string_view who);
  // Where its files are read: here, or where its source says.
  Result<std::string> DownloadUri(std::string_view name, int64_t version);
  Result<std::pair<std::vector<ModelVersion>, std::string>> SearchVersions(const RegistrySearch& search);

 private:
  struct Entry;                                          // a record of kind registered_model as it was read
  struct Said;                                           // ... of kind registered_model_version
  class Index;                                           // all of them, for searches
  static Result<Entry> EntryOf(Record record);           // of either kind
  static Result<Entry> EntryHead(const Record& record);  // without the record
  static RegisteredModel WithoutVersions(const Entry& entry);
  Result<std::optional<Entry>> ReadEntry(std::string_view name);
  Result<bool> IsShown(const Entry& entry);
  Result<Entry> Find(std::string_view name);
  Result<RegisteredModel> Complete(const Entry& entry);
  Result<std::vector<Entry>> AllEntries();
  Result<std::vector<ModelVersion>> VersionsOf(const Entry& entry);
  // All that were not deleted one by one, newest first, named after the repository.
  Result<std::vector<ModelVersion>> RepositoryVersions(const std::string& repository);
  Result<std::string> FreshRepository(std::string_view name);
  Status ChangeEntry(std::string_view name, std::string_view who,
                     const std::function<Status(Entry&)>& change);
  Result<ModelVersion> ChangeVersion(std::string_view name, int64_t version, std::string_view who,
                                     const std::function<Status(Said&)>& change);
  Result<std::vector<ManifestFile>> FilesOf(std::string_view source);
  Records& records_;
  Repositories& models_;
  Artifacts& artifacts_;
  BlobStore& store_;
  const Clock& clock_;
  std::unique_ptr<Index> index_;
};

}  // namespace sinter
