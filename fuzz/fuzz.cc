#include "fuzz/fuzz.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

// libvorbis keeps what it read of a stream whose head libsndfile then refuses. Those who decode are processes
// that end soon; the leak checker is told of that one place.
extern "C" const char*
__lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier): its name for it
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:vorbis_info_init\n";
}

namespace sinter {

Status RunFuzzInput(const FuzzTarget& target, std::span<const std::byte> input) {
  Status outcome = target.run(input);
  if (outcome || std::ranges::find(target.errors, outcome.error().code) != target.errors.end())
    return outcome;
  std::fprintf(stderr, "an error that the target does not list: %s: %s\n",
               std::string(ErrorCodeName(outcome.error().code)).c_str(), outcome.error().ToString().c_str());
  std::abort();
}

std::pair<std::string_view, std::string_view> FirstLine(std::string_view text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return {text, {}};
  return {text.substr(0, end), text.substr(end + 1)};
}

bool Within(std::string_view part, std::span<const std::byte> whole) {
  const std::string_view all = TextOf(whole);
  const std::less_equal<const char*> before;
  return part.empty() ||
         (before(all.data(), part.data()) && before(part.data() + part.size(), all.data() + all.size()));
}

}  // namespace sinter
