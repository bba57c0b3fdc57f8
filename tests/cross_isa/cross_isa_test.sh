#!/bin/sh
# cross_isa_test.sh DIGEST_PROGRAM BUILD_FOLDER: the engine's digest for every instruction set of this machine and, where
# the cross compiler and qemu are installed, of aarch64; all must be the one below. 77: only this machine's was compared.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# Changes only with docs/numerics.md, and then old archives cannot be read any more; or when digest.cc gets one more model.
expected=033fe7fb152c6d48697972ac157e0b0c6c203bec2aeba923a7f317f2c82e0496
digests=$("$1")
skipped=0
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64-static >/dev/null; then
  # The JSON headers alone: the cross compiler must not see the rest of /usr/include.
  mkdir -p "$2/include"
  ln -sfn /usr/include/nlohmann "$2/include/nlohmann"
  cmake -S "$here" -B "$2" -DCMAKE_TOOLCHAIN_FILE="$here/aarch64.cmake" -Djson_include="$2/include" >"$2/log"
  cmake --build "$2" >>"$2/log" || { tail -50 "$2/log"; exit 1; }
  digests=$(printf '%s\n%s' "$digests" "$(qemu-aarch64-static "$2/cross_isa_digest" | sed 's/$/ (aarch64)/')")
else
  skipped=1
  echo "aarch64 cross compiler or qemu-aarch64-static is not installed: aarch64 not compared"
fi
printf '%s\n' "$digests"
if [ "$(printf '%s\n' "$digests" | cut -d' ' -f1 | sort -u)" != $expected ]; then
  echo "expected $expected"
  exit 1
fi
[ $skipped = 0 ] || exit 77
