// A keeper as the program's own `sinter job-keeper` is, for tests that do not link the program.
#include <cstdio>

#include "platform/jobs/keeper.h"

int main(int argc, char** argv) {
  const sinter::Status kept =
      argc == 2 ? sinter::KeepJob(argv[1]) : sinter::InvalidArgument("usage: keeper FOLDER");
  if (!kept) std::fprintf(stderr, "%s\n", kept.error().ToString().c_str());
  return kept ? 0 : 1;
}
