#include "server/cli/cli.h"

int main(int count, char** words) { return sinter::RunCommandLine(count, words); }
