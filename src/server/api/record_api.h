// Single records of data sets, followed and given up, under /sinter/v1:
//   POST /datasets/REF/trace     {"where":CONDITION} or {"row":N,"split"?}: what holds these records
//   POST /datasets/NAME/forget   the same, and "reason"?: a version without them
// What is asked stands in the body: a condition may name a person, and addresses are logged.
#pragma once

#include "base/cancel.h"
#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// The records that the condition chooses in this version (platform/data/record_trace.h says what a record
// is), the versions of all data sets that hold them, and what came of those. Nothing chosen is no error.
//   {"version":{...},"records","rows","told_by":[COLUMN],
//    "versions":[{"ref","id","rows","possible","compared":[COLUMN],"examples":[{"split","row"}],"advice"}],
//    "held":[{"kind","ref","through":{"kind","ref"},"certain","state","advice"}],
//    "unread":[{"ref","why"}],     versions of which it is not known
//    "not_searched":[TEXT]}
// kinds: run, model, service, rollout, labelling, sweep. Every version is read once: seconds a million rows.
Result<Json> TraceRecords(Platform& platform, std::string_view ref, const Json& body,
                          const CancelToken& cancel = {});

// Makes the next version of the data set without the records, by a recorded step "forget" that holds digests
// of them, and answers as TraceRecords does for the version before, with "made": the version, and "steps":
// the step as a file for `clean`, so that it can be repeated. The condition is kept nowhere. kNotFound: no
// record fits; kConflict: somebody made another version meanwhile.
Result<Json> ForgetRecords(Platform& platform, std::string_view name, const Json& body, std::string_view who,
                           const CancelToken& cancel = {});

}  // namespace sinter
