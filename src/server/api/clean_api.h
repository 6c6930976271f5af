// Versions of data sets made out of others, and compared, under /sinter/v1:
//   POST /datasets/NAME/clean             {"from":REF,"steps":"YAML","apply":false}
//   POST /datasets/NAME/append            {"from":REF,"split":"","to":"","message":""}
//   GET  /datasets/REF/compare?with=REF&key=COLUMN
#pragma once

#include "base/cancel.h"
#include "base/json.h"
#include "platform/data/clean_steps.h"
#include "platform/data/frame.h"
#include "server/api/platform.h"

namespace sinter {

// What each step touches, with examples; with "apply" also the next version of NAME, whose details say the
// version and the steps that it came from. {"from":{...},"steps":[report ...],"version":{...} or null}
Result<Json> CleanDataset(Platform& platform, std::string_view name, const Json& body, std::string_view who,
                          const CancelToken& cancel = {});
// A frame of the version `from`, to which the steps were applied, becomes a version of NAME. `next`: what is
// said about it besides (details, a message, where main must stand).
Result<RepositoryVersion> AddCleaned(Platform& platform, std::string_view name, const RepositoryVersion& from,
                                     const Frame& frame, const std::vector<CleanStep>& steps, NewVersion next,
                                     std::string_view who);
// The newest version of NAME with the rows of a split of `from` behind its own (platform/data/append.h).
// `split` empty: the only one, or "train"; `to` empty: "train", or the first. Details say from what it came.
// {"version":{...},"from":REF,"split","to","rows","left_out"}
Result<Json> AppendToDataset(Platform& platform, std::string_view name, const Json& body,
                             std::string_view who, const CancelToken& cancel = {});
// What changed from `ref` to `with`. `key`: a column that tells rows apart; empty: their contents do.
Result<Json> DiffVersions(Platform& platform, std::string_view ref, std::string_view with,
                          std::string_view key, const CancelToken& cancel = {});

}  // namespace sinter
