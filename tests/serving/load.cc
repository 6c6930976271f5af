// Steady load on a service from a process of its own:
//   sinter_serving_load PORT SERVICE CONNECTIONS
// asks about the sixteen pictures of load_pictures.h until its stdin ends, then prints one line of JSON:
// {"requests","failed","failures":[...],"answers":{REVISION:{PICTURE:{"count","low":[...],"high":[...]}}}}
// A status other than 200, a reset and a time-out (5 s) are failures.
#include <poll.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "http_client.h"
#include "load_pictures.h"

namespace sinter {
namespace {

using Json = nlohmann::json;

struct Seen {
  uint64_t count = 0;
  std::vector<double> low, high;
};

struct Load {
  std::atomic<bool> stop{false};
  std::mutex mutex;
  uint64_t requests = 0, failed = 0;
  std::vector<std::string> failures;  // the first ten
  std::map<std::string, std::map<size_t, Seen>> answers;

  void Fail(std::string what) {
    std::lock_guard lock(mutex);
    ++requests;
    ++failed;
    if (failures.size() < 10) failures.push_back(std::move(what));
  }

  void Note(size_t picture, const HttpReply& reply) {
    const Json answer = Json::parse(reply.body, nullptr, false);
    if (!answer.is_object()) return Fail("no JSON: " + reply.body.substr(0, 200));
    const auto& data = answer["outputs"][0]["data"];
    std::lock_guard lock(mutex);
    ++requests;
    Seen& seen = answers[answer["model_version"].get<std::string>()][picture];
    if (seen.count++ == 0) {
      seen.low = seen.high = data.get<std::vector<double>>();
      return;
    }
    for (size_t i = 0; i < seen.low.size(); ++i) {
      seen.low[i] = std::min(seen.low[i], data.at(i).get<double>());
      seen.high[i] = std::max(seen.high[i], data.at(i).get<double>());
    }
  }

  void Ask(uint16_t port, const std::string& service, size_t first) {
    HttpClient client(port, 5);
    const std::string target = "/v2/models/" + service + "/infer";
    std::vector<std::string> bodies;
    for (size_t i = 0; i < kLoadPictures; ++i) bodies.push_back(PixelsRequest(LoadPicture(i)));
    for (size_t i = first; !stop; ++i) {
      const size_t picture = i % kLoadPictures;
      const HttpReply reply = client.Post(target, bodies[picture]);
      if (reply.status == 200)
        Note(picture, reply);
      else
        Fail(reply.status == 0 ? "reset, refused or timed out"
                               : std::to_string(reply.status) + " " + reply.body);
    }
  }

  void Print() {
    Json json = {
        {"requests", requests}, {"failed", failed}, {"failures", failures}, {"answers", Json::object()}};
    for (const auto& [revision, pictures] : answers) {
      for (const auto& [picture, seen] : pictures) {
        json["answers"][revision][std::to_string(picture)] = {
            {"count", seen.count}, {"low", seen.low}, {"high", seen.high}};
      }
    }
    std::printf("%s\n", json.dump().c_str());
  }
};

int Main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: sinter_serving_load PORT SERVICE CONNECTIONS\n");
    return 2;
  }
  Load load;
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[3]); ++i) {
    threads.emplace_back(
        [&, i] { load.Ask(static_cast<uint16_t>(std::atoi(argv[1])), argv[2], static_cast<size_t>(i) * 5); });
  }
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  load.stop = true;
  for (std::thread& thread : threads) thread.join();
  load.Print();
  return load.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) { return sinter::Main(argc, argv); }
