// Names that people and programs choose: the first line says of what, the rest is the name. What passes is
// safe where it is used: in a path, a record, a header.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/hash.h"
#include "fuzz/targets.h"
#include "platform/hub/repositories.h"
#include "platform/hub/repository_records.h"
#include "platform/hub/tokens.h"
#include "platform/runs/best_run.h"
#include "platform/serving/service_record.h"

namespace sinter {
namespace {

bool Printable(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Status Run(std::span<const std::byte> input) {
  const auto [kind, name] = FirstLine(TextOf(input));
  if (kind == "path") {
    TRY(const std::string path, NormalisePath(name));
    const auto again = NormalisePath(path);
    SINTER_CHECK(again.has_value() && *again == path && Printable(path));
    SINTER_CHECK((Path("/folder") / path).lexically_normal().string() == "/folder/" + path);
  } else if (kind == "sha256") {
    const auto digest = ParseSha256(name);
    if (!digest) return InvalidArgument("no sha256");
    SINTER_CHECK(digest->Hex() == name);
  } else if (kind == "repository") {
    TRY_STATUS(CheckRepositoryName(name));
    SINTER_CHECK(NormalisePath(name).has_value() && !name.ends_with(".git"));
  } else if (kind == "service") {
    TRY_STATUS(CheckServiceName(name));
    SINTER_CHECK(Printable(name) && name.find('/') == std::string_view::npos);
  } else if (kind == "kind") {
    TRY_STATUS(CheckRecordKind(name));
    SINTER_CHECK(Printable(name) && name.size() <= 64);
  } else if (kind == "record") {
    TRY_STATUS(CheckRecordName(name));
    SINTER_CHECK(Printable(name) && name.size() <= 512);
  } else if (kind == "version") {
    TRY(const VersionRef ref, ReadVersionName(name));
    const auto again = ReadVersionName(VersionName(ref.repository, ref.number));
    SINTER_CHECK(again.has_value() && again->repository == ref.repository && again->number == ref.number);
  } else if (kind == "scope") {
    TRY(const TokenScope scope, TokenScope::Parse(name));
    SINTER_CHECK(scope.ToString() == name);
  } else if (kind == "bound") {
    TRY(const RunBound bound, ParseRunBound(name));
    SINTER_CHECK(Printable(bound.figure) && !bound.figure.empty() && std::isfinite(bound.value));
    SINTER_CHECK(CheckBestRule({.figure = "a", .bounds = {bound}}).has_value());
  } else {
    return InvalidArgument("the first line names no kind");
  }
  return {};
}

}  // namespace

FuzzTarget NamesTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 2048}; }

}  // namespace sinter
