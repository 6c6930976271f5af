#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/data/profile.h"

namespace sinter {

std::string ProfileText(const DatasetInfo& info, const DatasetProfile& profile) {
  const DatasetColumn* label = nullptr;
  for (const DatasetColumn& column : info.columns) {
    if (column.kind == ColumnKind::kClass && label == nullptr) label = &column;
  }
  Json splits = Json::array();
  for (const SplitProfile& s : profile.splits) {
    Json columns = Json::array();
    for (size_t c = 0; c < info.columns.size(); ++c) {
      const NumberProfile& n = s.numbers[c];
      columns.push_back({{"name", info.columns[c].name},
                         {"kind", ColumnKindName(info.columns[c].kind)},
                         {"dtype", DTypeName(info.columns[c].dtype)},
                         {"shape", info.columns[c].shape},
                         {"min", n.least},
                         {"max", n.most},
                         {"mean", n.mean},
                         {"std", n.deviation},
                         {"not_finite", n.not_finite}});
    }
    Json classes = Json::array();
    for (size_t i = 0; i < s.class_counts.size(); ++i) {
      classes.push_back({{"name", label->classes[i]}, {"rows", s.class_counts[i]}});
    }
    splits.push_back({{"name", s.name},
                      {"rows", s.rows},
                      {"columns", std::move(columns)},
                      {"classes", std::move(classes)},
                      {"duplicates", s.duplicates},
                      {"in_earlier_splits", s.in_earlier_splits},
                      {"contradictions", s.contradictions}});
  }
  Json examples = Json::array();
  for (const DuplicatePair& d : profile.examples) {
    examples.push_back({{"first", {{"split", d.first_split}, {"row", d.first_row}}},
                        {"again", {{"split", d.split}, {"row", d.row}}}});
  }
  return Json{{"splits", std::move(splits)}, {"duplicate_examples", std::move(examples)}}.dump();
}

}  // namespace sinter
