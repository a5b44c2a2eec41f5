#!/usr/bin/env bash
# Installs a build into a scratch prefix and builds a small program against it, once through
# find_package and once through pkg-config:
#   run.sh <build folder>           the library as it was built there
#   run.sh <build folder> shared    a shared library, built in a folder below
#   run.sh <build folder> package   the Debian package, unpacked
set -euo pipefail
source_dir=$(cd "$(dirname "$0")" && pwd)
build_dir=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ "${2:-}" = shared ]; then
  build_dir=$1/shared
  cmake -G Ninja -S "$source_dir/../.." -B "$build_dir" -DBUILD_SHARED_LIBS=ON \
    -DUNROLL_BUILD_TESTS=OFF -DUNROLL_BUILD_EXAMPLES=OFF >/dev/null
  cmake --build "$build_dir" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
fi

# builds_against PREFIX: both programs are built against what is installed there, and run.
builds_against() {
  local prefix=$1 expected='72 parameters, gradient norm > 0' flags result
  rm -rf "$scratch/consumer"
  cmake -G Ninja -S "$source_dir" -B "$scratch/consumer" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
  cmake --build "$scratch/consumer" >/dev/null
  result=$("$scratch/consumer/consumer")
  [ "$result" = "$expected" ] || { echo "find_package: '$result', expected '$expected'"; exit 1; }

  flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name unroll.pc)") \
    pkg-config --cflags --libs unroll)
  # shellcheck disable=SC2086
  "${CXX:-c++}" -std=c++20 "$source_dir/consumer.cpp" $flags -o "$scratch/by_pkg_config"
  result=$(LD_LIBRARY_PATH=$(find "$prefix" -maxdepth 2 -name 'lib*' -type d | head -1) \
           "$scratch/by_pkg_config")
  [ "$result" = "$expected" ] || { echo "pkg-config: '$result', expected '$expected'"; exit 1; }
}

if [ "${2:-}" = package ]; then
  (cd "$build_dir" && cpack -G DEB -B "$scratch/package" >"$scratch/log" 2>&1) ||
    { cat "$scratch/log"; exit 1; }
  dpkg-deb -x "$scratch"/package/libunroll-dev_*.deb "$scratch/root"
  prefix=$scratch/root/usr
else
  prefix=$scratch/prefix
  cmake --install "$build_dir" --prefix "$prefix" >/dev/null
fi
empty=$(find "$prefix" -type d -empty)
[ -z "$empty" ] || { echo "installed without anything in it: $empty"; exit 1; }
builds_against "$prefix"
echo "installed, found by find_package and by pkg-config"
