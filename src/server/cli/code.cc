#include "server/cli/code.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/runs/code_of_folder.h"
#include "server/api/routes.h"

namespace sinter {

Json CodeOf(const Path& folder) {
  return CodeVersionJson(CodeOfFolder(folder.empty() ? Path(".") : folder, std::string(kVersion)));
}

std::string CodeText(const Json& code) {
  const auto text = [&](const char* field) {
    return code.is_object() ? code.value(field, "") : std::string();
  };
  const auto first = [&](const char* field) { return text(field).substr(0, 12); };
  std::string words;
  if (!text("commit").empty()) words = first("commit");
  if (!text("files").empty()) words = fmt::format("no repository, files {}", first("files"));
  if (!text("diff").empty())
    words +=
        fmt::format("{}files differ (diff {})", words.empty() ? "nothing committed, " : ", ", first("diff"));
  if (!text("note").empty()) words += fmt::format("{}{}", words.empty() ? "" : ", ", text("note"));
  if (!text("sinter").empty()) words += fmt::format("{}sinter {}", words.empty() ? "" : "; ", text("sinter"));
  return words;
}

}  // namespace sinter
