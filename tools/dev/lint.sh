# ./dev lint: clang-format and clang-tidy of LLVM 19, warnings as errors. Sourced by ./dev.
# What passed once is remembered by the contents of the file and of all that it includes.
dev_lint() {
  dev_setup build test lint
  say "clang-format"
  git ls-files '*.cc' '*.h' | xargs -r clang-format-19 --dry-run -Werror
  [ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
  mkdir -p build/lint
  say "clang-tidy"
  git ls-files 'src/*.cc' | xargs -r -P "$(nproc)" -n 1 tools/dev/tidy-one
  say "lint passed"
}
