#include "media/tables/lines.h"

#include <cstring>

#include <fmt/format.h>

#include "media/tables/gunzip.h"

namespace sinter {

Result<LineReader> LineReader::Open(std::unique_ptr<ByteSource> source) {
  LineReader reader;
  TRY(reader.source_, MaybeGunzip(std::move(source)));
  reader.block_.resize(size_t{256} << 10);
  return reader;
}

Result<bool> LineReader::Next(std::string_view& line) {
  text_.clear();
  bool any = false;
  for (;;) {
    if (at_ == size_) {
      TRY(size_, source_->Read(block_));
      at_ = 0;
      if (size_ == 0) break;
    }
    any = true;
    const char* begin = reinterpret_cast<const char*>(block_.data()) + at_;
    const void* end = std::memchr(begin, '\n', size_ - at_);
    const size_t n =
        end == nullptr ? size_ - at_ : static_cast<size_t>(static_cast<const char*>(end) - begin);
    text_.append(begin, n);
    at_ += n;
    if (text_.size() > kRowBytes) {
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("line {}: more than {} bytes", line_ + 1, kRowBytes), ""};
    }
    if (end == nullptr) continue;
    ++at_;
    break;
  }
  if (!any) return false;
  if (text_.ends_with('\r')) text_.pop_back();
  line = text_;
  if (line_ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  ++line_;
  return true;
}

}  // namespace sinter
