# ./dev build [PRESET]: configures and builds; release unless told otherwise. Sourced by ./dev.

# A first build takes long: how far it is, twice a minute, from what ninja writes into `log`.
tell_progress() {  # preset log
  local at
  while sleep 30 >/dev/null 2>&1; do  # else it would hold our output open when we are gone
    at=$(tail -c 4000 "$2" | grep -o '^\[[0-9]*/[0-9]*\]' | tail -1 || true)
    [ -z "$at" ] || say "building $1 ${at//[][]/}"
  done
}

dev_build() {
  local preset=${1:-release} log teller code=0
  shift || true
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"$(log_file "configure-$preset")" ||
    { cat "$(log_file "configure-$preset")"; die "cmake --preset $preset failed"; }
  log=$(log_file "build-$preset")
  say "building $preset (the compiler's words: $log)"
  tell_progress "$preset" "$log" &
  teller=$!
  trap 'kill $teller 2>/dev/null || true' EXIT
  cmake --build --preset "$preset" "$@" >"$log" 2>&1 || code=$?
  kill $teller 2>/dev/null || true
  trap - EXIT
  [ $code = 0 ] || { grep -E -A12 'error|FAILED' "$log" | head -80; die "the build failed; all of it is in $log"; }
}
