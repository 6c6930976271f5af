// What a fuzz target is: a parser of foreign bytes, what must hold of whatever it accepts, and what may come
// of an input. libFuzzer drives it (libfuzzer_main.cc); the corpus is replayed without (replay.h).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sinter {

struct FuzzTarget {
  // Parses the input and gives the parser's answer. What must hold and does not is a SINTER_CHECK: on what
  // was accepted (prints and parses back the same, views lie within the input ...), and on errors that lie.
  // Bounded in time and memory whatever the input; keeps nothing from one input to the next.
  Status (*run)(std::span<const std::byte> input);
  // The errors that the parser may give. One that is not listed is a finding; and the corpus must reach
  // acceptance and each of these.
  std::vector<ErrorCode> errors;
  size_t largest_input = 4096;  // bytes; longer ones find little and cost much
};

struct NamedFuzzTarget {
  std::string_view name;  // of fuzz/targets/NAME.cc and fuzz/corpus/NAME/
  FuzzTarget (*make)();
};
// All of them, generated from fuzz/CMakeLists.txt.
std::span<const NamedFuzzTarget> FuzzTargets();

// Runs one input. Aborts, saying why, where the outcome is none that the target lists.
Status RunFuzzInput(const FuzzTarget& target, std::span<const std::byte> input);

inline std::string_view TextOf(std::span<const std::byte> input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}
// Inputs of several parts have them on lines, so that people can read and write corpora: the text up to the
// first newline, and what follows it.
std::pair<std::string_view, std::string_view> FirstLine(std::string_view text);
// Whether `part` lies inside `whole`; an empty one may lie anywhere.
bool Within(std::string_view part, std::span<const std::byte> whole);

}  // namespace sinter
