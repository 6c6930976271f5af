#include "platform/records/postgres_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "platform/records/postgres.h"

namespace sinter {

PostgresListener::PostgresListener(std::string address, const char* listen, ChangeSignal& signal)
    : address_(std::move(address)), listen_(listen), signal_(signal), wake_(::eventfd(0, EFD_CLOEXEC)) {
  SINTER_CHECK(wake_ >= 0);
  thread_ = std::thread([this] { Loop(); });
}

PostgresListener::~PostgresListener() {
  stopping_ = true;
  const uint64_t one = 1;
  SINTER_CHECK(::write(wake_, &one, sizeof one) == sizeof one);
  thread_.join();
  ::close(wake_);
}

bool PostgresListener::WaitFor(int socket, int timeout_ms) const {
  pollfd ends[] = {{wake_, POLLIN, 0}, {socket, POLLIN, 0}};
  return ::poll(ends, socket < 0 ? 1 : 2, timeout_ms) > 0;
}

void PostgresListener::Loop() {
  int patience_ms = 100;
  while (!stopping_) {
    auto connection = PostgresConnection::Open(address_);
    if (connection && (*connection)->RunScript(listen_)) {
      patience_ms = 100;
      signal_.Bump();
      while (!stopping_) {
        static_cast<void>(WaitFor((*connection)->Socket(), -1));
        const auto any = (*connection)->TakeNotifications();
        if (!any) break;
        if (*any) signal_.Bump();
      }
    }
    if (!stopping_) static_cast<void>(WaitFor(-1, patience_ms));
    patience_ms = std::min(2 * patience_ms, 5000);
  }
}

}  // namespace sinter
