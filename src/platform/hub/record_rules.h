// What each kind of record relies on: which blobs, versions and other records must be there for it. The
// collector of garbage keeps those, fsck looks for them. Each room says it of its own kinds; the server puts
// the rooms' rules together (server/api/all_record_rules.h).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "platform/hub/repositories.h"

namespace sinter {

struct RecordNeeds {
  std::string label;                                             // what people call it: "model fashion@2"
  std::vector<Sha256Digest> manifests;                           // each with every file that it names
  std::vector<Sha256Digest> blobs;                               // alone
  std::vector<Sha256Digest> given_up;                            // manifests whose files it no longer needs
  std::vector<std::pair<std::string, std::string>> records;      // kind and name
  std::vector<std::pair<RepositoryKind, std::string>> versions;  // "fashion@2"
  std::vector<GitPack> packs;  // both files, and what git-lfs pointers in them name
};

struct RecordRule {
  std::string kind;
  // An error: the record cannot be read.
  std::function<Result<RecordNeeds>(const Record&)> read;
};

// Of repositories and tokens.
std::vector<RecordRule> HubRecordRules();
// Of a kind that needs nothing else.
RecordRule PlainRecordRule(std::string_view kind);

// Any number of rules, by kind.
class RecordRules {
 public:
  explicit RecordRules(std::vector<RecordRule> rules);
  const RecordRule* Find(std::string_view kind) const;
  // By its kind's rule, or, where there is none, whatever looks like a blob's name in it: a program that
  // does not know a kind yet must not take its blobs for garbage.
  Result<RecordNeeds> Read(const Record& record) const;

 private:
  std::vector<RecordRule> rules_;  // sorted
};

}  // namespace sinter
