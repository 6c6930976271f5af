#include "base/sandbox.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/subprocess.h"

namespace sinter {
namespace {

using Words = std::vector<std::string>;

void Append(Words& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

// /bin, /lib ...: links into /usr where the system has merged them, folders where it has not.
void AppendSystem(Words& words) {
  Append(words, {"--ro-bind", "/usr", "/usr"});
  for (const std::string folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(folder, error);
    if (std::filesystem::is_symlink(status)) {
      const Path target = std::filesystem::read_symlink(folder, error);
      if (!error) Append(words, {"--symlink", target.string(), folder});
    } else if (std::filesystem::is_directory(status)) {
      Append(words, {"--ro-bind", folder, folder});
    }
  }
  // What programs and libraries look up; nothing that is secret or names this machine's users.
  for (const std::string path :
       {"/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
        "/etc/mime.types", "/etc/nsswitch.conf", "/etc/openmpi", "/etc/fonts", "/etc/ssl/certs",
        "/etc/ssl/openssl.cnf"})
    Append(words, {"--ro-bind-try", path, path});
}

}  // namespace

std::vector<std::string> SandboxCommand(const SandboxOptions& options) {
  Words words = {"bwrap",         "--die-with-parent",
                 "--new-session", "--unshare-user-try",
                 "--unshare-ipc", "--unshare-pid",
                 "--unshare-uts", "--unshare-cgroup-try",
                 "--cap-drop",    "ALL",
                 "--hostname",    "sandbox",
                 "--clearenv"};
  if (!options.network) words.emplace_back("--unshare-net");
  if (options.info_fd >= 0) Append(words, {"--info-fd", std::to_string(options.info_fd)});
  AppendSystem(words);
  if (options.network)
    for (const std::string path : {"/etc/hosts", "/etc/resolv.conf"})
      Append(words, {"--ro-bind-try", path, path});
  Append(words, {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  for (const Path& path : options.readable) Append(words, {"--ro-bind", path.string(), path.string()});
  Append(words, {"--bind", options.work.string(), "/job", "--chdir", "/job"});
  Append(words, {"--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/job", "--setenv",
                 "LANG", "C.UTF-8", "--setenv", "TMPDIR", "/tmp"});
  for (const auto& [name, value] : options.environment) Append(words, {"--setenv", name, value});
  words.emplace_back("--");
  words.insert(words.end(), options.command.begin(), options.command.end());
  return words;
}

Status CheckSandbox() {
  const TemporaryFolder work;
  SandboxOptions options;
  options.command = {"true"};
  options.work = work.path();
  SubprocessOptions run;
  run.arguments = SandboxCommand(options);
  auto output = RunProgram(run, std::chrono::milliseconds(10'000));
  const auto unsupported = [](std::string why) {
    return Unsupported(
        fmt::format("commands cannot be isolated here: {}", why),
        "install bubblewrap, and allow user namespaces (sysctl kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns)");
  };
  if (!output) return unsupported(output.error().message);
  if (output->status.Ok()) return {};
  std::string text = std::move(output->text);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return unsupported(text.empty() ? output->status.ToString() : text.substr(0, 400));
}

}  // namespace sinter
