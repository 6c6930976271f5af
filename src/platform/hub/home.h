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
  Path MetricsPath() const { return folder_ / "metrics.db"; }
  Path TokenPath() const { return folder_ / "token"; }

 private:
  Home() = default;
  Path folder_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<BlobStore> store_;
};

}  // namespace sinter
