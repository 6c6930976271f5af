// A server with a small picture classifier, for clients in other languages: prints
//   ready PORT TOKEN
// serves "pictures" (classifier@1; classifier@2 is there to roll out to) until its stdin ends.
#include <unistd.h>

#include <cstdio>

#include "serving_home.h"

int main() {
  sinter::ServingHome home;
  const std::string model = home.AddModel("classifier", 1);
  home.AddModel("classifier", 2);
  const auto deployed = home.platform().services().Deploy({.name = "pictures", .model = model}, "fixture");
  if (!deployed) {
    std::fprintf(stderr, "%s\n", deployed.error().ToString().c_str());
    return 1;
  }
  std::printf("ready %u %s\n", home.port(), home.token().c_str());
  std::fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
