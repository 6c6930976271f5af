// The worker process of the tests' replicas, which are in no program that has the command line.
#include <cstdlib>
#include <string_view>

#include "platform/serving/worker_process.h"

int main(int argc, char** argv) {
  if (argc != 7) return 2;  // --socket PATH --model FILE --rows N
  return sinter::ReplicaWorkerMain(argv[2], argv[4], std::atoll(argv[6]));
}
