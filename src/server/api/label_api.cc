#include "server/api/label_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/label_json.h"
#include "server/api/case_dataset.h"

namespace sinter {
namespace {

// The one who asks, or whom an administrator names.
Result<std::string> LabellerOf(JsonReader& reader, const Principal& who) {
  std::string named = reader.String("labeller", who.name);
  if (named == who.name || who.access == Access::kAdmin) return named;
  return Error{ErrorCode::kPermissionDenied, fmt::format("{} cannot label as {}", who.name, named),
               "leave labeller out, or use a token of scope admin"};
}

// Pictures and sounds are fetched from beside the item.
void AddUrl(Json& item, std::string_view name) {
  Json& content = item["content"];
  if (content["kind"] == "picture" || content["kind"] == "sound")
    content["url"] =
        fmt::format("/sinter/v1/labellings/{}/items/{}/content", name, item["item"].get<int64_t>());
}
Json WithUrls(Json answer, std::string_view name) {
  for (Json& item : answer["items"]) AddUrl(item, name);
  return answer;
}

}  // namespace

Result<Json> CreateLabelling(Platform& platform, const Json& body, std::string_view who) {
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string())
    return InvalidArgument("a labelling is a JSON object with a name");
  const std::string name = body["name"];
  Json spec = body;
  spec.erase("name");
  TRY(LabellingSpec read, ReadLabellingSpec(spec));
  TRY_STATUS(platform.labellings().Create(name, std::move(read), who));
  return platform.labellings().Show(name);
}

Result<Json> NextItems(Platform& platform, std::string_view name, const Json& body, const Principal& who) {
  JsonReader reader(body, "next");
  const int64_t count = reader.Int("count", 10);
  TRY(const std::string labeller, LabellerOf(reader, who));
  if (count < 1 || count > 100) reader.Fail("count", "must be 1 to 100");
  TRY_STATUS(reader.Finish());
  TRY(Json items, platform.labellings().Next(name, labeller, static_cast<size_t>(count)));
  return WithUrls(std::move(items), name);
}

Result<Json> AnswerItem(Platform& platform, std::string_view name, int64_t item, Json body,
                        const Principal& who) {
  JsonReader reader(body, "answer");
  TRY(const std::string labeller, LabellerOf(reader, who));
  if (body.is_object()) body.erase("labeller");
  return platform.labellings().Answer(name, item, labeller, body, who.name);
}

Result<Json> UndoAnswer(Platform& platform, std::string_view name, const Json& body, const Principal& who) {
  JsonReader reader(body, "undo");
  TRY(const std::string labeller, LabellerOf(reader, who));
  TRY_STATUS(reader.Finish());
  TRY(Json undone, platform.labellings().Undo(name, labeller, who.name));
  AddUrl(undone["item"], name);
  return undone;
}

Result<Json> ReviewItems(Platform& platform, std::string_view name, int64_t from, int64_t limit) {
  TRY(Json items, platform.labellings().Review(name, from, static_cast<size_t>(limit)));
  return WithUrls(std::move(items), name);
}

Result<Json> DecideItem(Platform& platform, std::string_view name, int64_t item, const Json& body,
                        std::string_view who) {
  TRY(Json decided, platform.labellings().Decide(name, item, body, who));
  AddUrl(decided, name);
  return decided;
}

Result<Json> SetLabellingOpen(Platform& platform, std::string_view name, bool open, std::string_view who) {
  TRY_STATUS(platform.labellings().SetOpen(name, open, who));
  return platform.labellings().Show(name);
}

Result<Json> CommitLabels(Platform& platform, std::string_view name, const Json& body, std::string_view who) {
  JsonReader reader(body, "commit");
  const CommitRequest request{reader.String("message", ""), reader.String("as", ""),
                              reader.Bool("only_labelled", false)};
  TRY_STATUS(reader.Finish());
  TRY(const CommittedLabels committed, platform.labellings().Commit(name, request, who));
  return CommittedJson(committed);
}

Result<Json> LabelCases(Platform& platform, std::string_view service, Json body, std::string_view who) {
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string())
    return InvalidArgument("a labelling is a JSON object with a name");
  const std::string name = body["name"];
  std::string dataset = fmt::format("{}-cases", service);
  if (body.contains("dataset") && body["dataset"].is_string()) dataset = body["dataset"];
  body["dataset"] = dataset;
  if (!body.contains("prelabel")) body["prelabel"] = {{"service", service}};
  if (!body.contains("choice") && !body["prelabel"].is_null()) body["choice"] = "active";
  // Whatever can be refused is refused before the cases leave their queue.
  TRY_STATUS(CheckLabellingName(name));
  Json spec = body;
  spec.erase("name");
  TRY_STATUS(ReadLabellingSpec(spec));
  if (platform.records().Get(kLabellingKind, name))
    return Error{ErrorCode::kAlreadyExists, fmt::format("there is a labelling {}", name),
                 "choose another name"};
  const auto asked = platform.services().Find(service);
  const auto info = asked == nullptr ? nullptr : asked->Info();
  if (info != nullptr && !info->answers.classifies() && !body.contains("classes") &&
      body.value("task", "classification") == "classification")
    return Unsupported(
        fmt::format("service {} answers with no classes that could be chosen from", service),
        fmt::format("name classes in a spec, or: sinter service cases {} --export DATASET", service));
  TRY(const Json exported, ExportCases(platform, service, dataset, who, true));
  body["dataset"] = exported["dataset"];
  TRY(Json labelling, CreateLabelling(platform, body, who));
  labelling["cases"] = exported["rows"];
  return labelling;
}

}  // namespace sinter
