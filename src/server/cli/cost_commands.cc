#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "server/cli/context.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

struct Words {
  std::string by = "owner", since, currency;
  double core_hour = -1, gpu_hour = 0;
};
Words words;

// "12h", "7d", "30d": so long ago, as Unix milliseconds; empty: from the beginning.
Result<int64_t> SinceMs(const std::string& text) {
  if (text.empty()) return 0;
  int64_t count = 0;
  size_t end = 0;
  for (; end < text.size() && text[end] >= '0' && text[end] <= '9' && count < 1'000'000; ++end)
    count = count * 10 + (text[end] - '0');
  const std::string_view unit = std::string_view(text).substr(end);
  const int64_t hours = unit == "h" ? 1 : unit == "d" ? 24 : 0;
  if (end == 0 || hours == 0) return InvalidArgument(fmt::format("--since {}: 12h, 7d", text));
  return std::max<int64_t>(0, Clock::Real().UnixMillis() - count * hours * 3'600'000);
}

Status Cost(CliContext& context) {
  TRY(const int64_t since, SinceMs(words.since));
  TRY(ApiClient * client, context.Client());
  if (words.core_hour >= 0) {
    TRY_STATUS(client->Put(
        "/cost/price",
        {{"core_hour", words.core_hour}, {"gpu_hour", words.gpu_hour}, {"currency", words.currency}}));
  }
  TRY(const Json cost, client->Get(fmt::format("/cost?by={}&since={}", words.by, since)));
  if (context.json) {
    fmt::print("{}\n", cost.dump());
    return {};
  }
  const Json& price = cost["price"];
  const std::string currency = price.is_object() ? price.value("currency", "") : "";
  std::string by = words.by;
  for (char& c : by) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::vector<std::vector<std::string>> rows{{by, "CORE-HOURS", "GPU-HOURS", "RUNS"}};
  if (!currency.empty()) rows[0].push_back(currency);
  for (const Json& item : cost["items"]) {
    rows.push_back({TextOf(item, "name"), fmt::format("{:.4f}", item.value("core_hours", 0.0)),
                    fmt::format("{:.4f}", item.value("gpu_hours", 0.0)), TextOf(item, "runs")});
    if (!currency.empty()) rows.back().push_back(fmt::format("{:.4f}", item.value("cost", 0.0)));
  }
  fmt::print("{}", Table(rows));
  return {};
}

}  // namespace

void AddCostCommand(CLI::App& app, CliContext& context) {
  CLI::App* cost = app.add_subcommand("cost", "Core-hours that trainings, jobs and services took");
  cost->add_option("--by", words.by, "run, owner or service")
      ->check(CLI::IsMember({"run", "owner", "service"}));
  cost->add_option("--since", words.since, "12h, 7d; from the beginning when absent");
  CLI::Option* price = cost->add_option("--core-hour-price", words.core_hour, "Sets what a core-hour costs")
                           ->check(CLI::NonNegativeNumber);
  cost->add_option("--gpu-hour-price", words.gpu_hour, "And a GPU-hour")
      ->check(CLI::NonNegativeNumber)
      ->needs(price);
  price->needs(cost->add_option("--currency", words.currency, "Of the prices: EUR, CNY")->needs(price));
  AddPlatformOptions(*cost, context);
  cost->callback([&context] { context.action = [&context] { return Cost(context); }; });
}

}  // namespace sinter
