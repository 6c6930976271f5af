// Result<T>: how a function that can fail says so. No exceptions cross a folder.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sinter {

// What kind of failure it is, for callers that act on it (HTTP status, exit code, retry).
enum class ErrorCode {
  kInvalidArgument,    // the caller's input is wrong, whatever the state
  kNotFound,           // the named thing does not exist
  kAlreadyExists,      // the name is taken
  kConflict,           // a compare-and-swap lost, or the state forbids it
  kCorrupt,            // bytes do not verify: truncated, flipped, lying lengths
  kUnsupported,        // understood, and not offered
  kResourceExhausted,  // full disk, full queue, bound reached
  kUnauthenticated,    // no token, or one that nobody knows
  kPermissionDenied,   // known, and without the scope
  kUnavailable,        // try again: not ready, peer gone, port in use
  kDeadlineExceeded,   // took longer than allowed
  kCancelled,          // somebody asked to stop
  kInternal,           // our own fault
};

std::string_view ErrorCodeName(ErrorCode code);  // "invalid_argument", ...

// An error says what failed, on what, and (in `hint`) what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // what failed, on what: "model.onnx: node 'conv1': weight has rank 3, Conv needs 4"
  std::string hint;     // what to do; may be empty

  // "message (hint)"; what a person reads.
  std::string ToString() const;
  // The same error with `context + ": "` in front of the message.
  Error In(std::string_view context) &&;
};

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpect, std::move(error)) {}  // NOLINT: implicit
};

template <>
class [[nodiscard]] Result<void> : public std::expected<void, Error> {
 public:
  using std::expected<void, Error>::expected;
  Result(Error error) : std::expected<void, Error>(std::unexpect, std::move(error)) {}  // NOLINT: implicit
};

using Status = Result<void>;

inline Error InvalidArgument(std::string message, std::string hint = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), std::move(hint)};
}
inline Error NotFound(std::string message, std::string hint = {}) {
  return {ErrorCode::kNotFound, std::move(message), std::move(hint)};
}
inline Error Corrupt(std::string message, std::string hint = {}) {
  return {ErrorCode::kCorrupt, std::move(message), std::move(hint)};
}
inline Error Unsupported(std::string message, std::string hint = {}) {
  return {ErrorCode::kUnsupported, std::move(message), std::move(hint)};
}
inline Error Internal(std::string message, std::string hint = {}) {
  return {ErrorCode::kInternal, std::move(message), std::move(hint)};
}

// Our own invariant is broken: prints where and aborts. Never on input.
[[noreturn]] void BrokenInvariant(const char* condition, const char* file, int line);

}  // namespace sinter

#define SINTER_CONCAT_INNER(a, b) a##b
#define SINTER_CONCAT(a, b) SINTER_CONCAT_INNER(a, b)

// TRY(auto x, Compute()): x is the value, or this function returns the error.
#define TRY(declaration, expression) TRY_IMPL(SINTER_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_IMPL(temporary, declaration, expression)   \
  auto temporary = (expression);                       \
  if (!temporary) return std::move(temporary).error(); \
  declaration = *std::move(temporary)

// TRY_STATUS(Do()): goes on, or this function returns the error.
#define TRY_STATUS(expression) TRY_STATUS_IMPL(SINTER_CONCAT(try_status_, __LINE__), expression)
#define TRY_STATUS_IMPL(temporary, expression)                                          \
  do {                                                                                  \
    if (auto temporary = (expression); !temporary) return std::move(temporary).error(); \
  } while (false)

#define SINTER_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::sinter::BrokenInvariant(#condition, __FILE__, __LINE__))
