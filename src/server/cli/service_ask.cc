#include "server/cli/service_ask.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/signature/signature.h"
#include "server/cli/context.h"
#include "server/cli/media_workers.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

constexpr uint64_t kLargestFile = uint64_t{256} << 20;

struct AskWords {
  std::string name, fit = "letterbox";
  std::vector<std::string> files;
};
AskWords words;

// The size of pictures that the model takes, if pictures are what it takes.
Result<MediaForm> FormOf(const Signature& signature) {
  MediaForm form;
  if (signature.inputs.size() == 1 && signature.inputs[0].dtype == DType::kU8) {
    const std::vector<int64_t>& shape = signature.inputs[0].shape;
    if (shape.size() == 2 || (shape.size() == 3 && (shape[2] == 1 || shape[2] == 3))) {
      form.shape = {shape[0], shape[1], shape.size() == 3 ? shape[2] : 1};
      form.fit = *PictureFitOf(words.fit);
      return form;
    }
  }
  return Unsupported(fmt::format("service '{}' takes no pictures of u8", words.name),
                     "sinter service show says what it takes");
}

Result<std::vector<double>> Infer(HttpClient& http, const ApiClient& client, const Signature& signature,
                                  std::span<const std::byte> pixels) {
  std::vector<int64_t> shape = signature.inputs[0].shape;
  shape.insert(shape.begin(), 1);
  Json data = Json::array();
  for (const std::byte pixel : pixels) data.push_back(static_cast<int>(pixel));
  const Json input = {
      {"name", signature.inputs[0].name}, {"datatype", "UINT8"}, {"shape", shape}, {"data", std::move(data)}};
  const std::string body = Json{{"inputs", Json::array({input})}}.dump();
  ClientRequest request{.method = "POST",
                        .path = fmt::format("/v2/models/{}/infer", EscapeSegment(words.name)),
                        .headers = {{"Content-Type", "application/json"}},
                        .body = body};
  if (!client.token().empty()) request.headers.emplace_back("Authorization", "Bearer " + client.token());
  TRY(const ClientResponse response, http.Send(request));
  TRY(const Json answer, ParseJson(response.body));
  if (response.status != 200)
    return Error{ErrorCode::kUnavailable, answer.is_object() ? answer.value("error", "") : response.body, ""};
  std::vector<double> scores;
  const Json outputs = answer.is_object() ? answer.value("outputs", Json::array()) : Json::array();
  if (!outputs.empty() && outputs[0].is_object()) {
    for (const Json& score : outputs[0].value("data", Json::array())) {
      if (score.is_number()) scores.push_back(score.get<double>());
    }
  }
  if (scores.empty()) return Corrupt("the service gave no numbers");
  return scores;
}

Status Ask(CliContext& context) {
  TRY(ApiClient * client, context.RunningServer());
  TRY(const Json service, client->Get("/services/" + EscapeSegment(words.name)));
  if (!service.contains("signature") || !service["signature"].is_object())
    return Unsupported(fmt::format("service '{}' has no signature, or no model is loaded", words.name));
  TRY(const Signature signature, ParseSignature(service["signature"].dump()));
  TRY(const MediaForm form, FormOf(signature));
  TRY(const MediaWorkers workers, StartMediaWorkers(1));
  TRY(const auto http, HttpClient::Create(client->origin()));
  std::vector<std::vector<std::string>> rows{{"FILE", "CLASS", "SCORE"}};
  Json items = Json::array();
  for (const std::string& file : words.files) {
    const auto in_file = [&](Error error) { return std::move(error).In(file); };
    const auto bytes = ReadFile(file, kLargestFile);
    if (!bytes) return bytes.error();
    const auto row = workers.decoders[0]->Decode(std::as_bytes(std::span(*bytes)), form);
    if (!row) return in_file(row.error());
    const auto scores = Infer(*http, *client, signature, row->bytes);
    if (!scores) return in_file(scores.error());
    const auto best = static_cast<size_t>(std::ranges::max_element(*scores) - scores->begin());
    const std::string said =
        best < signature.classes.size() ? signature.classes[best] : fmt::format("{}", best);
    rows.push_back({file, said, fmt::format("{:.3f}", (*scores)[best])});
    items.push_back({{"file", file}, {"class", said}, {"scores", *scores}});
  }
  fmt::print("{}", context.json ? items.dump() + "\n" : Table(rows));
  return {};
}

}  // namespace

void AddServiceAskCommand(CLI::App& service, CliContext& context) {
  CLI::App* ask = service.add_subcommand("ask", "What a running service says of pictures (JPEG, PNG)");
  ask->add_option("name", words.name, "The service")->required();
  ask->add_option("files", words.files, "Pictures, of any size")->required();
  ask->add_option("--fit", words.fit, "How they come to the model's size: as the data set's did")
      ->check(CLI::IsMember({"letterbox", "crop", "stretch"}))
      ->capture_default_str();
  AddPlatformOptions(*ask, context);
  ask->callback([&context] { context.action = [&context] { return Ask(context); }; });
}

}  // namespace sinter
