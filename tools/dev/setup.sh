# ./dev setup [build|test|demo|lint|fuzz|bench|machine ...]: installs what is absent, and nothing else. Sourced by ./dev.

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    die "packages must be installed, and this is neither root nor has sudo: run as root: $*"
  fi
}

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

install_packages() {  # group ...
  local missing=() group name
  for group in "$@"; do
    local -n list="packages_$group"
    for name in "${list[@]}"; do installed "$name" || missing+=("$name"); done
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A virtual environment of Debian's Python with exactly what a lock file names; made again when it changes.
python_environment() {  # name lockfile
  local venv="build/venv/$1" lock=$2 stamp
  stamp=$(sha256sum "$lock" | cut -c1-64)
  [ "$(cat "$venv/.lock" 2>/dev/null)" = "$stamp" ] && return
  say "installing the Python packages of $lock"
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r "$lock"
  echo "$stamp" >"$venv/.lock"
}

# Exactly what web/package-lock.json names, without anybody's install scripts; made again when it changes.
node_modules() {
  local lock=web/package-lock.json stamp
  [ -f "$lock" ] || return 0
  stamp=$(sha256sum "$lock" | cut -c1-64)
  [ "$(cat web/node_modules/.lock 2>/dev/null)" = "$stamp" ] && return
  say "installing the Node.js packages of $lock"
  (cd web && npm ci --ignore-scripts --no-audit --no-fund) >"$(log_file npm-ci)" 2>&1 ||
    { tail -20 "$(log_file npm-ci)"; die "npm ci failed"; }
  echo "$stamp" >web/node_modules/.lock
}

dev_setup() {
  local groups=("$@")
  [ ${#groups[@]} = 0 ] && groups=(build test lint)
  . tools/dev/packages.sh
  install_packages "${groups[@]}"
  case " ${groups[*]} " in *" build "*) node_modules ;; esac
  case " ${groups[*]} " in *" test "*|*" demo "*) python_environment tests tests/requirements.lock ;; esac
  case " ${groups[*]} " in *" bench "*) python_environment bench bench/requirements.lock ;; esac
}
