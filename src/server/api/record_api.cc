#include "server/api/record_api.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "platform/data/clean.h"
#include "platform/data/record_trace.h"
#include "server/api/clean_api.h"
#include "server/api/record_holders.h"
#include "server/api/record_reach.h"
#include "server/api/repository_api.h"

namespace sinter {
namespace {

constexpr auto kData = RepositoryKind::kDataset;

Json NotSearched() {
  return {"backups and clones of the home", "what services were asked and kept as cases",
          "comments and answers of labellings", "logs and files that runs wrote"};
}

Result<RecordChoice> ReadChoice(JsonReader& reader) {
  RecordChoice choice;
  if (reader.Has("where")) {
    TRY(choice.where, Filter::Parse(reader.String("where")));
  } else if (reader.Has("row")) {
    choice.row = reader.Int("row");
    choice.split = reader.String("split", "");
  } else {
    return InvalidArgument("which records? give either 'where' or 'row'");
  }
  return choice;
}

// All versions of all data sets, the newest first; `unread`: where not all of them were listed.
Result<std::vector<RepositoryVersion>> AllVersions(Platform& platform, Json& unread) {
  constexpr size_t kListed = 1000;  // by Versions, at most
  std::vector<RepositoryVersion> all;
  Repositories& datasets = platform.repositories(kData);
  std::string after;
  do {
    TRY(const RepositoryPage page, datasets.List(after, 1000));
    for (const RepositoryInfo& info : page.repositories) {
      TRY(std::vector<RepositoryVersion> versions, datasets.Versions(info.name));
      if (versions.size() >= kListed)
        unread.push_back({{"ref", info.name}, {"why", "only its newest 1,000 versions were read"}});
      for (RepositoryVersion& version : versions) all.push_back(std::move(version));
    }
    after = page.next;
  } while (!after.empty());
  return all;
}

// One search: what the versions say, and where it is not known.
class Search {
 public:
  Search(Platform& platform, const RepositoryVersion& base, RecordTrace& trace, const CancelToken& cancel)
      : platform_(platform), base_(base), trace_(trace), cancel_(cancel) {}

  Status Run() {
    TRY(const std::vector<RepositoryVersion> all, AllVersions(platform_, unread_));
    for (const RepositoryVersion& version : all) derivations_[version.Ref()] = DerivationOf(version);
    for (const RepositoryVersion& version : all) TRY_STATUS(Look(version));
    return {};
  }
  // `without`: a version that holds none of the records; may be empty.
  Result<Json> Answer(std::string_view without) const {
    Json versions = Json::array();
    for (const auto& [version, match] : found_) {
      Json examples = Json::array();
      for (const NamedRow& row : match.examples) examples.push_back({{"split", row.split}, {"row", row.row}});
      versions.push_back({{"ref", version.Ref()},
                          {"id", version.id.Hex()},
                          {"rows", match.rows},
                          {"possible", match.possible},
                          {"compared", match.compared},
                          {"examples", std::move(examples)},
                          {"advice", AdviceOnVersion(version.Ref(), match.rows > 0)}});
    }
    TRY(Json held, HeldElsewhere(platform_, holding_, without));
    return Json{{"version", VersionJson(base_)},
                {"records", trace_.records().size()},
                {"rows", trace_.rows()},
                {"told_by", trace_.columns()},
                {"versions", std::move(versions)},
                {"held", std::move(held)},
                {"unread", unread_},
                {"not_searched", NotSearched()}};
  }

