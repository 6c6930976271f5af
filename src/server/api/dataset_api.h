// What data sets alone have, under /sinter/v1:
//   GET /datasets/REF/profile             the profile, and the data set's description
//   GET /datasets/REF/suspects?model=REF  labels that the model confidently disagrees with
//   GET /datasets/REF/samples?split=&per_class=&class=&seed=   a PNG
//   GET /datasets/REF/samples?split=&row=  one row's picture
#pragma once

#include <string>

#include "base/cancel.h"
#include "base/json.h"
#include "platform/data/profile.h"
#include "server/api/platform.h"

namespace sinter {

// The record that names the blob of a version's profile; v3 is the text's format.
inline constexpr std::string_view kProfileKind = "dataset_profile";
std::string ProfileName(const Sha256Digest& version);

// {"version":{...},"dataset":{...},"profile":{...}}. Made once for each version and kept in the store.
Result<Json> ShowProfile(Platform& platform, std::string_view ref, const CancelToken& cancel = {});
// {"version":{...},"model":"...","splits":[...],"examples":[...]}
Result<Json> ShowSuspects(Platform& platform, std::string_view ref, std::string_view model,
                          const CancelToken& cancel = {});
Result<std::string> ShowSamples(Platform& platform, std::string_view ref, std::string_view split,
                                const GridOptions& options);
Result<std::string> ShowRow(Platform& platform, std::string_view ref, std::string_view split, int64_t row);

}  // namespace sinter
