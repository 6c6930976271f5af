# The one list of packages, by what needs them. Sourced by ./dev.
# Debian's default Boost is 1.74 on 12 and 1.83 on 13; Sinter needs 1.81 or later.
debian=$(. /etc/os-release && echo "${VERSION_ID:-0}")
boost=libboost-dev
[ "$debian" = 12 ] && boost=libboost1.81-dev

packages_build=(
  g++ cmake ninja-build pkg-config ccache git ca-certificates  # compiler and build
  $boost            # Asio and Beast: HTTP
  libdnnl-dev       # oneDNN: matrix products and convolutions
  libopenmpi-dev openmpi-bin  # ranks of a training run
  libgit2-dev       # repositories: objects, packs, refs
  libssl-dev        # SHA-256, TLS
  libsqlite3-dev    # records
  libpq-dev         # records that several servers share, in PostgreSQL
  libfmt-dev libspdlog-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev
  prometheus-cpp-dev  # the text of /metrics
  bubblewrap        # jobs are isolated
  zlib1g-dev        # gzip inside data sets, PNG
  libjpeg62-turbo-dev libpng-dev  # pictures
  libsndfile1-dev   # sound: its header, and the library, which is loaded when sound is read
  libsnappy-dev libzstd-dev liblz4-dev  # pages of Parquet files
)
# Node.js 18 or later, with npm, makes the console's bundle; one that is there already is taken as it is.
node_is_there() {
  local version
  version=$(node --version 2>/dev/null) && command -v npm >/dev/null || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 18 ]
}
node_is_there || packages_build+=(nodejs npm)
packages_test=(
  libgtest-dev libgmock-dev
  python3 python3-venv   # real clients and peers (tests/requirements.lock)
  postgresql             # a real server, started by the tests
  git git-lfs            # judges of the repositories that the hub writes
  libonnx-testdata       # ONNX's own node tests
  chromium fonts-wqy-microhei  # the console, in a real browser, in Chinese as well
  dataset-fashion-mnist  # real input
)
packages_demo=(dataset-fashion-mnist python3 python3-venv)
packages_lint=(clang-format-19 clang-tidy-19)
packages_fuzz=(clang-19 libclang-rt-19-dev lld-19 llvm-19)  # libFuzzer comes with libclang-rt, the symbolizer with llvm
packages_bench=(nginx-light wrk chromium)  # chromium: the console's first paint
packages_machine=(debootstrap qemu-system-x86 cpio busybox-static)  # tools/fresh-machine, tools/cgroup2-machine
