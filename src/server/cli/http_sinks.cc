#include "server/cli/http_sinks.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "training/trainer/checkpoint_format.h"

namespace sinter {
namespace {

constexpr std::string_view kCheckpointFile = "checkpoint.json";
constexpr size_t kMostKept = 3000;  // points

}  // namespace

Status HttpRun::Metrics(std::span<const TrainMetric> points) {
  const int64_t now = Clock::Real().UnixMillis();
  for (const TrainMetric& point : points) kept_.push_back({point, now});
  if (kept_.size() < kMostKept && std::chrono::steady_clock::now() - sent_ < std::chrono::seconds(1))
    return {};
  return Flush();
}

Status HttpRun::Flush() {
  sent_ = std::chrono::steady_clock::now();
  if (kept_.empty()) return {};
  Json points = Json::array();
  for (const auto& [point, wall_ms] : kept_) {
    Json value = point.value;
    if (std::isnan(point.value)) value = "nan";
    if (std::isinf(point.value)) value = point.value > 0 ? "inf" : "-inf";
    points.push_back(
        {{"name", point.name}, {"step", point.step}, {"value", std::move(value)}, {"wall_ms", wall_ms}});
  }
  kept_.clear();
  TRY_STATUS(client_.Post(path_ + "/metrics", {{"points", std::move(points)}}));
  return {};
}

Status HttpRun::Progress(int64_t step, int64_t steps) {
  TRY_STATUS(
      client_.Post(path_ + "/progress", {{"step", step}, {"steps", steps}, {"cpu_seconds", cpu_seconds_}}));
  return {};
}

Status HttpCheckpoints::Put(const std::string& sha256, std::string_view bytes) {
  const std::string path = fmt::format("{}/blobs/{}", path_, sha256);
  TRY(const bool there, client_.Has(path));
  return there ? Status() : client_.PutBytes(path, bytes);
}

Status HttpCheckpoints::Save(const Checkpoint& checkpoint) {
  const CheckpointManifest described = DescribeCheckpoint(checkpoint);
  std::vector<ManifestFile> files;
  size_t i = 0;
  for (const auto& [name, tensor] : checkpoint.states) {
    const std::string& sha256 = described.blobs[i++].first;
    TRY_STATUS(Put(sha256, {reinterpret_cast<const char*>(tensor.raw()), tensor.bytes()}));
    files.push_back({"states/" + name, tensor.bytes(), *ParseSha256(sha256)});
  }
  const Sha256Digest digest = HashText(described.text);
  TRY_STATUS(Put(digest.Hex(), described.text));
  files.push_back({std::string(kCheckpointFile), described.text.size(), digest});
  TRY(const Manifest manifest, Manifest::Make(std::move(files)));
  TRY_STATUS(client_.Post(path_ + "/checkpoints",
                          {{"step", checkpoint.step}, {"manifest", Json::parse(ManifestText(manifest))}}));
  return {};
}

Result<std::optional<Checkpoint>> HttpCheckpoints::Latest() {
  if (resume_from_.empty()) return std::optional<Checkpoint>();
  auto blob = [&](const std::string& sha256) {
    return client_.GetBytes(fmt::format("{}/blobs/{}", path_, sha256));
  };
  TRY(const std::string text, blob(resume_from_));
  TRY(const Manifest manifest, ParseManifest(text));
  const ManifestFile* file = manifest.Find(kCheckpointFile);
  if (file == nullptr)
    return Corrupt(fmt::format("checkpoint {} holds no {}", resume_from_, kCheckpointFile));
  TRY(const std::string described, blob(file->sha256.Hex()));
  TRY(Checkpoint checkpoint, ReadCheckpoint(described, blob));
  return std::optional<Checkpoint>(std::move(checkpoint));
}

}  // namespace sinter
