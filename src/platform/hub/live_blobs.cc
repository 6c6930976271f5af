#include "platform/hub/live_blobs.h"

#include <fmt/format.h>

#include "platform/hub/manifest.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace fs = std::filesystem;
namespace {

class Marker {
 public:
  Marker(const BlobStore& store, PackPointers& pointers) : store_(store), pointers_(pointers) {}

  Status Mark(const RecordNeeds& needs, bool guessed) {
    for (const Sha256Digest& blob : needs.blobs) {
      live_.insert(blob);
      if (guessed) MarkIfManifest(blob);
    }
    for (const Sha256Digest& manifest : needs.manifests) TRY_STATUS(MarkManifest(manifest));
    for (const GitPack& pack : needs.packs) {
      live_.insert(pack.pack);
      live_.insert(pack.index);
      packs_.push_back(pack);
    }
    given_up_.insert(given_up_.end(), needs.given_up.begin(), needs.given_up.end());
    return {};
  }

  // Pointers last: those of versions that were given up do not count, wherever in the history they stand.
  Result<Sha256Set> Finish() {
    Sha256Set free;
    for (const Sha256Digest& id : given_up_) {
      live_.insert(id);  // the list itself stays: it says what is no longer there
      const auto manifest = ReadManifest(store_, id);
      if (!manifest && manifest.error().code == ErrorCode::kNotFound) continue;
      if (!manifest) return manifest.error();
      for (const ManifestFile& file : manifest->files) free.insert(file.sha256);
    }
    Sha256Set packs;
    for (const GitPack& pack : packs_) {
      packs.insert(pack.pack);
      TRY(const auto* named, pointers_.Of(pack));
      for (const Sha256Digest& blob : *named) {
        if (!free.contains(blob)) live_.insert(blob);
      }
    }
    pointers_.KeepOnly(packs);
    return std::move(live_);
  }

 private:
  Status MarkManifest(const Sha256Digest& id) {
    live_.insert(id);
    if (!manifests_.insert(id).second) return {};
    auto manifest = ReadManifest(store_, id);
    if (!manifest) return std::move(manifest).error();
    for (const ManifestFile& file : manifest->files) live_.insert(file.sha256);
    return {};
  }

  // Of a record that no rule knows: a blob that is a manifest may be meant with its files.
  void MarkIfManifest(const Sha256Digest& id) {
    const auto size = store_.Size(id);
    if (!size || *size > kManifestLimit) return;
    const auto manifest = ReadManifest(store_, id);
    if (!manifest) return;
    for (const ManifestFile& file : manifest->files) live_.insert(file.sha256);
  }

  const BlobStore& store_;
  PackPointers& pointers_;
  Sha256Set live_, manifests_;
  std::vector<GitPack> packs_;
  std::vector<Sha256Digest> given_up_;
};

}  // namespace

Result<const std::vector<Sha256Digest>*> PackPointers::Of(const GitPack& pack) {
  if (const auto known = known_.find(pack.pack); known != known_.end()) return &known->second;
  std::error_code error;
  fs::remove_all(scratch_, error);
  TRY_STATUS(MakeFolders(scratch_));
  const Path base = scratch_ / fmt::format("pack-{}", pack.name.Hex());
  Status linked;
  for (const auto& [blob, ending] : {std::pair(pack.pack, ".pack"), std::pair(pack.index, ".idx")}) {
    fs::create_hard_link(store_.PathOf(blob), base.string() + ending, error);
    if (error) {
      error.clear();
      fs::copy_file(store_.PathOf(blob), base.string() + ending, error);
    }
    if (error)
      linked =
          Corrupt(fmt::format("pack {} of a repository: no blob sha256:{}", pack.name.Hex(), blob.Hex()));
  }
  auto named = linked ? LfsBlobsOfPack(base.string() + ".idx")
                      : Result<std::vector<Sha256Digest>>(std::move(linked).error());
  fs::remove_all(scratch_, error);
  if (!named) return std::move(named).error();
  return &known_.emplace(pack.pack, *std::move(named)).first->second;
}

void PackPointers::KeepOnly(const Sha256Set& packs) {
  std::erase_if(known_, [&](const auto& entry) { return !packs.contains(entry.first); });
}

Result<LiveBlobs> MarkLiveBlobs(Records& records, const BlobStore& store, const RecordRules& rules,
                                PackPointers& pointers, const CancelToken& cancel) {
  LiveBlobs live;
  Marker marker(store, pointers);
  TRY(const auto kinds, records.Kinds());
  for (const std::string& kind : kinds) {
    const bool guessed = rules.Find(kind) == nullptr;
    if (guessed) live.guessed_kinds.push_back(kind);
    TRY_STATUS(ForEachRecord(records, kind, [&](const Record& record) -> Status {
      if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "it was cancelled", ""};
      TRY(const RecordNeeds needs, rules.Read(record));
      Status marked = marker.Mark(needs, guessed);
      if (!marked) return std::move(marked).error().In(needs.label);
      return {};
    }));
  }
  TRY(live.all, marker.Finish());
  return live;
}

}  // namespace sinter
