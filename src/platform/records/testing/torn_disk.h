// For tests: a disk that loses, or garbles, what was written and not yet synced, as one does when the power
// fails.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"

namespace sinter {

// Remembers what SQLite has written to its files since it last synced each of them, and what was there
// before. The memory is shared with children: a child calls Install and is killed, the parent calls Tear.
class TornDisk {
 public:
  TornDisk();
  ~TornDisk();
  TornDisk(const TornDisk&) = delete;
  // In the child: SQLite's files go through this from now on.
  void Install();
  // In the parent, once the child is dead: each write that was not synced is kept, undone, cut short or
  // garbled, at random; what is undone at the end of a file makes it shorter. The shared memory of the
  // write-ahead log, which no disk keeps, is gone. Says how many writes there were; the memory is empty
  // afterwards.
  int Tear(std::mt19937& random);
  bool overflowed() const;  // more was written than is remembered: the test must fail

  struct Memory;

 private:
  Memory* memory_;
};

}  // namespace sinter
