// A device is an ordered list of kernels. For each node the first kernel that accepts it wins; the last is
// always the reference; a refusal says why.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/graph/communicator.h"
#include "engine/graph/contexts.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"
#include "engine/tensor/value.h"

namespace sinter {

// A node of one output that alone reads what the node before it gives.
struct Follower {
  NodeView node;
  size_t input = 0;                      // which of its inputs that is
  std::vector<const Tensor*> constants;  // the others never change; null at `input`
  const Type* output = nullptr;
};

// A node as a kernel is asked about it.
struct KernelQuery {
  NodeView node;
  std::vector<const Type*> inputs;       // null: absent
  std::vector<const Type*> outputs;      // null: not wanted
  std::vector<const Tensor*> constants;  // the value of an input that never changes, else null
  const Module* module = nullptr;
  // What may be computed along with it, in order; each follows the one before.
  std::vector<Follower> followers = {};
};

// What a prepared kernel is given at each run. Tensors are in planned memory.
struct KernelCall {
  std::span<const Tensor* const> inputs;  // null: absent
  std::span<Tensor* const> outputs;       // null: not wanted; dims are set
  std::span<std::byte> workspace;         // as many bytes as WorkspaceBytes asked, 64-aligned
  ThreadPool* pool = nullptr;
  Communicator* communicator = nullptr;
  CancelToken cancel = {};
};

// Prepared for one node; may hold prepacked weights and primitives for shapes seen (bounded). Run may be
// called by several threads at once.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual size_t WorkspaceBytes(std::span<const Tensor* const> inputs,
                                std::span<Tensor* const> outputs) const {
    (void)inputs;
    (void)outputs;
    return 0;
  }
  // How many of the query's followers Run computes as well: output 0 is then what the last of them gives.
  virtual size_t followers() const { return 0; }
  // No allocation, lock or log by our code once a shape has been seen.
  virtual Status Run(const KernelCall& call) = 0;
};

struct Refusal {
  std::string reason;
};
using KernelChoice = std::variant<std::unique_ptr<Kernel>, Refusal>;

struct KernelEntry {
  std::string_view name;                  // "onednn.matmul"
  std::span<const std::string_view> ops;  // the operators it may serve
  KernelChoice (*make)(const KernelQuery& query);
};

class Device {
 public:
  virtual ~Device() = default;
  virtual std::string_view name() const = 0;  // "cpu", "reference"
  virtual std::span<const KernelEntry> kernels()
      const = 0;  // most specialised first; the reference is implied last
};

}  // namespace sinter
