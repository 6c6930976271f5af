// Times the platform's own work, on the disk that FOLDER lies on. For bench/run. Prints one JSON object each.
//   bench_platform sync FOLDER SECONDS
//       4 KiB written and synced, again and again: the disk's limit
//   bench_platform write FOLDER SECONDS WRITERS BATCH
//       records made by so many threads, BATCH a transaction
//   bench_platform list FOLDER RECORDS
//       a page of 1,000 of RECORDS of each of five kinds
//   bench_platform jobs FOLDER SECONDS CLIENTS
//       jobs submitted by so many threads, each durable before the next; none is started
//   bench_platform blobs|files|named FOLDER SECONDS BYTES
//       different contents of BYTES made durable, one after another: as blobs of a store whose 256 folders
//       are there; as plain files that are hashed, written, synced and renamed; or as such files whose folder
//       is synced too, so that the name survives
//   bench_platform fill HOME COUNT
//       a new home with COUNT resources of each kind
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/hash.h"
#include "bench/platform/fill.h"
#include "platform/jobs/jobs.h"
#include "platform/records/sqlite_records.h"
#include "platform/store/blob_store.h"

namespace sinter {
namespace {

using SteadyClock = std::chrono::steady_clock;

double Since(SteadyClock::time_point began) {
  return std::chrono::duration<double>(SteadyClock::now() - began).count();
}

// What a job's record looks like: some 400 bytes.
const std::string kSpec =
    R"({"command":["python","train.py"],"owner":"ann","queue":"default","limits":{"cores":2,"memory":4294967296},)"
    R"("retries":3,"data":"me/pictures@12","note":")" +
    std::string(200, 'n') + "\"}";

int Fail(const Error& error) {
  std::fprintf(stderr, "bench_platform: %s\n", error.ToString().c_str());
  return 1;
}

int Sync(const Path& folder, double seconds) {
  const int fd = ::open((folder / "synced").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Fail(SystemError(errno, "cannot make", folder / "synced"));
  const std::string page(4096, 'x');
  int64_t done = 0;
  const auto began = SteadyClock::now();
  for (; Since(began) < seconds; ++done) {
    // As SQLite's log: appended, then overwritten from the start.
    const auto at = static_cast<off_t>(done % 1000) * 4096;
    if (::pwrite(fd, page.data(), page.size(), at) != 4096 || ::fdatasync(fd) != 0)
      return Fail(SystemError(errno, "cannot write", folder / "synced"));
  }
  std::printf("{\"per_second\": %.1f}\n", static_cast<double>(done) / Since(began));
  ::close(fd);
  return 0;
}

int Write(const Path& folder, double seconds, int writers, int batch) {
  auto records = OpenSqliteRecords(folder / "records.db");
  if (!records) return Fail(records.error());
  std::atomic<int64_t> done{0};
  std::atomic<bool> failed{false};
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < writers; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; Since(began) < seconds && !failed;) {
        std::vector<RecordWrite> writes;
        for (int b = 0; b < batch; ++b)
          writes.push_back(RecordWrite::Create("job", fmt::format("{}-{}-{}", ::getpid(), t, i++), kSpec));
        if (!(*records)->Apply(writes, "bench")) failed = true;
        done += batch;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) return Fail(Internal("a write failed"));
  std::printf("{\"per_second\": %.1f}\n", static_cast<double>(done) / Since(began));
  return 0;
}

int List(const Path& folder, int count) {
  auto records = OpenSqliteRecords(folder / "list.db");
  if (!records) return Fail(records.error());
  for (const char* kind : {"dataset", "model", "run", "job", "service"}) {
    for (int i = 0; i < count; i += 500) {
      std::vector<RecordWrite> writes;
      for (int j = i; j < std::min(count, i + 500); ++j)
        writes.push_back(RecordWrite::Create(kind, fmt::format("owner{:02}/{:06}", j % 50, j), kSpec));
      if (auto made = (*records)->Apply(writes, "bench"); !made) return Fail(made.error());
    }
  }
  std::vector<double> times;
  for (int i = 0; i < 50; ++i) {
    const auto began = SteadyClock::now();
    const auto page =
        (*records)->List({.kind = "run", .after = fmt::format("owner{:02}/", i), .limit = 1000});
    times.push_back(1e3 * Since(began));
    if (!page) return Fail(page.error());
  }
  std::ranges::sort(times);
  std::printf("{\"milliseconds\": %.3f}\n", times[times.size() / 2]);
  return 0;
}

Status WritePlain(const Path& folder, std::string_view bytes, bool named) {
  const Sha256Digest digest = HashText(bytes);
  const Path temporary = folder / "incoming";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(errno, "cannot make", temporary);
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + at, bytes.size() - at);
    if (n < 0) return SystemError(errno, "cannot write", temporary);
    at += static_cast<size_t>(n);
  }
  if (::fsync(fd) != 0) return SystemError(errno, "cannot sync", temporary);
  ::close(fd);
  if (::rename(temporary.c_str(), (folder / digest.Hex()).c_str()) != 0)
    return SystemError(errno, "cannot rename", temporary);
  return named ? SyncFolder(folder) : Status();
}

