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
}
