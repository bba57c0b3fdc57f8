#!/usr/bin/env bash
# Installs what lmcompress needs on Debian 12, and nothing that is there already.
#
#   scripts/install-deps.sh [--test] [--check] [--bench] [--fuzz] [--cross] [--train] [--all]
#
# Without options: what building and running need. Idempotent, and quick when everything is there. Needs root or sudo
# only if something is missing. --train brings libtorch (large); --cross adds the architecture arm64 to dpkg; --all is
# everything but --train.
set -euo pipefail

build=(g++ cmake ninja-build make libssl-dev libcli11-dev nlohmann-json3-dev)
test=(libgtest-dev zlib1g-dev python3 python3-numpy)
check=(clang-format-14 python3 git)
bench=(python3 gzip bzip2 xz-utils zstd brotli p7zip-full zpaq libbenchmark-dev webp libjxl-tools optipng netpbm
       libopenjp2-tools libjpeg-turbo-progs zopfli libdeflate-tools pngcrush pigz isal libstb-dev liblodepng-dev flac wavpack)
fuzz=(clang)
cross=(g++-aarch64-linux-gnu qemu-user-static libssl-dev:arm64)
train=(libtorch-dev libopenblas0-pthread)

wanted=("${build[@]}")
for option in "$@"; do
  case $option in
    --test) wanted+=("${test[@]}") ;;
    --check) wanted+=("${check[@]}") ;;
    --bench) wanted+=("${bench[@]}") ;;
    --fuzz) wanted+=("${fuzz[@]}") ;;
    --cross) wanted+=("${cross[@]}") ;;
    --train) wanted+=("${train[@]}") ;;
    --all) wanted+=("${test[@]}" "${check[@]}" "${bench[@]}" "${fuzz[@]}" "${cross[@]}") ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "install-deps: unknown option $option (see --help)" >&2; exit 1 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps: this is no Debian system; install the like of: ${wanted[*]}" >&2
  exit 2
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  case $state in installed*) ;; *) missing+=("$package") ;; esac  # once for each architecture
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-deps: as root, run: apt-get install ${missing[*]}" >&2; exit 2; }
  as_root=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
case ${missing[*]} in *:arm64*) "${as_root[@]}" dpkg --add-architecture arm64 ;; esac
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
