#include "platform/data/classes.h"

#include <set>

#include <fmt/format.h>

#include "base/file.h"
#include "base/utf8.h"

namespace sinter {
namespace {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    std::string_view part = text.substr(begin, end - begin);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\r')) part.remove_suffix(1);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    parts.emplace_back(part);
    begin = end + 1;
  }
  if (separator == '\n' && !parts.empty() && parts.back().empty()) parts.pop_back();  // the last line's end
  return parts;
}

}  // namespace

Result<std::vector<std::string>> ReadClasses(std::string_view option) {
  // Source: the data set's own README, "Labels" (Xiao, Rasul, Vollgraf 2017).
  if (option == "fashion-mnist") {
    return std::vector<std::string>{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  }
  if (option == "digits") return std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  std::vector<std::string> names;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(Path(option), ignored)) {
    TRY(const std::string text, ReadFile(Path(option), 8 << 20));
    names = Split(text, '\n');
  } else if (option.find(',') != option.npos) {
    names = Split(option, ',');
  } else {
    return NotFound(fmt::format("'{}' is neither a list of classes nor a file", option),
                    "give fashion-mnist, digits, a file with one name a line, or names with commas between");
  }
  if (names.size() > 65'536) return InvalidArgument("more than 65,536 classes");
  std::set<std::string_view> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (name.empty() || name.size() > 256 || !IsUtf8(name)) {
      return InvalidArgument(fmt::format("class {} has no name of 1 to 256 bytes of UTF-8", i));
    }
    if (!seen.insert(name).second) return InvalidArgument(fmt::format("the class '{}' stands twice", name));
  }
  return names;
}

DType ClassDType(size_t classes) { return classes > 256 ? DType::kU16 : DType::kU8; }

}  // namespace sinter
