// What the console shows first.
#pragma once

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// {"items":[...]}: runs in short, newest first, without recipe, attempts and checkpoints: a list of them is
// read again and again.
// {"id","state","step","steps","ranks","attempt","dataset","model","message","created_ms","created_by",
// "started_ms","ended_ms" (of the last attempt; 0: none, not yet),"took_ms" (all attempts together)}
Result<Json> RunsInShort(Platform& platform, size_t limit);

// {"version","now_ms","runs":[the newest 50, in short],"services":[...],"datasets":[...],"models":[...],
//  "disk":{"free","total"},"attention":[{"kind","name","at_ms","message"}]}, attention newest first:
//   run_failed       a run failed in the last seven days and was not tried again
//   service_down     a service does not answer
//   rollout_refused  the last thing that was tried with a service was refused
//   retention_due    a version of a data set is older than it may be kept
//   disk_low         less than a tenth, and less than 10 GB, is free where the home lies
// Data sets and models are at most 1,000 each, by name.
Result<Json> Overview(Platform& platform);

}  // namespace sinter
