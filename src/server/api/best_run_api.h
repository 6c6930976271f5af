// The best run by a rule (platform/runs/best_run.h), over the own API:
//   GET  /runs/best?figure=&goal=max|min&where=FIELD=VALUE,...&bounds=FIGURE<=VALUE,...&limit=
//   POST /runs/best  {"figure","goal","where":{FIELD:VALUE},"bounds":["FIGURE<=VALUE"],"publish":NAME}
// Both answer {"rule","ties","items":[{"run","value","model","figures"} ...],"refused":[{"run","why"} ...]},
// the best first, of the 1,000 newest runs; kNotFound, saying why, where none can be chosen. Publishing adds
// "published": a version of model NAME, whose card and lineage hold the rule.
#pragma once

#include <vector>

#include "base/json.h"
#include "platform/runs/best_run.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Result<Json> FindBestRun(Platform& platform, const BestRule& rule, size_t limit);
// With the files of the best run's model, its card with a section about the choice.
Result<Json> PublishBestRun(Platform& platform, const BestRule& rule, std::string_view name,
                            std::string_view who);

std::vector<Route> BestRunRoutes(Platform& platform);

}  // namespace sinter
