// Names in git: the first line says of what, the rest is the name. What passes is safe as a path and as a
// record.
#include "platform/hub/git_names.h"
#include "base/file.h"
#include "fuzz/targets.h"
#include "platform/hub/git_id.h"
#include "platform/records/record.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto [kind, name] = FirstLine(TextOf(input));
  if (kind == "id") {
    const auto id = ParseGitId(name);
    if (!id) return InvalidArgument("no SHA-1");
    SINTER_CHECK(id->Hex() == name);
  } else if (kind == "path") {
    TRY_STATUS(CheckGitPath(name));
    SINTER_CHECK(NormalisePath(name).has_value() && !name.starts_with(".git/"));
  } else if (kind == "ref") {
    TRY_STATUS(CheckRefName(name));
    // With a root in front it is a safe path, and a name of a record.
    SINTER_CHECK(NormalisePath("refs/heads/" + std::string(name)).has_value());
    SINTER_CHECK(CheckRecordName("name@refs/heads/" + std::string(name)).has_value());
  } else {
    return InvalidArgument("the first line names no kind");
  }
  return {};
}

}  // namespace

FuzzTarget GitNamesTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 2048}; }

}  // namespace sinter
