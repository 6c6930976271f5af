// Runs ONNX's own tests of single operators, on the reference and on the CPU, and holds the outcome to a
// list.
//
//   usage: node_tests DATA LIST          DATA: a folder a test: model.onnx, test_data_set_N/*.pb
//          node_tests DATA LIST EXPORTS  and exports what passed: EXPORTS/NAME.onnx
//          node_tests DATA --print       prints the list as it would have to be
//
// The list names the tests that pass, and those with known reasons not to be run ("name: reason"). What is
// not in the list must fail for a reason that the importer says (not offered). Exit 1: a wrong answer, an
// error that is no plain "not offered", a test of the list that does not pass, one that passes unlisted.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "comparison.h"
#include "engine/device/reference/interpreter.h"
#include "engine/exec/executable.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/formats/onnx/proto.h"
#include "engine/formats/onnx/tensor_data.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

enum class Outcome : uint8_t { kPassed, kNotOffered, kFailed };
struct Report {
  Outcome outcome = Outcome::kPassed;
  std::string reason;
};
Report NotOffered(std::string reason) { return {Outcome::kNotOffered, std::move(reason)}; }
Report Failed(std::string reason) { return {Outcome::kFailed, std::move(reason)}; }

Result<std::vector<Tensor>> ReadTensors(const Path& folder, std::string_view kind) {
  std::vector<Tensor> tensors;
  for (size_t i = 0;; ++i) {
    const Path file = folder / fmt::format("{}_{}.pb", kind, i);
    if (!std::filesystem::exists(file)) return tensors;
    TRY(const auto mapped, MappedFile::Open(file));
    TRY(const OnnxTensor message, ReadOnnxTensor(mapped->bytes()));
    OnnxTensorSource source(mapped, {});
    TRY(tensors.emplace_back(), source.Read(message));
  }
}

// What the model needs and is not offered: the first operator without a page, or the opset.
std::string Missing(const OnnxGraph& graph) {
  for (const OnnxNode& node : graph.nodes) {
    if (Operators().Find(node.op) == nullptr) return std::string(node.op);
    for (const OnnxAttribute& attribute : node.attributes) {
      if (attribute.g == nullptr) continue;
      if (std::string inner = Missing(*attribute.g); !inner.empty()) return inner;
    }
  }
  return "";
}

std::string Compare(std::span<const Value> given, const std::vector<Tensor>& expected) {
  if (given.size() != expected.size())
    return fmt::format("{} outputs instead of {}", given.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!given[i].IsTensor()) return fmt::format("output {} is no tensor", i);
    if (std::string words = Difference(given[i].tensor(), expected[i]); !words.empty())
      return fmt::format("output {}: {}", i, words);
  }
  return "";
}

// A model compiled once, which answers each data set in turn, whatever its shapes.
class Subject {
 public:
  static Result<Subject> Create(Module module) {
    Subject subject;
    TRY(const auto executable, Executable::Compile(module));
    TRY(subject.session_, executable->OpenSession());
    subject.module_ = std::move(module);
    return subject;
  }

  // Empty where reference and CPU give what is expected.
  std::string Try(const std::vector<Tensor>& inputs, const std::vector<Tensor>& expected) {
    StateValues states;
    const std::vector<Value> values(inputs.begin(), inputs.end());
    auto judged = RunReference(module_, Operators(), "forward", values, states);
    if (!judged) return "reference: " + judged.error().ToString();
    if (std::string words = Compare(*judged, expected); !words.empty()) return "reference: " + words;
    auto results = session_->Run("forward", inputs);
    if (!results) return "cpu: " + results.error().ToString();
    const std::string words = Compare(*results, expected);
    return words.empty() ? "" : "cpu: " + words;
  }

 private:
  Module module_;
  std::unique_ptr<Session> session_;
};

// What stands in the integer inputs of a test: shapes, axes, repeats, which a module must know beforehand.
std::map<std::string, Tensor, std::less<>> IntegersOf(const OnnxModel& model,
                                                      const std::vector<Tensor>& inputs) {
  std::map<std::string, Tensor, std::less<>> integers;
  for (size_t i = 0; i < std::min(inputs.size(), model.graph.inputs.size()); ++i) {
    const bool list = IsInteger(inputs[i].dtype()) && inputs[i].rank() <= 1 && inputs[i].elements() <= 64;
    if (list) integers.emplace(model.graph.inputs[i].name, inputs[i]);
  }
  return integers;
}

