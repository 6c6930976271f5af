// The folder in which a server keeps everything.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "platform/records/records.h"
#include "platform/store/blob_store.h"

namespace sinter {

// DIR/lock       the server's process id; locked while it lives
//     home.json  the version of this layout
//     records.db resources and their history
//     store/     blobs
//     cache/     what can be made again from the others: removed at any moment
//     metrics.db runs' metrics (opened by platform/runs)
//     token      the admin token of this machine's user, mode 0600 (written by the server)
// Only the server opens it. Any thread.
class Home {
 public:
  // Makes the folder (mode 0700) where it is new. kConflict, naming the process, where another has it open.
  static Result<std::unique_ptr<Home>> Open(const Path& folder, const Clock& clock = Clock::Real());
  const Path& folder() const { return folder_; }
  Records& records() { return *records_; }
  BlobStore& store() { return *store_; }
  const Clock& clock() const { return clock_; }
  Path CacheFolder() const { return folder_ / "cache"; }
  Path MetricsPath() const { return folder_ / "metrics.db"; }
  Path TokenPath() const { return folder_ / "token"; }
  // Of the home as it was found; whoever brings it up to kLayout says so when all is done.
  int64_t layout() const { return layout_; }
  static constexpr int64_t kLayout = 2;
  Status SetLayout();

 private:
  explicit Home(const Clock& clock) : clock_(clock) {}
  const Clock& clock_;
  int64_t layout_ = kLayout;
  Path folder_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<BlobStore> store_;
};

}  // namespace sinter
