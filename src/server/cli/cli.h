// The command line: sinter NOUN VERB.
#pragma once

namespace sinter {

// Results go to stdout, everything else to stderr. Gives the exit code: 0 done, 1 failed (the reason is on
// stderr), 2 wrong usage, 3 refused by a gate or a guard.
int RunCommandLine(int count, char** words);

}  // namespace sinter
