#include "server/api/case_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/serving/worker_protocol.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvery = 5s;
constexpr std::string_view kDamaged = "damaged-";
constexpr uint64_t kMostBytes = uint64_t{160} << 20;  // two lives' of 64 MiB, and what is said of them

Path FileOf(Platform& platform, std::string_view service, std::string_view life) {
  return platform.home().folder() / "cases" / fmt::format("{}.{}", service, life);
}

Result<std::vector<HardCase>> ReadFileOf(Platform& platform, std::string_view service,
                                         std::string_view life) {
  const auto text = ReadFile(FileOf(platform, service, life), kMostBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<HardCase>();
  if (!text) return text.error();
  return ReadCases(*text);
}

Status WriteFileOf(Platform& platform, std::string_view service, std::string_view life,
                   std::span<const HardCase> cases) {
  TRY(const std::string text, CasesText(cases));
  const Path path = FileOf(platform, service, life);
  TRY_STATUS(MakeFolders(path.parent_path()));
  std::error_code ignored;  // the folder is nobody else's before anything is in it
  std::filesystem::permissions(path.parent_path(), std::filesystem::perms::owner_all, ignored);
  return WriteFileAtomically(path, text);
}

void Remove(Platform& platform, std::string_view service, std::string_view life) {
  std::error_code ignored;
  std::filesystem::remove(FileOf(platform, service, life), ignored);
}

// What a file holds; nothing where it is damaged, and then it stands under another name.
Result<std::vector<HardCase>> ReadOrPutAside(Platform& platform, std::string_view service,
                                             std::string_view life) {
  auto cases = ReadFileOf(platform, service, life);
  if (cases) return cases;
  const Path file = FileOf(platform, service, life);
  std::error_code failed;
  Path aside;
  int64_t number = Clock::Real().UnixMillis();
  do {  // a name that is free
    aside = FileOf(platform, service, fmt::format("{}{}", kDamaged, number++));
  } while (std::filesystem::exists(aside, failed));
  std::filesystem::rename(file, aside, failed);
  if (failed) {
    return std::move(cases).error().In(
        fmt::format("{} is damaged, and cannot be put aside: {}", file.string(), failed.message()));
  }
  fmt::print(stderr, "cases of service {}: {} is damaged ({}), and was put aside as {}\n", service,
             file.string(), cases.error().ToString(), aside.string());
  return std::vector<HardCase>();
}

// How many a service may keep; where there is none (any more), as many as by default.
size_t MostOf(Platform& platform, std::string_view service) {
  const auto record = platform.records().Get(kServiceKind, service);
  const auto info = record ? ReadService(*record) : Result<ServiceInfo>(record.error());
  return static_cast<size_t>((info ? info->gates.cases : CaseKeeping()).most);
}

// The newest `most` of them, as many as a queue has room for.
void Bound(std::vector<HardCase>& cases, size_t most) {
  size_t bytes = 0;
  auto first = cases.end();
  while (first != cases.begin() && static_cast<size_t>(cases.end() - first) < most) {
    bytes += (first - 1)->Bytes();
    if (bytes > CaseQueue::kMostBytes) break;
    --first;
  }
  cases.erase(cases.begin(), first);
}

}  // namespace

Result<std::string> CasesText(std::span<const HardCase> cases) {
  Json said = Json::array();
  std::vector<Tensor> inputs;
  for (const HardCase& one : cases) {
    Json names = Json::array();
    for (const CaseInput& input : one.inputs) {
      names.push_back({{"name", input.name}, {"category", input.category}});
      inputs.push_back(input.row);
    }
    said.push_back({{"number", one.number},
                    {"at_ms", one.at_ms},
                    {"revision", one.revision},
                    {"inputs", std::move(names)},
                    {"index", one.index},
                    {"class_name", one.class_name},
                    {"confidence", one.confidence},
                    {"why", one.why}});
  }
  TRY(const std::string bytes, EncodeTensors(inputs));
  return Json{{"cases", std::move(said)}}.dump() + "\n" + bytes;
}

Result<std::vector<HardCase>> ReadCases(std::string_view text) {
  const size_t end = text.find('\n');
  if (end == text.npos) return Corrupt("cases: the first line does not end");
  TRY(const Json json, ParseJson(text.substr(0, end)));
  JsonReader reader(json, "cases");
  std::vector<HardCase> cases;
  for (const Json& item : reader.Array("cases")) {
    JsonReader one(item, "case");
    HardCase& read = cases.emplace_back();
    read.number = one.Int("number");
    read.at_ms = one.Int("at_ms");
    read.revision = one.String("revision");
    for (const Json& named : one.Array("inputs")) {
      JsonReader input(named, "case: input");
      read.inputs.push_back({input.String("name"), {}, input.String("category")});
      TRY_STATUS(input.Finish());
    }
    read.index = one.Int("index");
    read.class_name = one.String("class_name");
    read.confidence = one.Number("confidence");
    read.why = one.String("why");
    TRY_STATUS(one.Finish());
  }
  TRY_STATUS(reader.Finish());
  const std::string_view bytes = text.substr(end + 1);
  TRY(std::vector<Tensor> inputs,
      DecodeTensors({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}));
  size_t named = 0;
  for (HardCase& one : cases) {
    for (CaseInput& input : one.inputs) {
      if (named < inputs.size()) input.row = std::move(inputs[named]);
      ++named;
    }
  }
  if (inputs.size() != named)
    return Corrupt(fmt::format("cases: {} inputs where {} are named", inputs.size(), named));
  return cases;
}

