// Labelling over the own API, /sinter/v1:
//   GET  /labellings?after=&limit=           {"items":[{"name","dataset","task","items","done",...}],"next"}
//   POST /labellings                         {"name", ...spec}: platform/labels/labelling.h has the spec
//   GET  /labellings/NAME                    {"name","spec","state","revision","status":{...}}
//   POST /labellings/NAME/next               {"count":10,"labeller"?} -> {"items":[ITEM ...],"left"}
//   GET  /labellings/NAME/items/N/content    a PNG, or a WAV
//   PUT  /labellings/NAME/items/N/answer     {"value" or "skip":true,"seconds","comment","labeller"?}
//   PUT  /labellings/NAME/items/N/decision   {"value" or "skip":true,"reason"}
//   POST /labellings/NAME/undo               {"labeller"?} -> {"item":ITEM}
//   GET  /labellings/NAME/review             ?after=&limit=: {"items":[ITEM with "answers","decision"],
//                                            "next"}: from item `after` on
//   POST /labellings/NAME/close, /reopen
//   POST /labellings/NAME/commit             {"message"?,"as"?,"only_labelled"?} ->
//                                            {"dataset","version","name",...}
//   POST /services/NAME/cases/label          {"name","dataset"?, ...spec}: the kept requests as a data set
//                                            and a labelling of it
// Who labels is the token's name; another may be named with a token of scope admin.
#pragma once

#include "platform/labels/labellings.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Result<Json> CreateLabelling(Platform& platform, const Json& body, std::string_view who);
Result<Json> NextItems(Platform& platform, std::string_view name, const Json& body, const Principal& who);
Result<Json> AnswerItem(Platform& platform, std::string_view name, int64_t item, Json body,
                        const Principal& who);
Result<Json> UndoAnswer(Platform& platform, std::string_view name, const Json& body, const Principal& who);
Result<Json> ReviewItems(Platform& platform, std::string_view name, int64_t from, int64_t limit);
Result<Json> DecideItem(Platform& platform, std::string_view name, int64_t item, const Json& body,
                        std::string_view who);
Result<Json> SetLabellingOpen(Platform& platform, std::string_view name, bool open, std::string_view who);
Result<Json> CommitLabels(Platform& platform, std::string_view name, const Json& body, std::string_view who);
// The spec's defaults are those of cases: the model that answers says prelabels, the least certain come
// first.
Result<Json> LabelCases(Platform& platform, std::string_view service, Json body, std::string_view who);

std::vector<Route> LabelRoutes(Platform& platform);

}  // namespace sinter
