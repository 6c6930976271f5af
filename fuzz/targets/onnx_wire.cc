// Protocol buffers' wire format: fields lie inside the message, and what is written again reads the same.
#include "engine/formats/onnx/wire.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status CheckLists(const WireField& field) {
  size_t varints = 0, words = 0, longs = 0;
  const size_t most = field.type == WireType::kBytes ? field.bytes.size() : 1;
  const Status a = ForEachVarint(field, [&](uint64_t) { ++varints; });
  const Status b = ForEachFixed32(field, [&](uint32_t) { ++words; });
  const Status c = ForEachFixed64(field, [&](uint64_t) { ++longs; });
  SINTER_CHECK(varints <= most && words <= most && longs <= most);
  if (b && field.type == WireType::kBytes) SINTER_CHECK(words * 4 == most);
  if (c && field.type == WireType::kBytes) SINTER_CHECK(longs * 8 == most);
  (void)a;
  return {};
}

Status Run(std::span<const std::byte> input) {
  WireReader reader(input);
  WireWriter writer;
  size_t fields = 0;
  while (!reader.AtEnd()) {
    const size_t before = reader.offset();
    TRY(const WireField field, reader.Next());
    SINTER_CHECK(reader.offset() > before && reader.offset() <= input.size());
    SINTER_CHECK(Within(field.text(), input));
    TRY_STATUS(CheckLists(field));
    if (field.type == WireType::kBytes)
      writer.Bytes(field.number, field.text());
    else
      writer.Varint(field.number, field.varint);
    ++fields;
  }
  WireReader again(std::as_bytes(std::span(writer.out())));
  WireReader first(input);
  for (; fields > 0; --fields) {
    TRY(const WireField was, first.Next());
    const auto is = again.Next();
    SINTER_CHECK(is.has_value() && is->number == was.number && is->varint == was.varint &&
                 is->text() == was.text());
  }
  SINTER_CHECK(again.AtEnd());
  return {};
}

}  // namespace

FuzzTarget OnnxWireTarget() { return {&Run, {ErrorCode::kCorrupt}, 1024}; }

}  // namespace sinter
