#include "base/log.h"

#include <fmt/chrono.h>
#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/utf8.h"

namespace sinter {

struct Log::Impl {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Result<std::unique_ptr<Log>> Log::Open(const LogOptions& options) {
  auto impl = std::make_unique<Impl>();
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          options.file.string(), static_cast<size_t>(options.largest_file), options.files);
    }
    sink->set_pattern("%v");
    impl->pool = std::make_shared<spdlog::details::thread_pool>(options.queue, 1);
    impl->logger = std::make_shared<spdlog::async_logger>("", sink, impl->pool,
                                                          spdlog::async_overflow_policy::overrun_oldest);
    // A full disk must not be told on stderr line by line; what is lost is in the file that is not there.
    impl->logger->set_error_handler([](const std::string&) {});
    impl->logger->flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& e) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("cannot open the log {}: {}", options.file.string(), e.what()), ""};
  }
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

void Log::Write(std::string_view line) {
  impl_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

uint64_t Log::dropped() const { return impl_->pool->overrun_counter(); }

void LogLine::Name(std::string_view field) {
  if (text_.size() > 1) text_.push_back(',');
  fmt::format_to(fmt::appender(text_), "\"{}\":", field);
}

LogLine& LogLine::Text(std::string_view field, std::string_view value) {
  Name(field);
  text_.push_back('"');
  for (size_t i = 0; i < value.size();) {
    const size_t length = Utf8LengthAt(value, i);
    const char c = value[i];
    if (length == 0) {
      text_.append(std::string_view("\xef\xbf\xbd"));
      ++i;
      continue;
    }
    if (c == '"' || c == '\\') {
      text_.push_back('\\');
      text_.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(fmt::appender(text_), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      text_.append(value.substr(i, length));
    }
    i += length;
  }
  text_.push_back('"');
  return *this;
}

LogLine& LogLine::Number(std::string_view field, int64_t value) {
  Name(field);
  fmt::format_to(fmt::appender(text_), "{}", value);
  return *this;
}

LogLine& LogLine::Time(std::string_view field, int64_t unix_ms) {
  Name(field);
  const auto at = static_cast<std::time_t>(unix_ms / 1000);
  fmt::format_to(fmt::appender(text_), "\"{:%Y-%m-%dT%H:%M:%S}.{:03d}Z\"", fmt::gmtime(at), unix_ms % 1000);
  return *this;
}

std::string_view LogLine::Finish() {
  text_.push_back('}');
  return {text_.data(), text_.size()};
}

}  // namespace sinter
