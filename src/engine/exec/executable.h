// A module made ready to run on a device: optimised, kernels chosen, weights prepared, memory planned.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/device/device.h"
#include "engine/graph/module.h"
#include "engine/passes/pipelines.h"
#include "engine/tensor/value.h"

namespace sinter {

struct CompileOptions {
  const Device* device = nullptr;        // null: the CPU device
  ThreadPool* pool = nullptr;            // null: the process's shared pool
  Communicator* communicator = nullptr;  // for collectives; null: alone
  std::vector<std::string> functions;    // which to prepare; empty: all
  bool optimise = true;                  // run passes/'s default pipeline first
  PassOptions passes = {};               // and which of it
};

// The values of a module's shared states. Programs of one module (training and its evaluation) may hold the
// same States. Writing is for one thread at a time, while nothing runs.
class States {
 public:
  // Initial values as the module declares them (zeros where it gives none).
  static Result<std::shared_ptr<States>> Create(const Module& module);
  Result<Tensor> Get(std::string_view name) const;         // shares the bytes: Clone() to keep
  Status Set(std::string_view name, const Tensor& value);  // copies; dtype and dims must agree
  std::vector<std::string> Names() const;
  // Writes the current values into `module`'s states as their initial values (for export).
  Status StoreInto(Module& module) const;

 private:
  friend class Session;
  friend class Executable;
  std::map<std::string, Tensor, std::less<>> values_;
};

struct RunOptions {
  CancelToken cancel = {};  // asked between nodes and between tiles; the run returns kCancelled
};

class Session;

// Immutable once compiled; any number of threads open sessions on it.
class Executable : public std::enable_shared_from_this<Executable> {
 public:
  static Result<std::shared_ptr<Executable>> Compile(Module module, const CompileOptions& options = {},
                                                     std::shared_ptr<States> states = nullptr);
  ~Executable();
  const Module& module() const;
  const std::shared_ptr<States>& states() const;
  // A caller's own arena; weights are shared. Opening allocates, running on the warm path does not.
  Result<std::unique_ptr<Session>> OpenSession();
  // For each node of each function: the kernel chosen and every refusal before it, with its reason.
  std::string Explain() const;

  struct Impl;

 private:
  friend class Session;
  Executable() = default;
  std::unique_ptr<Impl> impl_;
};

// One caller at a time. Memory is bounded by the largest shapes seen, and given back when much smaller ones
// have stood for a while.
class Session {
 public:
  ~Session();
  // Inputs in the function's order. Checks dtype, rank, dims and symbol bounds first; errors name the input.
  // Outputs are views of this session's arena: valid until its next Run. Functions that update shared states
  // commit them at return and must not run beside other sessions of the same States.
  Result<std::span<const Value>> Run(std::string_view function, std::span<const Tensor> inputs,
                                     const RunOptions& options = {});
  // Bytes of the arena now.
  size_t ArenaBytes() const;

 private:
  friend class Executable;
  Session() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinter
