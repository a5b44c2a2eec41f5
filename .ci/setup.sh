# Installs the Debian packages unroll is built from, where they are missing. Sourced by the scripts.
# Benchmarks take more where it is there: libbenchmark-dev, libxsmm-dev (target bench) and libdnnl-dev
# (target onednn_lstm).

# install_packages PACKAGE...: those of them that are missing; fails where they cannot be had.
install_packages() {
  local package missing=() as_root=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "to install packages this needs root or sudo; as root: apt-get install ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_packages \
  g++ cmake ninja-build pkg-config libopenblas-dev libfmt-dev doctest-dev libhwy-dev \
  libxxhash-dev libcli11-dev nlohmann-json3-dev libcsv-dev libutf8proc-dev libcairo2-dev zlib1g-dev
