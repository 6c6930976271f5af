#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/data/dataset_version.h"
#include "platform/data/profile.h"

namespace sinter {

namespace {

Json ClassCounts(const DatasetColumn& column, const std::vector<int64_t>& counts) {
  Json classes = Json::array();
  for (size_t i = 0; i < counts.size(); ++i)
    classes.push_back({{"name", column.classes[i]}, {"rows", counts[i]}});
  return classes;
}

Json Pairs(const std::vector<RowPair>& pairs) {
  Json list = Json::array();
  for (const RowPair& p : pairs) {
    list.push_back({{"first", {{"split", p.first_split}, {"row", p.first_row}}},
                    {"again", {{"split", p.split}, {"row", p.row}}}});
  }
  return list;
}

}  // namespace

std::string ProfileText(const DatasetInfo& info, const DatasetProfile& profile) {
  const auto label_at = FindLabel(info.columns, info.label);
  const DatasetColumn* label = label_at ? &info.columns[*label_at] : nullptr;
  Json splits = Json::array();
  for (const SplitProfile& s : profile.splits) {
    Json columns = Json::array();
    for (size_t c = 0; c < info.columns.size(); ++c) {
      const ColumnProfile& p = s.columns[c];
      Json column = {{"name", info.columns[c].name},
                     {"kind", ColumnKindName(info.columns[c].kind)},
                     {"dtype", DTypeName(info.columns[c].dtype)},
                     {"shape", info.columns[c].shape},
                     {"min", p.numbers.least},
                     {"max", p.numbers.most},
                     {"mean", p.numbers.mean},
                     {"std", p.numbers.deviation},
                     {"not_finite", p.numbers.not_finite},
                     {"missing", p.missing}};
      if (!p.quantiles.empty()) {
        Json quantiles = Json::array();
        for (size_t q = 0; q < p.quantiles.size(); ++q) quantiles.push_back({kQuantiles[q], p.quantiles[q]});
        column["quantiles"] = std::move(quantiles);
      }
      for (size_t k = 0; k < p.personal.size(); ++k) {
        if (p.personal[k] > 0)
          column["personal"][PersonalKindName(static_cast<PersonalKind>(k))] = p.personal[k];
      }
      if (p.distinct >= 0) column["distinct"] = p.distinct;
      if (info.columns[c].kind == ColumnKind::kClass)
        column["classes"] = ClassCounts(info.columns[c], p.classes);
      columns.push_back(std::move(column));
    }
    Json classes = label == nullptr ? Json::array() : ClassCounts(*label, s.class_counts);
    splits.push_back({{"name", s.name},
                      {"rows", s.rows},
                      {"columns", std::move(columns)},
                      {"classes", std::move(classes)},
                      {"duplicates", s.duplicates},
                      {"in_earlier_splits", s.in_earlier_splits},
                      {"contradictions", s.contradictions},
                      {"near_duplicates", s.near_duplicates},
                      {"near_in_earlier_splits", s.near_in_earlier_splits}});
  }
  return Json{{"splits", std::move(splits)},
              {"duplicate_examples", Pairs(profile.examples)},
              {"near_examples", Pairs(profile.near_examples)},
              {"near_method", profile.near_method},
              {"near_rows", profile.near_rows}}
      .dump();
}

}  // namespace sinter
