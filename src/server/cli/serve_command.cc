#include <signal.h>

#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "server/cli/context.h"
#include "server/cli/duration.h"
#include "server/cli/home_holder.h"
#include "server/cli/server_instance.h"

namespace sinter {
namespace {

// "ADDR:PORT", "[::1]:PORT".
Status ReadListen(const std::string& text, ServeOptions& options) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return InvalidArgument(fmt::format("'{}': ADDR:PORT is expected", text));
  options.address = text.substr(0, colon);
  if (options.address.starts_with('[') && options.address.ends_with(']'))
    options.address = options.address.substr(1, options.address.size() - 2);
  const std::string_view digits = std::string_view(text).substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), options.port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return InvalidArgument(fmt::format("'{}': the port must be 0 to 65535", text));
  return {};
}

}  // namespace

void AddServeCommand(CLI::App& app, CliContext& context) {
  CLI::App* serve = app.add_subcommand("serve", "The whole platform in one process");
  static std::string listen = "127.0.0.1:7400";
  static ServeOptions options;
  serve->add_option("--home", context.home, "Where everything is kept (or SINTER_HOME)");
  serve->add_option("--listen", listen, "ADDR:PORT; port 0: any free one")
      ->check([](const std::string& text) {
        ServeOptions ignored;
        const Status read = ReadListen(text, ignored);
        return read ? std::string() : read.error().message;
      })
      ->capture_default_str();
  serve->add_option("--io-threads", options.io_threads, "Threads that read and write connections")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  serve
      ->add_option("--records", options.records,
                   "Where the records are: postgresql://USER@HOST/DATABASE (default: SQLite in the home)")
      ->envname("SINTER_RECORDS");
  static std::string collects = "24h";
  serve->add_option("--gc-every", collects, "How often bytes that nothing names are removed; 0: never")
      ->check([](const std::string& text) {
        const auto read = ParseDuration(text);
        return read ? std::string() : read.error().message;
      })
      ->capture_default_str();
  static std::string access_log;
  serve->add_option(
      "--access-log", access_log,
      "A file for a line of JSON a request (default: HOME/logs/access.jsonl), - for stderr, or off");
  serve->callback([&context] {
    context.action = [&context]() -> Status {
      TRY_STATUS(ReadListen(listen, options));
      options.home = context.home;
      options.runs_jobs = true;
      TRY(options.collects_every, ParseDuration(collects));
      options.access_log = access_log.empty()    ? (context.home / "logs" / "access.jsonl").string()
                           : access_log == "off" ? ""
                                                 : access_log;
      // Before any thread starts: all of them leave these signals to sigwait below.
      sigset_t signals;
      sigemptyset(&signals);
      for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
      pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      signal(SIGPIPE, SIG_IGN);
      bool stopped = false;
      auto started = StartWhenFree(options, [&, begin = std::chrono::steady_clock::now()] {
        // Another server answers here: there is nothing to wait for.
        if (FindHomeHolder(options.home).Serves() && FileSize(options.home / kAddressFile)) return false;
        constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 50'000'000};
        stopped = sigtimedwait(&signals, nullptr, &kPause) > 0;
        return !stopped && std::chrono::steady_clock::now() - begin < kHomePatience;
      });
      if (stopped && !started) return {};
      TRY(const auto server, std::move(started));
      TRY(const std::string link, server->ConsoleLink());
      fmt::print(
          stderr,
          "console: {}\n  signs one browser in, once, within ten minutes; another: sinter console link\n",
          link);
      fmt::print("ready {}\n", server->origin());
      std::fflush(stdout);
      int received = 0;
      sigwait(&signals, &received);
      fmt::print(stderr, "stopping: requests under way are answered\n");
      server->Stop(std::chrono::seconds(10));
      return {};
    };
  });
}

}  // namespace sinter
