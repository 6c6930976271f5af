#include "platform/hub/quota.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/record_rules.h"
#include "platform/hub/repository_records.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

const std::string kHome = "home", kFloor = "floor";
constexpr std::string_view kOwners = "owner/";
constexpr uint64_t kMostFloor = uint64_t{256} << 20;

std::string NameOf(std::optional<std::string_view> owner) {
  return owner ? std::string(kOwners) + std::string(*owner) : kHome;
}

std::string Who(std::optional<std::string_view> owner) {
  if (!owner) return "the home";
  return owner->empty() ? "names without an owner" : fmt::format("'{}'", *owner);
}

}  // namespace

std::string_view OwnerOf(std::string_view repository) {
  const size_t slash = repository.find('/');
  return slash == repository.npos ? std::string_view() : repository.substr(0, slash);
}

StoreQuotas::StoreQuotas(Home& home, std::function<uint64_t()> free_bytes)
    : home_(home), free_bytes_(std::move(free_bytes)) {
  if (free_bytes_) return;
  free_bytes_ = [folder = home.folder()] {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    return error ? UINT64_MAX : static_cast<uint64_t>(space.available);
  };
}

Result<std::optional<uint64_t>> StoreQuotas::Limit(const std::string& name) {
  const auto record = home_.records().Get(kStoreQuotaKind, name);
  if (!record && record.error().code == ErrorCode::kNotFound) return std::optional<uint64_t>();
  if (!record) return record.error();
  TRY(const Json spec, ParseJson(record->spec));
  JsonReader reader(spec, "quota " + name);
  const int64_t bytes = reader.Int("bytes");
  if (bytes < 0) reader.Fail("bytes", "must not be negative");
  TRY_STATUS(reader.Finish());
  return std::optional(static_cast<uint64_t>(bytes));
}

Status StoreQuotas::Write(const std::string& name, std::optional<uint64_t> bytes, std::string_view who) {
  Records& records = home_.records();
  const std::string kind(kStoreQuotaKind);
  if (bytes && *bytes > static_cast<uint64_t>(INT64_MAX)) return InvalidArgument("more bytes than there are");
  const std::string spec = bytes ? Json{{"bytes", *bytes}}.dump() : "";
  while (true) {
    const auto now = records.Get(kind, name);
    if (!now && now.error().code != ErrorCode::kNotFound) return now.error();
    if (!now && !bytes) return {};
    Status done;
    if (!now) {
      const auto made = records.Create(kind, name, spec, "{}", who);
      if (!made) done = made.error();
    } else if (!bytes) {
      done = records.Delete(*now, who);
    } else {
      Record changed = *now;
      changed.spec = spec;
      const auto swapped = records.CompareAndSwap(changed, who);
      if (!swapped) done = swapped.error();
    }
    if (done) return {};
    // Somebody else was faster: his word is there, and now ours goes over it.
    const ErrorCode code = done.error().code;
    if (code != ErrorCode::kConflict && code != ErrorCode::kAlreadyExists && code != ErrorCode::kNotFound)
      return done;
  }
}

Status StoreQuotas::Set(std::optional<std::string_view> owner, std::optional<uint64_t> bytes,
                        std::string_view who) {
  if (owner && !owner->empty()) {
    TRY_STATUS(CheckRepositoryName(*owner));
    if (owner->find('/') != owner->npos)
      return InvalidArgument(fmt::format("'{}' is no owner", *owner), "the part of a name before '/'");
  }
  return Write(NameOf(owner), bytes, who);
}

Status StoreQuotas::SetFloor(std::optional<uint64_t> bytes, std::string_view who) {
  return Write(kFloor, bytes, who);
}

Result<uint64_t> StoreQuotas::Floor() {
  TRY(const auto floor, Limit(kFloor));
  if (floor) return *floor;
  std::error_code error;
  const auto space = std::filesystem::space(home_.folder(), error);
  return error ? uint64_t{0} : std::min<uint64_t>(space.capacity / 100, kMostFloor);
}

