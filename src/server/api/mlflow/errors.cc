#include <nlohmann/json.hpp>

#include "server/api/mlflow/endpoints.h"

namespace sinter {

std::string_view MlflowErrorCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "INVALID_PARAMETER_VALUE";
    case ErrorCode::kNotFound:
      return "RESOURCE_DOES_NOT_EXIST";
    case ErrorCode::kAlreadyExists:
      return "RESOURCE_ALREADY_EXISTS";
    case ErrorCode::kConflict:
      return "RESOURCE_CONFLICT";
    case ErrorCode::kUnsupported:
      return "NOT_IMPLEMENTED";
    case ErrorCode::kResourceExhausted:
      return "RESOURCE_LIMIT_EXCEEDED";
    case ErrorCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case ErrorCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return "TEMPORARILY_UNAVAILABLE";
    case ErrorCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return "INTERNAL_ERROR";
  }
  return "INTERNAL_ERROR";
}

int MlflowHttpStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kResourceExhausted:  // 429 would have clients try again for minutes
      return 400;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kPermissionDenied:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kUnsupported:
      return 501;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return 503;
    case ErrorCode::kDeadlineExceeded:
      return 504;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

Json MlflowErrorJson(const Error& error) {
  return {{"error_code", MlflowErrorCode(error.code)}, {"message", error.ToString()}};
}

}  // namespace sinter
