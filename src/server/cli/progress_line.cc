#include "server/cli/progress_line.h"

#include <sys/ioctl.h>

#include <cmath>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr std::chrono::seconds kBetweenLines(5);
constexpr double kWorthSaying = 0.05;

std::string Left(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 99.5) return fmt::format("{:.0f} s", seconds);
  const auto minutes = static_cast<int64_t>(std::min(seconds / 60 + 0.5, 1e12));
  if (minutes < 100) return fmt::format("{} min", minutes);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

}  // namespace

std::string ProgressText(const TrainProgress& p) {
  return fmt::format("epoch {} step {}/{} loss {:.4f} {:.0f} images/s {} left{}", p.epoch, p.step, p.steps,
                     p.loss, p.images_per_second, Left(p.seconds_left),
                     p.waiting_share > kWorthSaying
                         ? fmt::format(" (waiting for data {:.0f}%)", 100 * p.waiting_share)
                         : "");
}

size_t ProgressLine::Columns() const {
  winsize size{};
  // Under mpirun the stream is a pipe to the terminal, whose width is not known here.
  return ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}

void ProgressLine::Show(const TrainProgress& progress) {
  const auto now = clock_.Now();
  const bool last = progress.step == progress.steps;
  if (!terminal_ && shown_ && !last && now - at_ < kBetweenLines) return;
  at_ = now;
  shown_ = true;
  std::string text = ProgressText(progress);
  if (!terminal_) {
    fmt::print(out_, "{}\n", text);
    std::fflush(out_);
    return;
  }
  // A line that wraps could not be written over.
  if (const size_t columns = Columns(); text.size() >= columns) text.resize(columns - 1);
  fmt::print(out_, "\r\033[K{}", text);
  open_ = true;
  if (last) End();
  std::fflush(out_);
}

void ProgressLine::End() {
  if (!open_) return;
  open_ = false;
  fmt::print(out_, "\n");
  std::fflush(out_);
}

}  // namespace sinter
