# ./dev build [PRESET]: configures and builds; release unless told otherwise. Sourced by ./dev.
dev_build() {
  local preset=${1:-release}
  shift || true
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"$(log_file "configure-$preset")" ||
    { cat "$(log_file "configure-$preset")"; die "cmake --preset $preset failed"; }
  say "building $preset"
  cmake --build --preset "$preset" "$@" >"$(log_file "build-$preset")" 2>&1 ||
    { grep -E -A12 'error|FAILED' "$(log_file "build-$preset")" | head -80; die "the build failed; all of it is in $(log_file "build-$preset")"; }
}
