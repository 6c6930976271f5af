# ./dev lint [FILE ...]: clang-format and clang-tidy of LLVM 19, TypeScript and Biome for the console, warnings as errors. Sourced by ./dev.
# What passed once is remembered by the contents of the file and of all that it includes.
dev_lint() {
  dev_setup build test lint
  local files=("$@") web
  [ ${#files[@]} != 0 ] || mapfile -t files < <(git ls-files '*.cc' '*.h' web)
  mapfile -t web < <(printf '%s\n' "${files[@]}" | grep '^web/')
  if [ ${#web[@]} != 0 ]; then
    say "the console: types, formatting and rules"
    (cd web && node_modules/.bin/tsc --noEmit && node_modules/.bin/biome check --error-on-warnings .) ||
      die "what is said above; formatting is mended by: (cd web && npm run format)"
  fi
  mapfile -t files < <(printf '%s\n' "${files[@]}" | grep -v '^web/')
  [ ${#files[@]} != 0 ] || { say "lint passed"; return 0; }
  say "clang-format: ${#files[@]} files"
  clang-format-19 --dry-run -Werror "${files[@]}"
  cmake --preset dev >"$(log_file configure-dev)"  # writes the compile commands that clang-tidy reads
  # Sources of src/ alone: headers are read with them.
  mapfile -t files < <(printf '%s\n' "${files[@]}" | grep '^src/.*\.cc$')
  say "clang-tidy: ${#files[@]} files"
  [ ${#files[@]} = 0 ] || printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 tools/dev/tidy-one ||
    die "clang-tidy found something; what it says is above"
  say "lint passed"
}