Result<std::vector<std::string>> StoreQuotas::Owners() {
  std::vector<std::string> owners;
  TRY_STATUS(ForEachRecord(home_.records(), kStoreQuotaKind, [&](const Record& record) -> Status {
    if (record.name.starts_with(kOwners)) owners.push_back(record.name.substr(kOwners.size()));
    return {};
  }));
  return owners;
}

// Versions are added one by one; where one went, all is counted anew.
Result<const StoreQuotas::Counted*> StoreQuotas::Count(std::optional<std::string_view> owner) {
  Counted& counted = counted_[NameOf(owner)];
  std::set<std::string> there;
  std::vector<Sha256Digest> added;
  for (const RepositoryKind kind : {RepositoryKind::kDataset, RepositoryKind::kModel}) {
    const auto count = [&](const Record& record) -> Status {
      if (owner && OwnerOf(std::string_view(record.name).substr(0, record.name.rfind('@'))) != *owner)
        return {};
      TRY(const RepositoryVersion version, ReadCommit(record));
      if (!version.removed.empty()) return {};
      std::string name = record.kind + " " + record.name;
      if (!counted.commits.contains(name)) added.push_back(version.id);
      there.insert(std::move(name));
      return {};
    };
    TRY_STATUS(ForEachRecord(home_.records(), CommitKind(kind), count,
                             owner && !owner->empty() ? std::string(*owner) + "/" : ""));
  }
  if (there.size() - added.size() != counted.commits.size()) {
    counted = {};
    return Count(owner);
  }
  for (const Sha256Digest& id : added) {
    const auto manifest = ReadManifest(home_.store(), id);
    if (!manifest) return Error(manifest.error()).In("counting what is used");
    for (const ManifestFile& file : manifest->files) {
      if (counted.blobs.insert(file.sha256).second) counted.bytes += file.size;
    }
  }
  counted.commits = std::move(there);
  return &counted;
}

Result<StoreUse> StoreQuotas::Use(std::optional<std::string_view> owner) {
  const std::lock_guard lock(mutex_);
  TRY(const Counted* counted, Count(owner));
  TRY(const auto limit, Limit(NameOf(owner)));
  return StoreUse{counted->bytes, limit};
}

Status StoreQuotas::CheckOne(std::optional<std::string_view> owner, const Manifest* manifest,
                             uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  TRY(const auto limit, Limit(NameOf(owner)));
  if (!limit) {
    counted_.erase(NameOf(owner));
    return {};
  }
  TRY(const Counted* counted, Count(owner));
  if (manifest != nullptr) {
    Sha256Set seen;
    for (const ManifestFile& file : manifest->files) {
      if (!counted->blobs.contains(file.sha256) && seen.insert(file.sha256).second) bytes += file.size;
    }
  }
  if (bytes == 0 || (counted->bytes <= *limit && bytes <= *limit - counted->bytes)) return {};
  return Error{ErrorCode::kResourceExhausted,
               fmt::format("the quota of {} is {} bytes: {} are used, and {} more are asked for", Who(owner),
                           *limit, counted->bytes, bytes),
               "delete versions that nobody needs, or have it raised: sinter hub quota"};
}

Status StoreQuotas::Admit(std::string_view repository, const Manifest& manifest) {
  TRY_STATUS(CheckOne(OwnerOf(repository), &manifest, 0));
  TRY_STATUS(CheckOne(std::nullopt, &manifest, 0));
  return AdmitOnDisk(0);
}

Status StoreQuotas::AdmitBytes(std::string_view repository, uint64_t bytes) {
  TRY_STATUS(CheckOne(OwnerOf(repository), nullptr, bytes));
  return CheckOne(std::nullopt, nullptr, bytes);
}

Status StoreQuotas::AdmitOnDisk(uint64_t bytes) {
  TRY(const uint64_t floor, Floor());
  const uint64_t free = free_bytes_();
  if (free >= floor && free - floor >= bytes) return {};
  return Error{ErrorCode::kResourceExhausted,
               fmt::format("the disk is full but for its floor: {} bytes are free, {} stay free, and {} "
                           "more are asked for",
                           free, floor, bytes),
               "free some space: sinter hub gc, or delete versions that nobody needs"};
}

}  // namespace sinter
