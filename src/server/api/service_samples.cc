#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "platform/data/dataset_version.h"
#include "server/api/oip/oip.h"
#include "server/api/service_api.h"

namespace sinter {
namespace {

constexpr int64_t kMostNumbers = 1 << 20;  // of one answer

// What the model's version, or the run that made it, says it was trained on.
Result<std::string> DatasetOf(Platform& platform, std::string_view service) {
  TRY(const ServiceInfo info, platform.services().Show(service));
  TRY(const RepositoryVersion version,
      platform.repositories(RepositoryKind::kModel).Find(info.current.model));
  const Json details = Json::parse(version.details, nullptr, false);
  if (details.is_object()) {
    if (const auto at = details.find("dataset"); at != details.end() && at->is_string())
      return at->get<std::string>();
    if (const auto at = details.find("run"); at != details.end() && at->is_string()) {
      TRY(const RunInfo run, platform.runs().Get(at->get<std::string>()));
      return run.dataset;
    }
  }
  return NotFound(fmt::format("model {} does not say which data set it was trained on", info.current.model),
                  "name one: samples?dataset=NAME");
}

Json RowJson(std::span<const std::byte> bytes, DType dtype) {
  Json numbers = Json::array();
  DispatchDType(dtype, [&]<class T>() {
    for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
      T value;
      std::memcpy(static_cast<void*>(&value), bytes.data() + at, sizeof(T));
      if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
        numbers.push_back(static_cast<float>(value));
      else
        numbers.push_back(value);
    }
  });
  return numbers;
}

}  // namespace

Result<Json> SampleService(Platform& platform, std::string_view name, const SampleQuery& query) {
  std::string ref = query.dataset;
  if (ref.empty()) {
    TRY(ref, DatasetOf(platform, name));
  }
  TRY(const RepositoryVersion found, platform.repositories(RepositoryKind::kDataset).Find(ref));
  TRY(const auto version, DatasetVersion::Open(platform.store(), found.id));
  size_t split = 0;
  if (const auto test = version->SplitIndex(query.split.empty() ? "test" : query.split))
    split = *test;
  else if (!query.split.empty())
    return test.error();
  TRY(const size_t feature, version->FeatureColumn());
  const DatasetColumn& column = version->info().columns[feature];
  const auto label = version->LabelColumn();
  const int64_t rows = version->Rows(split);
  const int64_t numbers =
      std::max<int64_t>(1, static_cast<int64_t>(column.RowBytes() / DTypeSize(column.dtype)));
  const int64_t count = std::min({query.count, rows, std::max<int64_t>(1, kMostNumbers / numbers)});
  Json items = Json::array();
  for (int64_t i = 0; i < count; ++i) {
    const auto row = static_cast<int64_t>(RandomBelow(static_cast<uint64_t>(query.seed), 0,
                                                      static_cast<uint64_t>(i), static_cast<uint64_t>(rows)));
    Json item = {{"row", row}, {"data", RowJson(version->Row(split, feature, row), column.dtype)}};
    if (label) item["label"] = version->Class(split, *label, row);
    items.push_back(std::move(item));
  }
  return Json{{"dataset", found.Ref()},
              {"split", version->info().splits[split].name},
              {"shape", column.shape},
              {"datatype", OipDatatype(column.dtype)},
              {"classes", label ? version->info().columns[*label].classes : std::vector<std::string>()},
              {"items", std::move(items)}};
}

}  // namespace sinter
