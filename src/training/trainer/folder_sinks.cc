#include "training/trainer/folder_sinks.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "training/trainer/checkpoint_format.h"

namespace sinter {

Status FolderCheckpoints::Save(const Checkpoint& checkpoint) {
  const CheckpointManifest manifest = DescribeCheckpoint(checkpoint);
  TRY_STATUS(MakeFolders(folder_ / "blobs"));
  TRY_STATUS(MakeFolders(folder_ / "checkpoints"));
  for (const auto& [sha256, tensor] : manifest.blobs) {
    const Path path = folder_ / "blobs" / sha256;
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) continue;
    TRY_STATUS(WriteFileAtomically(
        path, std::string_view(reinterpret_cast<const char*>(tensor->raw()), tensor->bytes())));
  }
  // The manifest last: what it names is there.
  TRY_STATUS(WriteFileAtomically(folder_ / "checkpoints" / fmt::format("{:012}.json", checkpoint.step),
                                 manifest.text));
  RemoveOld();
  return {};
}

std::vector<int64_t> FolderCheckpoints::Steps() const {
  std::vector<int64_t> steps;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "checkpoints", ignored)) {
    const std::string name = entry.path().filename().string();
    int64_t step = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
    if (error == std::errc() && std::string_view(end) == ".json") steps.push_back(step);
  }
  std::ranges::sort(steps);
  return steps;
}

Result<std::optional<Checkpoint>> FolderCheckpoints::Latest() {
  const std::vector<int64_t> steps = Steps();
  for (size_t i = steps.size(); i-- > 0;) {
    const auto text = ReadFile(folder_ / "checkpoints" / fmt::format("{:012}.json", steps[i]));
    if (!text) continue;
    auto checkpoint = ReadCheckpoint(
        *text, [&](const std::string& sha256) { return ReadFile(folder_ / "blobs" / sha256); });
    if (checkpoint) return std::optional<Checkpoint>(*std::move(checkpoint));
  }
  return std::optional<Checkpoint>();
}

void FolderCheckpoints::RemoveOld() {
  const std::vector<int64_t> steps = Steps();
  std::error_code ignored;
  std::set<std::string> needed;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Path path = folder_ / "checkpoints" / fmt::format("{:012}.json", steps[i]);
    if (i + 2 < steps.size()) {
      std::filesystem::remove(path, ignored);
      continue;
    }
    const auto text = ReadFile(path);
    if (!text) return;
    const auto json = ParseJson(*text);
    if (!json) return;
    for (const Json& state : (*json)["states"]) needed.insert(state["sha256"].get<std::string>());
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "blobs", ignored)) {
    if (!needed.contains(entry.path().filename().string())) std::filesystem::remove(entry.path(), ignored);
  }
}

Status FolderRun::Metrics(std::span<const TrainMetric> points) {
  std::ofstream out(path_, std::ios::app);
  for (const TrainMetric& point : points)
    out << Json{{"name", point.name}, {"step", point.step}, {"value", point.value}}.dump() << "\n";
  out.flush();
  if (!out) return SystemError(errno, "cannot append to", path_);
  return {};
}

}  // namespace sinter
