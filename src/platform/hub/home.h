// The folder in which a server keeps everything.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "platform/records/records.h"
#include "platform/store/blob_store.h"

namespace sinter {

struct HomeOptions {
  // Where the records are: empty for SQLite in the home, or postgresql://USER@HOST/DATABASE, which servers of
  // several homes may share.
  std::string records;
};

// DIR/lock       the server's process id; locked while it lives
//     home.json  the version of this layout, where the records are kept, the home's own id
//     records.db resources and their history, unless they are in PostgreSQL
//     store/     blobs
//     cache/     what can be made again from the others: removed at any moment
//     metrics.db runs' metrics (opened by platform/runs)
//     token      the admin token of this machine's user, mode 0600 (written by the server)
// Only the server opens it. Any thread.
class Home {
 public:
  // Makes the folder (mode 0700) where it is new. kConflict, naming the process, where another has it open,
  // and for records elsewhere than this home's are.
  static Result<std::unique_ptr<Home>> Open(const Path& folder, const HomeOptions& options,
                                            const Clock& clock = Clock::Real());
  static Result<std::unique_ptr<Home>> Open(const Path& folder, const Clock& clock = Clock::Real()) {
    return Open(folder, HomeOptions(), clock);
  }
  const Path& folder() const { return folder_; }
  Records& records() { return *records_; }
  BlobStore& store() { return *store_; }
  // Other homes may write the same records.
  bool shares_records() const { return shares_records_; }
  const std::string& id() const { return id_; }  // random, the same for ever
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
  Status ReadLayout(std::string_view records);
  Status WriteLayout(std::string_view records);
  const Clock& clock_;
  int64_t layout_ = kLayout;
  Path folder_;
  std::string id_;
  bool shares_records_ = false;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<BlobStore> store_;
};

}  // namespace sinter
