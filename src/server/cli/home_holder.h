// A home that another process has open: who that is, and waiting for it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "server/cli/server_instance.h"

namespace sinter {

// Commands that meet on one home wait so long for each other: a start of a server, a short command.
inline constexpr std::chrono::seconds kHomePatience{10};

struct HomeHolder {
  std::string pid;   // empty: none is known
  std::string verb;  // of its command line, such as "serve" or "train"; empty where it cannot be read
  bool Serves() const { return verb == "serve"; }
};

// Who has locked the home, as its lock says; a process that is gone is none.
HomeHolder FindHomeHolder(const Path& home);

// Starts a server, and again after each `pause` while another process has the home open. Once `pause` returns
// false the error says who has it, and what to do.
Result<std::unique_ptr<ServerInstance>> StartWhenFree(const ServeOptions& options,
                                                      const std::function<bool()>& pause);

}  // namespace sinter
