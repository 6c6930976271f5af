#include "engine/comm/thread_group.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace sinter {
namespace {

template <class T>
T Combine(T a, T b, Communicator::Reduce reduce) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(Combine(static_cast<float>(a), static_cast<float>(b), reduce));
  } else {
    switch (reduce) {
      case Communicator::Reduce::kSum:
        if constexpr (std::is_integral_v<T> &&
                      !std::is_same_v<T, bool>) {  // wraps, where + would be undefined
          return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
        } else {
          return static_cast<T>(a + b);
        }
      case Communicator::Reduce::kMax:
        return std::max(a, b);
      case Communicator::Reduce::kMin:
        return std::min(a, b);
    }
    return a;
  }
}

// to[i] := to[i] (+) from[offset + i].
void Accumulate(Tensor& to, const Tensor& from, size_t offset, Communicator::Reduce reduce) {
  DispatchDType(to.dtype(), [&]<class T>() {
    auto y = to.mutable_data<T>();
    const auto x = from.data<T>().subspan(offset, y.size());
    for (size_t i = 0; i < y.size(); ++i) y[i] = Combine<T>(y[i], x[i], reduce);
  });
}

void CopyElements(Tensor& to, const Tensor& from, size_t from_element, size_t to_element, size_t count) {
  const size_t size = DTypeSize(to.dtype());
  if (count > 0)
    std::memcpy(to.mutable_raw() + to_element * size, from.raw() + from_element * size, count * size);
}

}  // namespace

class ThreadGroup::Rank final : public Communicator {
 public:
  Rank(ThreadGroup& group, int rank) : group_(group), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return group_.size(); }

  Status AllReduce(Tensor& data, Reduce reduce) override {
    TRY(const Tensor mine, data.Clone());  // `data` is written while others still read what it was
    return Exchange(fmt::format("AllReduce {} {}", static_cast<int>(reduce), data.type().ToString()), mine,
                    [&] {
                      CopyElements(data, Other(0), 0, 0, static_cast<size_t>(data.elements()));
                      for (int r = 1; r < size(); ++r) Accumulate(data, Other(r), 0, reduce);
                      return Status();
                    });
  }

  Status AllGather(const Tensor& in, Tensor& out) override {
    if (out.elements() != in.elements() * size() || out.dtype() != in.dtype())
      return InvalidArgument(fmt::format("AllGather of {} ranks' {} into {}", size(), in.type().ToString(),
                                         out.type().ToString()));
    return Exchange("AllGather " + in.type().ToString(), in, [&] {
      const auto count = static_cast<size_t>(in.elements());
      for (int r = 0; r < size(); ++r) CopyElements(out, Other(r), 0, static_cast<size_t>(r) * count, count);
      return Status();
    });
  }

  Status ReduceScatter(const Tensor& in, Tensor& out, Reduce reduce) override {
    if (in.elements() != out.elements() * size() || out.dtype() != in.dtype())
      return InvalidArgument(fmt::format("ReduceScatter over {} ranks of {} into {}", size(),
                                         in.type().ToString(), out.type().ToString()));
    return Exchange(fmt::format("ReduceScatter {} {}", static_cast<int>(reduce), in.type().ToString()), in,
                    [&] {
                      const auto count = static_cast<size_t>(out.elements());
                      const size_t begin = static_cast<size_t>(rank_) * count;
                      CopyElements(out, Other(0), begin, 0, count);
                      for (int r = 1; r < size(); ++r) Accumulate(out, Other(r), begin, reduce);
                      return Status();
                    });
  }

  Status Broadcast(Tensor& data, int root) override {
    if (root < 0 || root >= size()) return InvalidArgument(fmt::format("root {} of {} ranks", root, size()));
    return Exchange(fmt::format("Broadcast {} {}", root, data.type().ToString()), data, [&] {
      if (rank_ != root) CopyElements(data, Other(root), 0, 0, static_cast<size_t>(data.elements()));
      return Status();
    });
  }

  Status Barrier() override {
    return Exchange("Barrier", Tensor(), [] { return Status(); });
  }

 private:
  const Tensor& Other(int rank) const { return *group_.offers_[static_cast<size_t>(rank)].tensor; }

  // All ranks bring their tensors, check that they do the same thing, do it, and only then let go of them.
  template <class Work>
  Status Exchange(std::string what, const Tensor& mine, Work work) {
    if (mine.defined() && DTypeSize(mine.dtype()) == 0)
      return Unsupported(what + ": strings do not travel between ranks");
    group_.offers_[static_cast<size_t>(rank_)] = {std::move(what), &mine};
    TRY_STATUS(group_.Meet(false));
    Status done;
    for (int r = 0; r < size() && done; ++r) {
      const std::string& ours = group_.offers_[static_cast<size_t>(rank_)].what;
      const std::string& theirs = group_.offers_[static_cast<size_t>(r)].what;
      if (ours != theirs)
        done = InvalidArgument(fmt::format("rank {} is at {}, rank {} at {}", rank_, ours, r, theirs),
                               "all ranks must run the same collectives in the same order");
    }
    if (done) done = work();
    // Nobody may go, and take its tensor away, before all are done with it.
    TRY_STATUS(group_.Meet(true));
    return done;
  }

  ThreadGroup& group_;
  int rank_;
};

ThreadGroup::ThreadGroup(int ranks) : offers_(static_cast<size_t>(ranks)) {
  SINTER_CHECK(ranks > 0);
  for (int r = 0; r < ranks; ++r) communicators_.push_back(std::make_unique<Rank>(*this, r));
}

ThreadGroup::~ThreadGroup() = default;

void ThreadGroup::Leave(int rank, std::string reason) {
  const std::scoped_lock lock(mutex_);
  if (left_.empty()) left_ = fmt::format("rank {} has left: {}", rank, reason);
  all_here_.notify_all();
}

Status ThreadGroup::Meet(bool sure) {
  std::unique_lock lock(mutex_);
  if (!sure && !left_.empty()) return Error{ErrorCode::kUnavailable, left_, ""};
  const uint64_t meeting = meeting_;
  if (++waiting_ == size()) {
    waiting_ = 0;
    ++meeting_;
    all_here_.notify_all();
    return {};
  }
  all_here_.wait(lock, [&] { return meeting_ != meeting || (!sure && !left_.empty()); });
  if (meeting_ == meeting) return Error{ErrorCode::kUnavailable, left_, ""};
  return {};
}

}  // namespace sinter