Status AdoptCases(Platform& platform) {
  std::error_code none;
  std::set<std::string> services;
  for (const auto& entry : std::filesystem::directory_iterator(platform.home().folder() / "cases", none)) {
    if (const std::string life = entry.path().extension(); life == ".now" || life == ".old")
      services.insert(entry.path().stem());
  }
  for (const std::string& service : services) {
    // A file that cannot be read is no reason not to start.
    TRY(std::vector<HardCase> cases, ReadOrPutAside(platform, service, "old"));
    TRY(const std::vector<HardCase> last, ReadOrPutAside(platform, service, "now"));
    if (!std::filesystem::exists(FileOf(platform, service, "now"), none)) continue;
    cases.insert(cases.end(), last.begin(), last.end());
    Bound(cases, MostOf(platform, service));
    TRY_STATUS(WriteFileOf(platform, service, "old", cases));
    Remove(platform, service, "now");
  }
  return {};
}

Result<KeptCases> ReadKeptCases(Platform& platform, std::string_view service) {
  const auto found = platform.services().Find(service);
  if (found == nullptr) return NotFound("there is no such service", "sinter service list");
  KeptCases kept;
  if (!found->cases().enabled()) return kept;
  TRY(kept.cases, ReadFileOf(platform, service, "old"));
  for (HardCase& live : found->cases().Read()) {
    kept.last_live = live.number;
    kept.cases.push_back(std::move(live));
  }
  for (size_t i = 0; i < kept.cases.size(); ++i) kept.cases[i].number = static_cast<int64_t>(i) + 1;
  return kept;
}

void ForgetCases(Platform& platform, std::string_view service, const KeptCases& read) {
  const auto found = platform.services().Find(service);
  if (found != nullptr) found->cases().Forget(read.last_live);
  Remove(platform, service, "old");
  Remove(platform, service, "now");
}

Status ForgetCasesIf(Platform& platform, std::string_view service,
                     const std::function<bool(const HardCase&)>& taken) {
  TRY(std::vector<HardCase> old, ReadFileOf(platform, service, "old"));
  if (std::erase_if(old, taken) > 0) {
    if (old.empty())
      Remove(platform, service, "old");
    else
      TRY_STATUS(WriteFileOf(platform, service, "old", old));
  }
  const auto found = platform.services().Find(service);
  if (found == nullptr) return {};
  int64_t last = 0;
  bool all = true;
  for (const HardCase& live : found->cases().Read()) {
    all = all && taken(live);
    if (all) last = live.number;
  }
  if (last == 0) return {};
  found->cases().Forget(last);
  // What else stands in it is still in the queue, and is written anew.
  Remove(platform, service, "now");
  return {};
}

CaseSaver::CaseSaver(Platform& platform) : platform_(platform) {
  saving_again_.emplace(kEvery, [this] { Save(); });
}

CaseSaver::~CaseSaver() {
  saving_again_.reset();
  Save();
}

void CaseSaver::Save() {
  std::lock_guard lock(saving_);
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(platform_.home().folder() / "cases", none)) {
    const std::string name = entry.path().stem().string();
    const auto record = platform_.records().Get(kServiceKind, name);
    const bool gone = !record && record.error().code == ErrorCode::kNotFound;
    const auto found = platform_.services().Find(name);
    if (!gone && (found == nullptr || found->cases().enabled())) continue;
    const std::string life = entry.path().extension();
    if (life == ".old" || life == ".now" || life.starts_with(fmt::format(".{}", kDamaged)))
      std::filesystem::remove(entry.path(), none);
  }
  const auto services = platform_.services().List();
  if (!services) return;
  for (const ServiceInfo& info : *services) {
    const auto found = platform_.services().Find(info.name);
    if (found == nullptr || !found->cases().enabled()) continue;
    const std::vector<HardCase> cases = found->cases().Read();
    const std::pair state(cases.empty() ? 0 : cases.back().number, cases.size());
    const auto saved = saved_.find(info.name);
    if (saved == saved_.end() ? cases.empty() : saved->second == state) continue;
    // What cannot be written now is tried again with the next ones.
    if (WriteFileOf(platform_, info.name, "now", cases)) saved_[info.name] = state;
  }
}

}  // namespace sinter
