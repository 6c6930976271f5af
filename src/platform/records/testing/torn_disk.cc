#include "platform/records/testing/torn_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

namespace sinter {
namespace {

constexpr size_t kFiles = 8, kBytes = size_t{32} << 20;

struct Entry {
  int64_t offset = 0;
  uint32_t length = 0;  // of the write
  uint32_t before = 0;  // bytes that were there before, which follow this header
};

struct FileMemory {
  char path[512];
  std::atomic<size_t> used;  // published once an entry is whole: the child may die at any moment
  char bytes[kBytes];
};

}  // namespace

struct TornDisk::Memory {
  std::atomic<bool> overflowed;
  FileMemory files[kFiles];
};

namespace {

TornDisk::Memory* memory = nullptr;  // of the child's file system
sqlite3_vfs* real_vfs = nullptr;
std::mutex files_mutex;

struct TornFile {
  sqlite3_file base;
  FileMemory* kept;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

TornFile& Of(sqlite3_file* file) { return *reinterpret_cast<TornFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file).real(); }

// Before the write itself: undoing one that has not happened changes nothing.
void Remember(TornFile& file, int length, int64_t offset) {
  if (file.kept == nullptr) return;
  FileMemory& kept = *file.kept;
  const size_t used = kept.used;
  Entry entry{offset, static_cast<uint32_t>(length), 0};
  if (used + sizeof entry + static_cast<size_t>(length) > kBytes) {
    memory->overflowed = true;
    return;
  }
  sqlite3_int64 size = 0;
  file.real()->pMethods->xFileSize(file.real(), &size);
  entry.before = static_cast<uint32_t>(std::clamp<int64_t>(size - offset, 0, length));
  char* at = kept.bytes + used;
  if (entry.before > 0)
    file.real()->pMethods->xRead(file.real(), at + sizeof entry, static_cast<int>(entry.before), offset);
  std::memcpy(at, &entry, sizeof entry);
  kept.used = used + sizeof entry + entry.before;
}

int Close(sqlite3_file* f) { return Real(f)->pMethods->xClose(Real(f)); }
int Read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return Real(f)->pMethods->xRead(Real(f), to, n, at);
}
int Write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  Remember(Of(f), n, at);
  return Real(f)->pMethods->xWrite(Real(f), from, n, at);
}
int Truncate(sqlite3_file* f, sqlite3_int64 n) { return Real(f)->pMethods->xTruncate(Real(f), n); }
int Sync(sqlite3_file* f, int flags) {
  const int code = Real(f)->pMethods->xSync(Real(f), flags);
  if (code == SQLITE_OK && Of(f).kept != nullptr) Of(f).kept->used = 0;
  return code;
}
int FileSizeOf(sqlite3_file* f, sqlite3_int64* n) { return Real(f)->pMethods->xFileSize(Real(f), n); }
int Lock(sqlite3_file* f, int l) { return Real(f)->pMethods->xLock(Real(f), l); }
int Unlock(sqlite3_file* f, int l) { return Real(f)->pMethods->xUnlock(Real(f), l); }
int CheckLock(sqlite3_file* f, int* l) { return Real(f)->pMethods->xCheckReservedLock(Real(f), l); }
int Control(sqlite3_file* f, int op, void* a) { return Real(f)->pMethods->xFileControl(Real(f), op, a); }
int SectorSize(sqlite3_file* f) { return Real(f)->pMethods->xSectorSize(Real(f)); }
// No promises about what a failing disk does: SQLite must not rely on any.
int Characteristics(sqlite3_file*) { return 0; }
int ShmMap(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
  return Real(f)->pMethods->xShmMap(Real(f), page, size, extend, to);
}
int ShmLock(sqlite3_file* f, int at, int n, int flags) {
  return Real(f)->pMethods->xShmLock(Real(f), at, n, flags);
}
void ShmBarrier(sqlite3_file* f) { Real(f)->pMethods->xShmBarrier(Real(f)); }
int ShmUnmap(sqlite3_file* f, int remove) { return Real(f)->pMethods->xShmUnmap(Real(f), remove); }

