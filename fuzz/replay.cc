#include "fuzz/replay.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

namespace sinter {

ReplayReport ReplayCorpus(const FuzzTarget& target, const Path& corpus, bool say) {
  ReplayReport report;
  std::vector<Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(corpus, error)) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const Path& file : files) {
    const auto bytes = ReadFile(file);
    if (!bytes) {
      report.faults.push_back(bytes.error().ToString());
      continue;
    }
    if (bytes->size() > target.largest_input)
      report.faults.push_back(fmt::format("{}: {} bytes; the target takes {}", file.string(), bytes->size(),
                                          target.largest_input));
    if (say) fmt::print(stderr, "{}: ", file.filename().string());
    // A block of its own, exactly as long: the sanitizers see a read past its end.
    const auto exact = std::make_unique<std::byte[]>(bytes->size());
    std::ranges::copy(std::as_bytes(std::span(*bytes)), exact.get());
    const Status outcome = RunFuzzInput(target, {exact.get(), bytes->size()});
    const std::string name(outcome ? "accepted" : ErrorCodeName(outcome.error().code));
    if (say) fmt::print(stderr, "{}\n", outcome ? name : name + ": " + outcome.error().ToString());
    ++report.outcomes[name];
    ++report.inputs;
  }
  if (report.inputs == 0) report.faults.push_back(fmt::format("{}: no inputs", corpus.string()));
  std::vector<std::string> wanted{"accepted"};
  for (const ErrorCode code : target.errors) wanted.emplace_back(ErrorCodeName(code));
  for (const std::string& name : wanted) {
    if (!report.outcomes.contains(name))
      report.faults.push_back(fmt::format("no input of {} reaches '{}'", corpus.string(), name));
  }
  return report;
}

}  // namespace sinter
