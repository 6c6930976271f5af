// The home as a whole over the own API, /sinter/v1/hub (admin alone). Each of the first three begins a task
// and gives its name at once:
//   POST   /hub/gc       {"grace_s"?,"dry_run"?}                  -> {"task"}
//   POST   /hub/fsck     {"quick"?,"bytes_per_second"?}           -> {"task"}
//   POST   /hub/backup   {"folder","keep"?,"verify"?}: a folder of the server's machine -> {"task"}
//   GET    /hub/tasks/TASK?wait=   how far it is, after `wait` seconds (0 to 20) or its end
//   DELETE /hub/tasks/TASK         asks it to stop
//   GET    /hub/quotas             {"home":{"used","allowed"},"owners":{OWNER:{...}},"floor"}; allowed: null,
//                                  no limit; owner "": names without one
//   POST   /hub/quotas             {"owner"? (else the home),"bytes": null or number} or {"floor"}
#pragma once

#include "base/json.h"
#include "platform/hub/garbage.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

std::vector<Route> HubRoutes(Platform& platform);

// Result: {"live","young","removed","partial": {"count","bytes"},"dry_run","unknown_kinds"}
Result<std::string> StartCollection(Platform& platform, const GarbageOptions& options);
// Result: {"records","blobs","bytes","problems":[{"what","name","message","concerns"}],"unknown_kinds"}
Result<std::string> StartFsck(Platform& platform, const Json& body);
Result<Json> ShowQuotas(Platform& platform);
Result<Json> SetQuota(Platform& platform, const Json& body, std::string_view who);
// Result: {"snapshot","folder","all","copied","removed","damaged":[SHA256]}
Result<std::string> StartBackup(Platform& platform, const Json& body);

}  // namespace sinter
