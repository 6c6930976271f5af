#include "platform/jobs/launch.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

Result<bool> MakeClaim(const Path& folder, const ProcessIdentity& by) {
  const Path path = folder / kStartedFile;
  // Written apart and linked under its name, so that nobody reads half a claim; a link does not replace.
  const Path mine = folder / fmt::format("{}.{}", kStartedFile, getpid());
  TRY_STATUS(WriteFileAtomically(
      mine, Json{{"pid", by.pid}, {"start_ticks", by.start_ticks}, {"boot", by.boot}}.dump()));
  const bool made = link(mine.c_str(), path.c_str()) == 0;
  const int error = errno;
  unlink(mine.c_str());
  if (!made && error != EEXIST) return SystemError(error, "making", path);
  if (made) TRY_STATUS(SyncFolder(folder));
  return made;
}

}  // namespace

std::string JobLaunchText(const JobLaunch& launch) {
  Json environment = Json::array(), readable = Json::array();
  for (const auto& [name, value] : launch.environment) environment.push_back({name, value});
  for (const Path& path : launch.readable) readable.push_back(path.string());
  return Json{{"name", launch.name},
              {"command", launch.command},
              {"environment", std::move(environment)},
              {"cpus", launch.amount.cpus},
              {"memory_bytes", launch.amount.memory_bytes},
              {"network", launch.network},
              {"isolated", launch.isolated},
              {"work", launch.work.string()},
              {"readable", std::move(readable)}}
      .dump();
}

Result<JobLaunch> ParseJobLaunch(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  JsonReader reader(json, std::string(kLaunchFile));
  JobLaunch launch;
  launch.name = reader.String("name");
  launch.command = reader.Strings("command");
  for (const Json& pair : reader.OptionalArray("environment")) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      reader.Fail("environment", "must hold pairs of texts");
      break;
    }
    launch.environment.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  launch.amount.cpus = reader.Int("cpus");
  launch.amount.memory_bytes = reader.Int("memory_bytes");
  launch.network = reader.Bool("network", false);
  launch.isolated = reader.Bool("isolated", true);
  launch.work = reader.String("work");
  for (const std::string& path : reader.Strings("readable")) launch.readable.emplace_back(path);
  if (launch.command.empty()) reader.Fail("command", "is empty");
  TRY_STATUS(reader.Finish());
  return launch;
}

std::string JobExitText(const JobExit& exit) {
  return Json{{"code", exit.code},
              {"signal", exit.signal},
              {"out_of_memory", exit.out_of_memory},
              {"cpu_seconds", exit.cpu_seconds},
              {"ended_ms", exit.ended_ms},
              {"limits", exit.limits},
              {"problem", exit.problem}}
      .dump();
}

Result<JobExit> ParseJobExit(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  JsonReader reader(json, std::string(kExitFile));
  JobExit exit;
  exit.code = reader.Int("code");
  exit.signal = reader.Int("signal");
  exit.out_of_memory = reader.Bool("out_of_memory", false);
  exit.cpu_seconds = reader.Number("cpu_seconds", -1);
  exit.ended_ms = reader.Int("ended_ms");
  exit.limits = reader.String("limits", "");
  exit.problem = reader.String("problem", "");
  TRY_STATUS(reader.Finish());
  return exit;
}

JobLaunch MakeJobLaunch(const JobInfo& job, const Path& work) {
  JobLaunch launch;
  launch.work = work;
  launch.name = fmt::format("{}.{}", job.id, job.attempt());
  launch.environment = job.spec.environment;
  launch.amount = {job.spec.all_cpus(), job.spec.all_memory()};
  launch.network = job.spec.network;
  launch.environment.emplace_back("SINTER_JOB", job.id);
  launch.environment.emplace_back("SINTER_ATTEMPT", std::to_string(job.attempt()));
  // Libraries that look at the machine would start a thread for each of its cores.
  for (const char* name : {"OMP_NUM_THREADS", "SINTER_THREADS"})
    launch.environment.emplace_back(name, std::to_string(job.spec.cpus));
  if (job.spec.launcher == JobLauncher::kMpirun) {
    launch.command = {"mpirun", "--oversubscribe", "--bind-to", "none", "-n", std::to_string(job.spec.ranks)};
    // Inside the sandbox it is nobody's root; Open MPI cannot know.
    for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"})
      launch.environment.emplace_back(name, "1");
    launch.environment.emplace_back("OMPI_MCA_btl", "self,vader,tcp");
    launch.environment.emplace_back("OMPI_MCA_btl_tcp_if_include", "lo");  // all ranks are on this machine
    launch.environment.emplace_back("OMPI_MCA_orte_execute_quiet", "1");   // version 5 has no --quiet
  }
  launch.command.insert(launch.command.end(), job.spec.command.begin(), job.spec.command.end());
  return launch;
}

Status ClaimAttempt(const Path& folder) {
  const auto self = IdentifyProcess(getpid());
  if (!self) return Internal("this process cannot read /proc");
  TRY(const bool made, MakeClaim(folder, *self));
  if (made) return {};
  return Error{ErrorCode::kAlreadyExists, "the attempt was started, or given up, by another", ""};
}

Result<bool> GiveUpAttempt(const Path& folder) { return MakeClaim(folder, {}); }

Result<std::optional<ProcessIdentity>> ReadClaim(const Path& folder) {
  const auto text = ReadFile(folder / kStartedFile, 1 << 16);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<ProcessIdentity>();
  if (!text) return text.error();
  TRY(const Json json, ParseJson(*text));
  JsonReader reader(json, std::string(kStartedFile));
  ProcessIdentity process{reader.Int("pid"), reader.Int("start_ticks"), reader.String("boot")};
  TRY_STATUS(reader.Finish());
  return std::optional(std::move(process));
}

}  // namespace sinter
