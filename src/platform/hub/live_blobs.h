// The mark of mark and sweep: which blobs something still names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "platform/hub/record_rules.h"

namespace sinter {

// What git-lfs pointers in packs name, remembered: a pack never changes. One thread.
class PackPointers {
 public:
  // `scratch`: a folder on the store's file system, made and removed.
  PackPointers(const BlobStore& store, Path scratch) : store_(store), scratch_(std::move(scratch)) {}
  Result<const std::vector<Sha256Digest>*> Of(const GitPack& pack);
  void KeepOnly(const Sha256Set& packs);  // forgets the others

 private:
  const BlobStore& store_;
  Path scratch_;
  std::map<Sha256Digest, std::vector<Sha256Digest>> known_;
};

struct LiveBlobs {
  Sha256Set all;
  std::vector<std::string> guessed_kinds;  // kinds of records that no rule knows
};

// 60 bytes of memory a blob. Errors: a record or a manifest that cannot be read, as nobody knows what it
// names; `fsck` says more.
Result<LiveBlobs> MarkLiveBlobs(Records& records, const BlobStore& store, const RecordRules& rules,
                                PackPointers& pointers, const CancelToken& cancel);

}  // namespace sinter
