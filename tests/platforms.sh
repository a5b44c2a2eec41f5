#!/usr/bin/env bash
# Builds and tests unroll for machines other than this one with GCC:
#   bash tests/platforms.sh           the first and the last of these, one after the other
#   bash tests/platforms.sh clang     everything, with Clang; tests/run.sh alone installs it and runs
#                                     the kernels of older processors
#   bash tests/platforms.sh clang-library   the same without the examples, which take most of the time
#   bash tests/platforms.sh aarch64   core, ops, layers and optim for 64-bit ARM, in emulation, but for
#                                     the tests that take minutes there
# A compiler that cannot be installed, on a machine without a network, is said and left out.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/setup.sh
[ $# -gt 0 ] || set -- clang aarch64
mkdir -p build
log=$PWD/build/log.txt

# Debian's libraries of another architecture, unpacked into a folder of the build: apt keeps its
# lists for that in there too, and this machine's own packages are left as they are.
unpack_root() {
  local root=$PWD/build/aarch64-root
  local libraries=(libopenblas-dev libfmt-dev libhwy-dev doctest-dev nlohmann-json3-dev
                   libcli11-dev libgomp1 libxxhash-dev libxxhash0)
  [ -e "$root/complete" ] && return
  local apt=$root/var/apt
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  : >"$apt/status"
  local options=(-qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64
                 -o APT::Sandbox::User=root -o Dir::State::lists="$apt/lists"
                 -o Dir::State::status="$apt/status" -o Dir::Cache="$apt")
  apt-get "${options[@]}" update || return
  apt-get "${options[@]}" install -y --no-install-recommends --download-only \
    "${libraries[@]}" >/dev/null || return
  local package
  for package in "$apt"/archives/*.deb; do
    dpkg-deb -x "$package" "$root" || return
  done
  rm -r "$apt"
  touch "$root/complete"
}

build_and_test() {
  local preset=$1
  shift
  echo "== $preset"
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log"; exit 1; }
  cmake --build --preset "$preset" "$@" >"$log" 2>&1 || { cat "$log"; exit 1; }
  if grep -E 'warning:' "$log"; then
    echo "the build has warnings"
    exit 1
  fi
  ctest --preset "$preset" -j "$(nproc)"
}

for platform in "$@"; do
  case $platform in
    clang | clang-library)
      if (install_packages clang libomp-dev); then
        build_and_test "$platform"
      else
        echo "clang: left out, it is not installed and cannot be"
      fi ;;
    aarch64)
      if (install_packages g++-aarch64-linux-gnu qemu-user-static) && (unpack_root); then
        build_and_test aarch64 --target core_tests ops_tests layers_tests optim_tests
      else
        echo "aarch64: left out, its compiler or libraries are not installed and cannot be"
      fi ;;
    *)
      echo "tests/platforms.sh: no platform '$platform'; clang, clang-library, aarch64" >&2
      exit 2 ;;
  esac
done
