#include "platform/hub/record_rules.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/repository_records.h"
#include "platform/hub/tokens.h"

namespace sinter {
namespace {

std::string_view RepositoryOf(const Record& record) {
  return std::string_view(record.name).substr(0, record.name.rfind('@'));
}

Status CheckTexts(const Record& record) {
  TRY_STATUS(CanonicalObject("spec", record.spec));
  TRY_STATUS(CanonicalObject("status", record.status));
  return {};
}

void AddRepositoryRules(RepositoryKind kind, std::vector<RecordRule>& rules) {
  const std::string what(RepositoryKindName(kind));
  const auto named = [what](const Record& record) { return fmt::format("{} {}", what, record.name); };
  rules.push_back({what, [=](const Record& record) -> Result<RecordNeeds> {
                     TRY(const RepositoryInfo info, ReadRepository(record));
                     RecordNeeds needs{.label = named(record)};
                     if (info.latest > 0)
                       needs.records.emplace_back(VersionKind(kind), VersionName(record.name, info.latest));
                     return needs;
                   }});
  const auto pointing = [=, &rules](const std::string& of, const char* field) {
    rules.push_back({of, [=](const Record& record) -> Result<RecordNeeds> {
                       TRY(const GitId commit, ReadTarget(record, field));
                       RecordNeeds needs{.label = named(record)};
                       const std::string_view repository = RepositoryOf(record);
                       needs.records.emplace_back(what, repository);
                       needs.records.emplace_back(CommitKind(kind), PartName(repository, commit.Hex()));
                       return needs;
                     }});
  };
  pointing(RefKind(kind), "target");
  pointing(VersionKind(kind), "commit");
  rules.push_back({CommitKind(kind), [=](const Record& record) -> Result<RecordNeeds> {
                     TRY(const RepositoryVersion version, ReadCommit(record));
                     RecordNeeds needs{.label = fmt::format("{} {}", what, version.Ref())};
                     needs.records.emplace_back(what, version.repository);
                     if (version.removed.empty()) {
                       needs.manifests.push_back(version.id);
                     } else {
                       needs.given_up.push_back(version.id);
                     }
                     return needs;
                   }});
  rules.push_back({PackKind(kind), [=](const Record& record) -> Result<RecordNeeds> {
                     const std::string_view repository = RepositoryOf(record);
                     TRY(const GitPack pack, ReadPack(repository, record));
                     RecordNeeds needs{.label = fmt::format("{} {}", what, repository)};
                     needs.records.emplace_back(what, repository);
                     needs.packs.push_back(pack);
                     return needs;
                   }});
}

// Every run of exactly 64 hexadecimal digits in a text.
void GuessDigests(std::string_view text, std::vector<Sha256Digest>& digests) {
  size_t run = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool hex =
        i < text.size() && ((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'));
    if (hex) {
      ++run;
      continue;
    }
    if (run == 64) digests.push_back(*ParseSha256(text.substr(i - 64, 64)));
    run = 0;
  }
}

}  // namespace

std::vector<RecordRule> HubRecordRules() {
  std::vector<RecordRule> rules;
  AddRepositoryRules(RepositoryKind::kDataset, rules);
  AddRepositoryRules(RepositoryKind::kModel, rules);
  for (const std::string_view kind : {kTokenByNameKind, kTokenByHashKind})
    rules.push_back(PlainRecordRule(kind));
  return rules;
}

RecordRule PlainRecordRule(std::string_view kind) {
  return {std::string(kind), [](const Record& record) -> Result<RecordNeeds> {
            TRY_STATUS(CheckTexts(record));
            return RecordNeeds{.label = fmt::format("{} {}", record.kind, record.name)};
          }};
}

RecordRules::RecordRules(std::vector<RecordRule> rules) : rules_(std::move(rules)) {
  std::ranges::sort(rules_, {}, &RecordRule::kind);
}

const RecordRule* RecordRules::Find(std::string_view kind) const {
  const auto found = std::ranges::lower_bound(rules_, kind, {}, &RecordRule::kind);
  return found != rules_.end() && found->kind == kind ? &*found : nullptr;
}

Result<RecordNeeds> RecordRules::Read(const Record& record) const {
  if (const RecordRule* rule = Find(record.kind)) {
    auto needs = rule->read(record);
    if (!needs) return std::move(needs).error().In(fmt::format("{} '{}'", record.kind, record.name));
    return needs;
  }
  RecordNeeds needs{.label = fmt::format("{} {}", record.kind, record.name)};
  for (const std::string* text : {&record.name, &record.spec, &record.status})
    GuessDigests(*text, needs.blobs);
  return needs;
}

}  // namespace sinter
