// Records as inputs of targets.
#pragma once

#include <string>
#include <utility>

#include "fuzz/fuzz.h"
#include "platform/records/record.h"

namespace sinter {

// The first line says of what kind, the next two are the record's spec and its status.
inline std::pair<std::string, Record> RecordOf(std::span<const std::byte> input) {
  const auto [kind, rest] = FirstLine(TextOf(input));
  const auto [spec, status] = FirstLine(rest);
  Record record;
  record.name = "name";
  record.spec = spec;
  record.status = status;
  return {std::string(kind), std::move(record)};
}

}  // namespace sinter
