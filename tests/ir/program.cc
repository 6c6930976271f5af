#include "program.h"

#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

#include "base/file.h"
#include "engine/graph/lexer.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

class Reader {
 public:
  Status Line(int number, const std::string& text) {
    std::istringstream words(text);
    std::string verb, rest;
    words >> verb;
    std::getline(words >> std::ws, rest);
    if (verb == "ranks") {
      ranks_ = static_cast<size_t>(std::atoi(rest.c_str()));
      return ranks_ > 0 && ranks_ < 64 ? Status() : Status(InvalidArgument("ranks must be 1 to 63"));
    }
    if (verb == "new") {
      new_session_ = true;
      return {};
    }
    if (verb == "run") {
      if (!rest.starts_with('@')) return InvalidArgument("run @function");
      runs.push_back({rest.substr(1), number, new_session_, {}, std::vector<RankRun>(ranks_)});
      new_session_ = false;
      rank_ = 0;
      return {};
    }
    if (runs.empty()) return InvalidArgument("no run stands before this");
    return OfRun(number, verb, rest);
  }

  std::vector<ProgramRun> runs;

 private:
  Status OfRun(int number, const std::string& verb, std::string rest) {
    if (verb == "refuse") {
      TRY(runs.back().refusal, UnquoteString(rest));
      return {};
    }
    if (verb == "rank") {
      rank_ = static_cast<size_t>(std::atoi(rest.c_str()));
      return rank_ < ranks_ ? Status() : Status(InvalidArgument("no such rank"));
    }
    RankRun& run = runs.back().ranks[rank_];
    if (verb == "with") {
      TRY(Tensor input, ParseTensor(rest));
      run.inputs.emplace_back(std::move(input));
      return {};
    }
    if (verb == "expect") {
      TRY(run.results.emplace_back(), ReadExpectation(number, rest));
      return {};
    }
    if (verb == "state" && rest.starts_with('@')) {
      const size_t space = rest.find(' ');
      if (space == std::string::npos) return InvalidArgument("state @name TENSOR");
      TRY(run.states[rest.substr(1, space - 1)], ReadExpectation(number, rest.substr(space)));
      return {};
    }
    return InvalidArgument(fmt::format("unknown '{}'", verb));
  }

  static Result<Expectation> ReadExpectation(int number, std::string text) {
    Expectation expectation;
    expectation.line = number;
    if (const size_t tilde = text.rfind('~'); tilde != std::string::npos) {
      expectation.tolerance = std::strtod(text.c_str() + tilde + 1, nullptr);
      if (expectation.tolerance <= 0) return InvalidArgument("a tolerance above zero");
      text.resize(tilde);
    }
    TRY(expectation.value, ParseTensor(text));
    return expectation;
  }

  size_t ranks_ = 1;
  size_t rank_ = 0;
  bool new_session_ = false;
};

}  // namespace

Result<Program> ReadProgram(const std::string& path) {
  TRY(const std::string text, ReadFile(path));
  Program program;
  TRY(program.module, ParseModule(text));
  Reader reader;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.starts_with("//! ")) continue;
    if (auto status = reader.Line(number, line.substr(4)); !status)
      return std::move(status).error().In(fmt::format("{}:{}", path, number));
  }
  program.runs = std::move(reader.runs);
  return program;
}

}  // namespace sinter