const sqlite3_io_methods kMethods = {.iVersion = 2,
                                     .xClose = Close,
                                     .xRead = Read,
                                     .xWrite = Write,
                                     .xTruncate = Truncate,
                                     .xSync = Sync,
                                     .xFileSize = FileSizeOf,
                                     .xLock = Lock,
                                     .xUnlock = Unlock,
                                     .xCheckReservedLock = CheckLock,
                                     .xFileControl = Control,
                                     .xSectorSize = SectorSize,
                                     .xDeviceCharacteristics = Characteristics,
                                     .xShmMap = ShmMap,
                                     .xShmLock = ShmLock,
                                     .xShmBarrier = ShmBarrier,
                                     .xShmUnmap = ShmUnmap};

FileMemory* MemoryOf(const char* path) {
  const std::lock_guard lock(files_mutex);
  for (FileMemory& file : memory->files) {
    if (file.path[0] != 0 && std::strcmp(file.path, path) != 0) continue;
    if (std::strlen(path) >= sizeof file.path) break;
    std::strcpy(file.path, path);
    return &file;
  }
  memory->overflowed = true;
  return nullptr;
}

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  auto& torn = Of(file);
  torn.base.pMethods = nullptr;
  const bool lasting = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  torn.kept = lasting && name != nullptr ? MemoryOf(name) : nullptr;
  const int code = real_vfs->xOpen(real_vfs, name, torn.real(), flags, out_flags);
  if (torn.real()->pMethods != nullptr) torn.base.pMethods = &kMethods;
  return code;
}

// One write, undone in part or whole, or garbled.
void TearOne(int fd, const Entry& entry, const char* before, std::mt19937& random) {
  std::string now(entry.length, 0);
  const ssize_t read = ::pread(fd, now.data(), now.size(), entry.offset);
  if (read <= 0) return;  // it did not get there
  now.resize(static_cast<size_t>(read));
  const auto choice = random() % 4;
  if (choice == 0) return;  // it reached the disk after all
  size_t from = choice == 1 ? 0 : random() % now.size();
  if (choice == 3) {
    for (size_t i = from; i < now.size() && i < from + 512; ++i) now[i] = static_cast<char>(random());
  } else {
    for (size_t i = from; i < now.size(); ++i) now[i] = i < entry.before ? before[i] : 0;
  }
  if (::pwrite(fd, now.data(), now.size(), entry.offset) < 0) std::abort();
  // The end of a file that grew: its new size was lost too, now and then.
  const off_t end = ::lseek(fd, 0, SEEK_END);
  if (choice != 3 && entry.offset + static_cast<off_t>(entry.length) >= end && entry.before < from &&
      random() % 2 == 0 &&
      ::ftruncate(fd, entry.offset + static_cast<off_t>(std::max<size_t>(from, entry.before))) != 0)
    std::abort();
}

}  // namespace

TornDisk::TornDisk()
    : memory_(static_cast<Memory*>(::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
  SINTER_CHECK(memory_ != MAP_FAILED);
}

TornDisk::~TornDisk() { ::munmap(memory_, sizeof(Memory)); }

bool TornDisk::overflowed() const { return memory_->overflowed; }

void TornDisk::Install() {
  memory = memory_;
  ::sqlite3_initialize();
  real_vfs = ::sqlite3_vfs_find(nullptr);
  static sqlite3_vfs torn;
  torn = *real_vfs;
  torn.szOsFile = static_cast<int>(sizeof(TornFile)) + real_vfs->szOsFile;
  torn.zName = "torn";
  torn.xOpen = Open;
  ::sqlite3_vfs_register(&torn, 1);
}

int TornDisk::Tear(std::mt19937& random) {
  int torn = 0;
  for (FileMemory& file : memory_->files) {
    if (file.path[0] == 0) break;
    const int fd = ::open(file.path, O_RDWR | O_CLOEXEC);
    std::vector<const char*> entries;
    for (size_t at = 0; at < file.used;) {
      Entry entry;
      entries.push_back(file.bytes + at);
      std::memcpy(&entry, file.bytes + at, sizeof entry);
      at += sizeof entry + entry.before;
    }
    // The last first, so that a place that was written twice can go back two steps.
    for (auto at = entries.rbegin(); fd >= 0 && at != entries.rend(); ++at) {
      Entry entry;
      std::memcpy(&entry, *at, sizeof entry);
      TearOne(fd, entry, *at + sizeof entry, random);
      ++torn;
    }
    if (fd >= 0) ::close(fd);
    std::error_code ignored;
    std::filesystem::remove(std::string(file.path) + "-shm", ignored);
    file.used = 0;
  }
  return torn;
}

}  // namespace sinter
