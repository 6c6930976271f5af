// Hard cases over restarts. A service's queue is in memory; what it holds is written beside the records every
// few seconds and when the server stops, so that a restart, or a kill, costs the last seconds' alone. They
// are users' data: the files are the owner's (0600), and go when consent does.
//   HOME/cases/SERVICE.now   what the queue of this life holds; written anew
//             /SERVICE.old   what earlier lives left; read only
//             /SERVICE.damaged-TIME   one of both that could not be read, as it was found; for a person
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/periodic.h"
#include "platform/serving/cases.h"
#include "server/api/platform.h"

namespace sinter {

// A line of JSON about each, and the inputs behind them.
Result<std::string> CasesText(std::span<const HardCase> cases);
// kCorrupt for what is none.
Result<std::vector<HardCase>> ReadCases(std::string_view text);

// What a server finds when it starts becomes what earlier lives left: once, before requests come. A damaged
// file is put aside, and stderr says so. Errors: a folder in which that cannot be done.
Status AdoptCases(Platform& platform);
struct KeptCases {
  std::vector<HardCase> cases;  // of all lives, oldest first, numbered from 1
  int64_t last_live = 0;        // the number in the queue of the newest; 0: none is from there
};
// Nothing without consent. kNotFound: no such service.
Result<KeptCases> ReadKeptCases(Platform& platform, std::string_view service);
// What was read, and nothing that came since.
void ForgetCases(Platform& platform, std::string_view service, const KeptCases& read);

// Of all lives, what `taken` says: of the newest as far as the oldest ones there are.
Status ForgetCasesIf(Platform& platform, std::string_view service,
                     const std::function<bool(const HardCase&)>& taken);

// Every few seconds: writes what has changed, removes files of services that are gone or may keep nothing.
class CaseSaver {
 public:
  explicit CaseSaver(Platform& platform);
  ~CaseSaver();  // writes once more
  CaseSaver(const CaseSaver&) = delete;
  void Save();

 private:
  Platform& platform_;
  std::mutex saving_;
  std::map<std::string, std::pair<int64_t, size_t>> saved_;  // last number and how many, of each service
  std::optional<Periodic> saving_again_;                     // last: it uses the others
};

}  // namespace sinter
