#!/bin/sh
# cross_isa_test.sh ENGINE_DIGEST SOUND_DIGEST VIDEO_DIGEST BUILD_FOLDER: the digests of these programs for every instruction set of
# this machine and, where the cross compiler and qemu are installed, of aarch64; all must be the ones below. 77: only this
# machine's were compared.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# Changes only with docs/audio.md, likewise.
expected_sound=c46adf557b0a8c63b54966deb88c4ec58c21108cbb87981a8576c62c2f82eaa2
# Changes only with docs/video.md, likewise.
expected_video=0b2a1916bdb83b7b0a44ba60e5a4ec424320b3adbeee8263cfa63fb8b2016789
# Changes only with docs/numerics.md, and then old archives cannot be read any more; or when digest.cc gets one more model.
expected=6461fd4349fc4f8847b4dda1e1a9080eb827dc75b354b97446cd95f4992f0035
digests=$("$1")
sounds=$("$2")
videos=$("$3")
skipped=0
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64-static >/dev/null; then
  # The JSON headers alone: the cross compiler must not see the rest of /usr/include.
  mkdir -p "$4/include"
  ln -sfn /usr/include/nlohmann "$4/include/nlohmann"
  cmake -S "$here" -B "$4" -DCMAKE_TOOLCHAIN_FILE="$here/aarch64.cmake" -Djson_include="$4/include" >"$4/log"
  cmake --build "$4" >>"$4/log" || { tail -50 "$4/log"; exit 1; }
  digests=$(printf '%s\n%s' "$digests" "$(qemu-aarch64-static "$4/cross_isa_digest" | sed 's/$/ (aarch64)/')")
  sounds=$(printf '%s\n%s' "$sounds" "$(qemu-aarch64-static "$4/sound_digest" | sed 's/$/ (aarch64)/')")
  videos=$(printf '%s\n%s' "$videos" "$(qemu-aarch64-static "$4/video_digest" | sed 's/$/ (aarch64)/')")
else
  skipped=1
  echo "aarch64 cross compiler or qemu-aarch64-static is not installed: aarch64 not compared"
fi
# check DIGESTS EXPECTED
check() {
  printf '%s\n' "$1"
  [ "$(printf '%s\n' "$1" | cut -d' ' -f1 | sort -u)" = "$2" ] || { echo "expected $2"; exit 1; }
}
check "$digests" $expected
check "$sounds" $expected_sound
check "$videos" $expected_video
[ $skipped = 0 ] || exit 77
