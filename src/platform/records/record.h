// A resource as it is kept: what is wanted, what is, and who changed it when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sinter {

// `spec` and `status` are texts of JSON objects: each room reads its own kind with its own structs, and this
// one knows none of them. A kind is data, not code: a new one needs no migration.
struct Record {
  std::string kind;  // "dataset", "model_version", "run": a-z, digits and '_', at most 64
  std::string name;  // printable UTF-8 of 1 to 512 bytes; '/' and '@' are allowed
  std::string spec = "{}";
  std::string status = "{}";
  // The sequence number of the change that made it so: grows with every change in the whole store, so that a
  // record that was deleted and made again never has an old one's revision.
  int64_t revision = 0;
  int64_t created_ms = 0;  // Unix time
  int64_t updated_ms = 0;
  std::string created_by;
  std::string updated_by;
};

enum class ChangeKind { kCreate, kUpdate, kDelete };
std::string_view ChangeKindName(ChangeKind kind);  // "create", "update", "delete"

// One line of the history: what the record was after the change (before it, where it was deleted).
struct Change {
  ChangeKind change = ChangeKind::kCreate;
  int64_t sequence = 0;  // strictly increasing in the order of commits
  int64_t at_ms = 0;
  std::string by;
  Record record;
};

inline constexpr size_t kRecordTextLimit = size_t{4} << 20;  // of spec, and of status

Status CheckRecordKind(std::string_view kind);
Status CheckRecordName(std::string_view name);
// A JSON object within the bound; its canonical text (sorted keys, no spaces).
Result<std::string> CanonicalObject(std::string_view what, std::string_view text);

}  // namespace sinter