 private:
  Status Look(const RepositoryVersion& version) {
    const auto changed = ColumnsChangedBetween(derivations_, base_.Ref(), version.Ref());
    // Of other data sets only what is found is told.
    const bool related = changed.has_value() || version.repository == base_.repository;
    const auto not_known = [&](std::string why) {
      if (!related) return;
      unread_.push_back({{"ref", version.Ref()}, {"why", std::move(why)}});
      holding_.emplace(version.Ref(), false);
    };
    if (!version.removed.empty()) {
      not_known("its files were removed");
      return {};
    }
    const std::vector<std::string> aside = changed.value_or(std::vector<std::string>());
    auto known = matches_.find({version.id, aside});
    if (known == matches_.end()) {
      const auto opened = DatasetVersion::Open(platform_.store(), version.id);
      if (!opened) {
        not_known(opened.error().message);
        return {};
      }
      TRY(RecordMatch match, trace_.In(**opened, aside, cancel_));
      known = matches_.emplace(std::pair(version.id, aside), std::move(match)).first;
    }
    const RecordMatch& match = known->second;
    if (match.too_little)
      not_known(
          fmt::format("too few of the columns that tell the records can be compared: {}",
                      match.compared.empty() ? "none" : fmt::format("{}", fmt::join(match.compared, ", "))));
    if (match.rows + match.possible == 0) return {};
    found_.emplace_back(version, match);
    holding_[version.Ref()] = match.rows > 0;
    return {};
  }

  Platform& platform_;
  const RepositoryVersion& base_;
  RecordTrace& trace_;
  const CancelToken& cancel_;
  Derivations derivations_;
  // By the files' id: versions that are the same are read once.
  std::map<std::pair<Sha256Digest, std::vector<std::string>>, RecordMatch> matches_;
  std::vector<std::pair<RepositoryVersion, RecordMatch>> found_;
  std::map<std::string, bool> holding_;  // and whether certainly
  Json unread_ = Json::array();
};

}  // namespace

Result<Json> TraceRecords(Platform& platform, std::string_view ref, const Json& body,
                          const CancelToken& cancel) {
  JsonReader reader(body, "trace");
  TRY(const RecordChoice choice, ReadChoice(reader));
  TRY_STATUS(reader.Finish());
  TRY(const RepositoryVersion base, platform.repositories(kData).Find(ref));
  TRY(auto version, DatasetVersion::Open(platform.store(), base.id));
  TRY(RecordTrace trace, RecordTrace::Find(std::move(version), choice, cancel));
  Search search(platform, base, trace, cancel);
  if (trace.rows() > 0) TRY_STATUS(search.Run());
  return search.Answer("");
}

Result<Json> ForgetRecords(Platform& platform, std::string_view name, const Json& body, std::string_view who,
                           const CancelToken& cancel) {
  JsonReader reader(body, "forget");
  TRY(const RecordChoice choice, ReadChoice(reader));
  const std::string reason = reader.String("reason", "");
  if (reason.size() > 4000) reader.Fail("reason", "is longer than 4,000 bytes");
  TRY_STATUS(reader.Finish());
  TRY_STATUS(CheckRepositoryName(name));
  TRY(const RepositoryVersion base, platform.repositories(kData).Find(name));
  TRY(auto version, DatasetVersion::Open(platform.store(), base.id));
  TRY(RecordTrace trace, RecordTrace::Find(version, choice, cancel));
  if (trace.rows() == 0) return NotFound("no record fits the condition");
  Search search(platform, base, trace, cancel);
  TRY_STATUS(search.Run());
  const CleanStep step = ForgetStep(trace.columns(), {trace.records().begin(), trace.records().end()});
  Frame frame(std::move(version));
  if (trace.rows() == static_cast<int64_t>(frame.rows().size()))
    return InvalidArgument("no row would be left",
                           fmt::format("sinter data delete {} gives the whole data set up", name));
  TRY_STATUS(ApplySteps(frame, {step}, cancel));
  NewVersion next;
  next.parent = base.commit;
  next.message = fmt::format("Forget {} records", trace.records().size());
  Json details = {{"forgot", {{"records", trace.records().size()}, {"rows", trace.rows()}}}};
  if (!reason.empty()) details["forgot"]["reason"] = reason;
  next.details = details.dump();
  TRY(const RepositoryVersion made, AddCleaned(platform, name, base, frame, {step}, std::move(next), who));
  TRY(Json answer, search.Answer(made.Ref()));
  answer["made"] = VersionJson(made);
  answer["steps"] = ForgetStepText(step);
  return answer;
}

}  // namespace sinter
