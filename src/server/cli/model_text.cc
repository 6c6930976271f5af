#include "server/cli/model_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/output.h"

namespace sinter {
namespace {

constexpr size_t kMostInFull = 20;

std::string ClassName(size_t index, const std::vector<std::string>& classes) {
  return index < classes.size() ? fmt::format("{} {}", index, classes[index]) : std::to_string(index);
}

bool Square(const Json& matrix) {
  return matrix.is_array() && !matrix.empty() && std::ranges::all_of(matrix, [&](const Json& row) {
           return row.is_array() && row.size() == matrix.size() &&
                  std::ranges::all_of(row, [](const Json& count) { return count.is_number_integer(); });
         });
}

std::string Mistakes(const Json& matrix, const std::vector<std::string>& classes) {
  struct Mistake {
    int64_t count;
    size_t truth, said;
  };
  std::vector<Mistake> mistakes;
  for (size_t t = 0; t < matrix.size(); ++t) {
    for (size_t s = 0; s < matrix.size(); ++s) {
      if (const auto count = matrix[t][s].get<int64_t>(); t != s && count > 0)
        mistakes.push_back({count, t, s});
    }
  }
  std::ranges::stable_sort(mistakes, std::greater(), &Mistake::count);
  if (mistakes.size() > 10) mistakes.resize(10);
  std::vector<std::vector<std::string>> rows{{"COUNT", "IT WAS", "THE MODEL SAID"}};
  for (const Mistake& m : mistakes)
    rows.push_back({std::to_string(m.count), ClassName(m.truth, classes), ClassName(m.said, classes)});
  return Table(rows);
}

// accuracy with accuracy_low and accuracy_high as its interval.
std::string FiguresText(const Json& figures) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : figures.items()) {
    if (name.ends_with("_low") || name.ends_with("_high")) continue;
    std::string interval;
    if (figures.contains(name + "_low") && figures.contains(name + "_high"))
      interval = fmt::format("{} to {}", TextOf(figures, name + "_low"), TextOf(figures, name + "_high"));
    rows.push_back({"  " + name, TextOf(figures, name), interval});
  }
  return Table(rows);
}

std::string CardLine(const Json& card) {
  if (!card.is_object()) return "";
  if (card.contains("problem")) return fmt::format("card      cannot be read: {}\n", TextOf(card, "problem"));
  std::string text;
  if (!TextOf(card, "task").empty()) text += fmt::format("task      {}\n", TextOf(card, "task"));
  if (!TextOf(card, "license").empty()) text += fmt::format("license   {}\n", TextOf(card, "license"));
  std::string tags;
  for (const Json& tag : card.value("tags", Json::array()))
    tags += (tags.empty() ? "" : ", ") + (tag.is_string() ? tag.get<std::string>() : tag.dump());
  if (!tags.empty()) text += fmt::format("tags      {}\n", tags);
  return text;
}

}  // namespace

std::string ConfusionText(const Json& matrix, const std::vector<std::string>& classes) {
  if (!Square(matrix)) return "";
  if (matrix.size() > kMostInFull) return Mistakes(matrix, classes);
  std::vector<std::string> heading{""};
  for (size_t s = 0; s < matrix.size(); ++s) heading.push_back(std::to_string(s));
  std::vector<std::vector<std::string>> rows{heading};
  for (size_t t = 0; t < matrix.size(); ++t) {
    std::vector<std::string>& row = rows.emplace_back(1, ClassName(t, classes));
    for (const Json& count : matrix[t]) row.push_back(count == 0 ? "." : count.dump());
  }
  return Table(rows);
}

std::string ModelText(const Json& version, const std::vector<std::string>& classes) {
  const Json details = version.value("details", Json::object());
  std::string text =
      fmt::format("{}\n\ncommit    {}\nadded     {} by {}\nsize      {}\n", TextOf(version, "ref"),
                  TextOf(version, "commit"), Ago(version.value("created_ms", int64_t{0})),
                  TextOf(version, "created_by"), Bytes(version.value("bytes", uint64_t{0})));
  for (const auto& [field, label] : {std::pair{"run", "run"}, {"dataset", "data"}, {"from", "from"}}) {
    if (const std::string value = TextOf(details, field); !value.empty())
      text += fmt::format("{:<9} {}\n", label, value);
  }
  text += CardLine(version.value("card", Json()));
  if (const Json figures = details.value("figures", Json()); figures.is_object() && !figures.empty())
    text += "\nfigures\n" + FiguresText(figures);
  if (const std::string confusion = ConfusionText(details.value("confusion", Json()), classes);
      !confusion.empty())
    text += "\nconfusion (rows: what it was, columns: what the model said)\n" + confusion;
  std::vector<std::vector<std::string>> files;
  for (const Json& file : version.value("manifest", Json::object()).value("files", Json::array()))
    files.push_back({"  " + TextOf(file, "path"), Bytes(file.value("size", uint64_t{0})),
                     TextOf(file, "sha256").substr(0, 12)});
  return text + "\nfiles\n" + Table(files);
}

}  // namespace sinter
