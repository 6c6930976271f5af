# ./dev test: the tests. Sourced by ./dev.
dev_test() {
  local preset=dev full=no args=()
  while [ $# -gt 0 ]; do
    case $1 in
      --asan) preset=asan ;;
      --tsan) preset=tsan ;;
      --full) full=yes ;;
      *) args+=("$1") ;;
    esac
    shift
  done
  dev_setup build test
  dev_build "$preset"
  [ "$preset" = dev ] || args+=(-L unit)
  [ "$full" = yes ] || args+=(-LE full)
  say "testing $preset"
  ctest --preset "$preset" -j "$(nproc)" --no-label-summary "${args[@]}"
  [ "$full" = yes ] && [ "$preset" = dev ] || return 0
  # One target a core, each from the tree's corpus; what is found stays in build/fuzz/fuzz/TARGET.
  dev_setup fuzz
  dev_build fuzz
  say "fuzzing each target for ${SINTER_FUZZ_SECONDS:-600} s"
  ctest --preset fuzz -j "$(nproc)" -L full --no-label-summary "${args[@]}"
}
