// A compiled function: what executables hold and sessions run. For exec's own files.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/device.h"
#include "engine/exec/executable.h"

namespace sinter {

// Where a value's bytes stand.
enum class Place : uint8_t {
  kInput,     // the caller's tensor
  kState,     // the States' tensor
  kConstant,  // the graph's tensor
  kArena,     // storage planned for this session
  kView,      // another value's bytes, under this value's dims
  kDynamic,   // allocated at run time: its size is born there, or it is no tensor
};

struct ValuePlan {
  Place place = Place::kDynamic;
  int storage = -1;             // kArena: index into Program::storages
  ValueId source = kNoValue;    // kView: whose bytes
  std::string state;            // kState
  Tensor constant;              // kConstant
  bool may_show_state = false;  // its bytes may be a state's: what updates the state comes after it is kept
};

// Bytes in the arena that one value, or several one after another in place, live in.
struct Storage {
  Dim bytes;
  int first = 0;
  int last = 0;
};

struct Step {
  const Node* node = nullptr;
  const Operator* page = nullptr;
  std::unique_ptr<Kernel> kernel;  // null: the reference, with its own allocation
  std::vector<const Node*> fused;  // the followers that the kernel computes too
  std::vector<ValueId> outputs;    // the node's, or those of the last of `fused`
  std::string kernel_name;
  std::vector<std::pair<std::string, std::string>> refusals;  // kernel, reason
  bool updates_state = false;                                 // writes a state in place
};

struct Program {
  Function function;  // calls inlined, types inferred
  std::vector<Step> steps;
  std::vector<ValuePlan> values;
  std::vector<ValueId> views;  // kView, in order of definition: a view of a view comes after it
  std::vector<Storage> storages;
  std::vector<std::string> symbols;  // bound by the inputs' dims, in order
  // Updates that were not done in place: copied into the state at the end.
  std::vector<StateUse> copies;
  int first_update_step = -1;  // from here on the run is not cancelled
};

struct Executable::Impl {
  Module module;
  std::shared_ptr<States> states;
  ThreadPool* pool = nullptr;
  Communicator* communicator = nullptr;
  const Device* device = nullptr;
  std::vector<PassReport> passes;
  std::map<std::string, std::unique_ptr<Program>, std::less<>> programs;
};

Result<std::unique_ptr<Program>> CompileFunction(Module& module, std::string_view function,
                                                 const Device& device);

// The kernel that runs a page's reference function on planned memory; never refuses.
std::unique_ptr<Kernel> MakeReferenceKernel(const Node& node, const Operator& page);

}  // namespace sinter
