#!/bin/sh
# cross_program_test.sh PROGRAM BUILD_FOLDER: builds lmc for aarch64 and compares what the two programs write and read.
# 77: the cross compiler, qemu or OpenSSL for aarch64 is not installed (scripts/install-deps.sh --cross).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
native=$1
folder=$2
crypto=/usr/lib/aarch64-linux-gnu/libcrypto.a
for needed in aarch64-linux-gnu-g++ qemu-aarch64-static; do
  command -v $needed >/dev/null || { echo "skipped: no $needed"; exit 77; }
done
[ -f $crypto ] || { echo "skipped: no $crypto"; exit 77; }

cmake -G Ninja -S "$here/../.." -B "$folder" -DCMAKE_TOOLCHAIN_FILE="$here/../cross_isa/aarch64.cmake" \
  -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DLMC_TESTS=OFF -DOPENSSL_CRYPTO_LIBRARY=$crypto \
  -DOPENSSL_INCLUDE_DIR=/usr/include >"$folder.log" 2>&1 || { tail -n 40 "$folder.log"; exit 1; }
cmake --build "$folder" --target lmc_program >>"$folder.log" 2>&1 || { tail -n 40 "$folder.log"; exit 1; }
other="qemu-aarch64-static $folder/tools/lmc/lmc"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A few KB of each sample: qemu is slow.
head -c 6000 "$here/../../bench/samples/beryl-coronet.md" >"$work/prose"
head -c 6000 "$here/../../bench/samples/factbook-portugal.json" >"$work/json"
head -c 3000 "$native" >"$work/machine-code"
head -c 140000 "$native" >"$work/blocks"
: >"$work/empty"
# A photograph, a PNG, a decoded JPEG picture, a JPEG, a table, and several kinds in groups: inputs of the golden archives.
python3 "$here/../vectors/vectors.py" inputs "$work" photo.ppm synthetic.png decoded_jpeg.ppm pictures-inside table
cp "$here/../../lmc/media/jpeg/testdata/progressive_420.jpg" "$work/jpeg"
compare() {
  level=$1
  shift
  for file in "$@"; do
    "$native" -q -f "-$level" --block-size 128K "$work/$file" -o "$work/native.lmc"
    $other -q -f "-$level" --block-size 128K "$work/$file" -o "$work/other.lmc"
    cmp "$work/native.lmc" "$work/other.lmc"
    "$native" -q -d -c "$work/other.lmc" | cmp - "$work/$file"
    $other -q -d -c "$work/native.lmc" | cmp - "$work/$file"
    echo "level $level, $file: the same $(wc -c <"$work/native.lmc") bytes"
  done
}
compare 0 empty prose blocks
compare 1 prose json machine-code
compare 9 prose json machine-code
for level in 1 5 9; do compare $level photo.ppm synthetic.png decoded_jpeg.ppm jpeg table; done
compare 5 pictures-inside