int WriteBytes(std::string_view how, const Path& folder, double seconds, size_t size) {
  std::string bytes(size, 0);
  uint64_t state = 1;
  for (size_t at = 0; at + 8 <= size; at += 8) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::copy_n(reinterpret_cast<const char*>(&state), 8, bytes.data() + at);
  }
  auto store = BlobStore::Open(folder / "store");
  if (!store) return Fail(store.error());
  if (const Status made = MakeFolders(folder / "files"); !made) return Fail(made.error());
  Sha256Digest place;
  for (int i = 0; i < 256; ++i) {
    place.bytes[0] = static_cast<unsigned char>(i);
    if (const Status made = MakeFolders((*store)->PathOf(place).parent_path()); !made)
      return Fail(made.error());
  }
  int64_t done = 0;
  const auto began = SteadyClock::now();
  for (; Since(began) < seconds; ++done) {
    std::copy_n(reinterpret_cast<const char*>(&done), 8, bytes.data());  // another content, another name
    Status written;
    if (how == "blobs") {
      const auto put = (*store)->Put(bytes);
      if (!put) written = put.error();
    } else {
      written = WritePlain(folder / "files", bytes, how == "named");
    }
    if (!written) return Fail(written.error());
  }
  const double took = Since(began);
  std::printf("{\"per_second\": %.2f, \"megabytes_per_second\": %.2f}\n", static_cast<double>(done) / took,
              static_cast<double>(done) * static_cast<double>(size) / 1e6 / took);
  return 0;
}

int SubmitJobs(const Path& folder, double seconds, int clients) {
  auto records = OpenSqliteRecords(folder / "jobs.db");
  if (!records) return Fail(records.error());
  const auto launcher = MakeLocalLauncher({});
  JobsOptions options;
  options.folder = folder / "jobs";
  options.capacity = {2, int64_t{8} << 30};
  Jobs jobs(**records, *launcher, std::move(options));
  if (const Status opened = jobs.Open(); !opened) return Fail(opened.error());
  JobSpec spec;
  spec.owner = "ann";
  spec.command = {"true"};
  std::atomic<int64_t> done{0};
  std::atomic<bool> failed{false};
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(clients));
  for (int t = 0; t < clients; ++t) {
    threads.emplace_back([&] {
      while (Since(began) < seconds && !failed) {
        if (jobs.Submit(spec, "ann"))
          ++done;
        else
          failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) return Fail(Internal("a job was not accepted"));
  std::printf("{\"per_second\": %.1f}\n", static_cast<double>(done) / Since(began));
  return 0;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "sync" && argc == 4) return sinter::Sync(argv[2], std::atof(argv[3]));
  if (what == "write" && argc == 6)
    return sinter::Write(argv[2], std::atof(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
  if (what == "list" && argc == 4) return sinter::List(argv[2], std::atoi(argv[3]));
  if (what == "jobs" && argc == 5) return sinter::SubmitJobs(argv[2], std::atof(argv[3]), std::atoi(argv[4]));
  if (what == "fill" && argc == 4) {
    const sinter::Status filled = sinter::FillHome(argv[2], std::atoi(argv[3]));
    if (!filled) return sinter::Fail(filled.error());
    std::printf("{}\n");
    return 0;
  }
  if ((what == "blobs" || what == "files" || what == "named") && argc == 5 && std::atoll(argv[4]) >= 8)
    return sinter::WriteBytes(what, argv[2], std::atof(argv[3]), std::strtoull(argv[4], nullptr, 10));
  std::fprintf(stderr, "usage: bench_platform sync|write|list|jobs|blobs|files|named|fill FOLDER ...\n");
  return 2;
}
