// A few facts of every record of a kind, in memory: what a list in another order than that of names chooses
// its page by, so that it reads the records of the page alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/records/records.h"

namespace sinter {

// What follows the changes of a kind, for RecordIndex.
class KindFollower {
 public:
  KindFollower(Records& records, std::string kind) : records_(records), kind_(std::move(kind)) {}
  virtual ~KindFollower() = default;
  KindFollower(const KindFollower&) = delete;
  KindFollower& operator=(const KindFollower&) = delete;

 protected:
  virtual Status Put(const Record& record) = 0;
  virtual void Remove(const std::string& name) = 0;
  virtual void Clear() = 0;
  virtual size_t Size() const = 0;
  // Reads what changed since the last time; all records the first time, and where so much changed that they
  // are fewer. After an error everything is read anew.
  Status CatchUp();

 private:
  Status ReadAll();
  Status ReadNews();
  Records& records_;
  const std::string kind_;
  int64_t seen_ = -1;  // up to this change
};

// Any thread. Nothing is read before the first use, whose cost is one reading of all records of the kind. A
// Head should be small: there is one for each record. The records outlive it.
template <class Head>
class RecordIndex final : public KindFollower {
 public:
  using Heads = std::map<std::string, Head, std::less<>>;  // by name
  using Read = std::function<Result<Head>(const Record&)>;
  RecordIndex(Records& records, std::string kind, Read read)
      : KindFollower(records, std::move(kind)), read_(std::move(read)) {}

  // `use` sees all as they are now. Others wait meanwhile; it must not come back here.
  Status Look(const std::function<void(const Heads&)>& use) {
    const std::lock_guard lock(mutex_);
    TRY_STATUS(CatchUp());
    use(heads_);
    return {};
  }

  // The names of the first `count` of those that are kept, in the order of `before`, then of names.
  template <class Keep, class Before>
  Result<std::vector<std::string>> First(size_t count, const Keep& keep, const Before& before) {
    std::vector<std::string> names;
    TRY_STATUS(Look([&](const Heads& heads) {
      std::vector<const typename Heads::value_type*> kept;
      kept.reserve(heads.size());
      for (const auto& one : heads)
        if (keep(one.second)) kept.push_back(&one);
      count = std::min(count, kept.size());
      std::ranges::partial_sort(kept, kept.begin() + static_cast<std::ptrdiff_t>(count),
                                [&](const auto* a, const auto* b) {
                                  if (before(a->second, b->second)) return true;
                                  return !before(b->second, a->second) && a->first < b->first;
                                });
      names.reserve(count);
      for (size_t i = 0; i < count; ++i) names.push_back(kept[i]->first);
    }));
    return names;
  }

 private:
  Status Put(const Record& record) override {
    TRY(Head head, read_(record));
    heads_.insert_or_assign(record.name, std::move(head));
    return {};
  }
  void Remove(const std::string& name) override { heads_.erase(name); }
  void Clear() override { heads_.clear(); }
  size_t Size() const override { return heads_.size(); }
  const Read read_;
  std::mutex mutex_;
  Heads heads_;
};

// The records of these names, in their order; those that are gone by now are left out.
Status ForEachNamed(Records& records, std::string_view kind, const std::vector<std::string>& names,
                    const std::function<Status(const Record&)>& visit);

}  // namespace sinter