// `exports`: where what was imported is written again; empty: nowhere.
Report RunTest(const Path& folder, const Path& exports) {
  auto mapped = MappedFile::Open(folder / "model.onnx");
  if (!mapped) return Failed(mapped.error().ToString());
  auto model = ReadOnnxModel((*mapped)->bytes());
  if (!model) return Failed(model.error().ToString());
  if (const std::string op = Missing(model->graph); !op.empty()) return NotOffered("operator " + op);
  auto module = ImportOnnx(folder / "model.onnx");
  const bool asks = !module && module.error().message.contains("known");
  std::map<std::string, Tensor, std::less<>> integers;
  if (asks) {
    auto inputs = ReadTensors(folder / "test_data_set_0", "input");
    if (!inputs) return Failed(inputs.error().ToString());
    integers = IntegersOf(*model, *inputs);
    module = ImportOnnx(folder / "model.onnx", {.fixed_inputs = integers});
  }
  if (!module) {
    const Error& error = module.error();
    if (error.code != ErrorCode::kUnsupported) return Failed(error.ToString());
    const size_t told = error.message.find("model.onnx: ");
    return NotOffered(told == std::string::npos ? error.message : error.message.substr(told + 12));
  }
  if (!exports.empty()) {
    const Path file = exports / (folder.filename().string() + ".onnx");
    if (const Status exported = ExportOnnx(*module, "forward", file); !exported)
      return Failed(exported.error().ToString());
  }
  auto subject = Subject::Create(*std::move(module));
  if (!subject) return Failed("cpu: " + subject.error().ToString());
  for (size_t set = 0;; ++set) {
    const Path data = folder / fmt::format("test_data_set_{}", set);
    if (!std::filesystem::exists(data)) return set > 0 ? Report() : Failed("no data set");
    auto inputs = ReadTensors(data, "input");
    auto expected = ReadTensors(data, "output");
    if (!inputs || !expected) return Failed((inputs ? expected : inputs).error().ToString());
    for (size_t i = inputs->size(); i-- > 0 && asks;) {
      if (integers.contains(model->graph.inputs[i].name))
        inputs->erase(inputs->begin() + static_cast<ptrdiff_t>(i));
    }
    if (std::string words = subject->Try(*inputs, *expected); !words.empty())
      return Failed(fmt::format("data set {}: {}", set, words));
  }
}

struct Expectations {
  std::set<std::string> pass;
  std::map<std::string, std::string> not_run;  // name: reason
};

Result<Expectations> ReadList(const Path& path) {
  TRY(const std::string text, ReadFile(path));
  Expectations list;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (const size_t colon = line.find(": "); colon != std::string::npos)
      list.not_run[line.substr(0, colon)] = line.substr(colon + 2);
    else
      list.pass.insert(line);
  }
  return list;
}

int Main(const Path& data, const std::string& list_path, const Path& exports) {
  Expectations list;
  const bool print = list_path == "--print";
  if (!print) {
    auto read = ReadList(list_path);
    if (!read) {
      fmt::print(stderr, "{}\n", read.error().ToString());
      return 2;
    }
    list = *std::move(read);
  }
  std::vector<Path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(data)) {
    if (std::filesystem::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  size_t passed = 0;
  int wrong = 0;
  std::map<std::string, int> missing;
  for (const Path& folder : folders) {
    const std::string name = folder.filename().string();
    if (list.not_run.contains(name)) continue;
    const Report report = RunTest(folder, exports);
    const bool listed = list.pass.erase(name) > 0;
    if (report.outcome == Outcome::kPassed) {
      ++passed;
      if (print) fmt::print("{}\n", name);
      if (!print && !listed) {
        ++wrong;
        fmt::print("NOT LISTED {} passes: add it to the list\n", name);
      }
      continue;
    }
    if (report.outcome == Outcome::kNotOffered) ++missing[report.reason];
    if (report.outcome == Outcome::kFailed || listed) {
      ++wrong;
      fmt::print("{} {}: {}\n", print ? "#" : "WRONG", name, report.reason);
    }
  }
  for (const std::string& name : list.pass) {
    ++wrong;
    fmt::print("LOST {}: it is not among the tests in {}\n", name, data.string());
  }
  std::vector<std::pair<int, std::string>> rows;
  for (const auto& [reason, count] : missing) rows.emplace_back(-count, reason);
  std::ranges::sort(rows);
  for (const auto& [count, reason] : rows) fmt::print(stderr, "not offered in {:3}: {}\n", -count, reason);
  fmt::print(stderr, "{} tests: {} passed, {} wrong, {} known not to run\n", folders.size(), passed, wrong,
             list.not_run.size());
  return wrong == 0 || print ? 0 : 1;
}

}  // namespace
}  // namespace sinter

int main(int count, char** words) {
  if (count != 3 && count != 4) {
    fmt::print(stderr, "usage: node_tests DATA LIST [EXPORTS] | node_tests DATA --print\n");
    return 2;
  }
  return sinter::Main(words[1], words[2], count == 4 ? words[3] : "");
}
