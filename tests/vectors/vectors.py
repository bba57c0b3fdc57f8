"""Golden archives: makes them (make) or compares with them (test). See README.md in this folder.

  vectors.py make|test PROGRAM
  vectors.py inputs FOLDER NAME...     writes inputs as files, for other tests

The inputs are the text files of bench/samples and a few made here; nothing depends on the machine.
"""
import hashlib
import io
import os
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOOD, BAD, MANIFEST = HERE / "good", HERE / "bad", HERE / "manifest.txt"
SKIP = 77


def made_inputs():
    """Small inputs at the edges: {name: bytes}"""
    state, noise = 1, bytearray()
    for _ in range(70000):
        state = (state * 1664525 + 1013904223) % 2**32
        noise.append(state >> 24)
    x86, arm64 = bytearray(), bytearray()
    for i in range(500):  # calls of sixteen functions, between other instructions
        for place in noise[4 * i:4 * i + 3]:
            x86 += bytes([0x48, 0x8B, 0x40 + place % 8, place % 32 * 8])
            arm64 += ((0xF9400000 | place % 32 << 10 | place % 8 << 5).to_bytes(4, "little"))
        target = noise[4 * i + 3] % 16 * 512
        x86 += b"\xE8" + ((target - len(x86) - 5) % 2**32).to_bytes(4, "little")
        arm64 += (0x94000000 | (target - len(arm64)) // 4 % 2**26).to_bytes(4, "little")
    table = "".join(f"{7000 + 3 * i},{noise[i]:03d},\"{['on', 'off', 'idle'][noise[i + 1] % 3]}\",{noise[i + 2] / 8:.3f};{i:05d}\n"
                    for i in range(200)).encode()
    records = b"".join((3000000 + 7 * i).to_bytes(4, "little") + bytes([noise[i] % 5, 0, i % 3, 9 + noise[i + 1] // 64])
                       for i in range(400))
    images = made_images(noise)
    archive = tar_of({"records": records, "table": table, "noise": bytes(noise), "table-2": table[2000:5000]})
    pictures = tar_of({"photo.ppm": images["photo.ppm"], "table": table[:1000], "gray16.pgm": images["gray16.pgm"]}, padded=False)
    jpeg = (ROOT / "lmc/media/jpeg/testdata/baseline_420.jpg").read_bytes()
    return {**images, "archive": archive, "pictures": pictures, "pictures-inside": table + jpeg + images["synthetic.png"] + noise[:99], "records": records, "table": table, "x86-code": bytes(x86), "arm64-code": bytes(arm64), "empty": b"", "one-byte": b"x", "all-equal": b"a" * 1000, "noise-300": bytes(noise[:300]),
            "noise-70000": bytes(noise), "pattern": bytes(noise[:300]) * 30 + table[:500],
            "holes": bytes(noise[:5000]) + bytes(60000) + table + bytes(noise[:5000]), "utf8": "Grüße, 世界! Ελληνικά, русский.\n".encode() * 3,
            "not-utf8": bytes(range(256)) * 2, "sound.wav": sound(noise, 2, 2, 700), "sound-24.wav": sound(noise, 1, 3, 500),
            "sound-float.wav": float_sound(noise), "sound-long.wav": long_sound(noise), "tables.gz": gzip_of(table) + gzip_of(records + table[:900]),
            "clip.y4m": clip(noise, b"C420jpeg", 24, 16, 6, 2, 1), "clip-10.y4m": clip(noise, b"C444p10 XCOLORRANGE=FULL", 12, 10, 3, 1, 2)}


def sound(noise, channels, sample_bytes, frames):
    """A WAV file: a few parabolas and noise, a chunk behind them."""
    data = bytearray()
    for t in range(frames):
        for c in range(channels):
            phase = (t * (37 + t // 50) + 300 * c) % 2000 - 1000
            data += ((phase * (1000 - abs(phase)) // 20 + noise[2 * t + c] // 4 + 200 * c) * 256 ** (sample_bytes - 2)
                     ).to_bytes(sample_bytes, "little", signed=True)
    rate, frame = 44100, channels * sample_bytes
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * frame, frame, 8 * sample_bytes)
    body += b"data" + struct.pack("<I", len(data)) + data + b"LIST\x04\0\0\0INFO"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def float_sound(noise):
    """A WAV file of floating-point samples that are no integers times a power of two."""
    data = b"".join(struct.pack("<f", ((t * 37) % 2000 - 1000 + noise[t] / 16) / 30011) for t in range(500))
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 44100, 176400, 4, 32) + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def long_sound(noise):
    """A WAV file of more than 2^20 samples, most of them silence: it becomes two blocks."""
    data = bytes(noise[:300]) + bytes([128]) * 1100000
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def clip(noise, form, width, height, frames, shrink, sample_bytes):
    """A Y4M file: a texture that slides over a still one, with a little noise; the last frame is cut short."""
    out = bytearray(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 %s\n" % (width, height, form))
    for t in range(frames):
        out += b"FRAME\n"
        for plane in range(3):
            divide = shrink if plane else 1
            for y in range(height // divide):
                for x in range(width // divide):
                    moved = (x * divide + 2 * t) * 7 + y * divide * 5 if y * divide > height // 2 else x * x + 3 * y
                    value = 60 + 20 * plane + moved % 97 + noise[(t * height + y) * width + x + plane] // 64
                    out += (value * 4 ** (sample_bytes - 1)).to_bytes(sample_bytes, "little")
    return bytes(out[:-7])


def gzip_of(data):
    """One block in fixed codes, its matches found by a way of its own: no compressor's version has a part in it."""
    bits, last, at = ["1", "10"], {}, 0

    def word(symbol):  # RFC 1951, 3.2.6
        for first, count, code, length in ((0, 144, 0x30, 8), (144, 112, 0x190, 9), (256, 24, 0, 7), (280, 8, 0xC0, 8)):
            if first <= symbol < first + count:
                return f"{code + symbol - first:0{length}b}"

    while at < len(data):
        begin = last.get(data[at:at + 4])
        last[data[at:at + 4]] = at
        if begin is None or at - begin > 4096:
            bits.append(word(data[at]))
            at += 1
            continue
        length = 4
        while length < 10 and at + length < len(data) and data[begin + length] == data[at + length]:
            length += 1
        distance = at - begin
        extra = max((distance - 1).bit_length() - 2, 0)
        symbol = 2 * extra + (distance - 1 >> extra)
        bits += [word(254 + length), f"{symbol:05b}", f"{distance - 1 & (1 << extra) - 1:0{extra}b}"[::-1] if extra else ""]
        at += length
    bits.append(word(256))
    text = "".join(bits)
    stream = bytes(sum((text[i + k:i + k + 1] == "1") << k for k in range(8)) for i in range(0, len(text), 8))
    assert zlib.decompress(stream, -15) == data
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + stream + struct.pack("<II", zlib.crc32(data), len(data))


def tar_of(files, padded=True):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        end = tar.offset + 1024  # without the zeros that fill the last record
    return archive.getvalue() if padded else archive.getvalue()[:end]


def stored_png(width, height, rows):
    """A PNG of RGB rows whose deflate stream stores: no compressor's version has a part in it."""
    raw = b"".join(b"\0" + row for row in rows)
    stream = b"\x78\x01\x01" + struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF) + raw + struct.pack(">I", zlib.adler32(raw))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def photo_cd(noise):
    """Luma and chroma of a Photo CD: chroma lies on every second pixel, what is between is a mean."""
    def chroma(x, y, grey, first):
        near = [(x // 2, y // 2), (x // 2 + x % 2, y // 2), (x // 2, y // 2 + y % 2), (x // 2 + x % 2, y // 2 + y % 2)]
        return (sum(grey - 9 + u + v // 2 + noise[first + 20 * v + u] % 4 for u, v in near) + 2) // 4 - grey

    out = bytearray()
    for y in range(29):
        for x in range(37):
            luma = 13584 * (50 + x + y + noise[y * 37 + x] % 6)
            blue, red = 22179 * chroma(x, y, 156, 0), 18215 * chroma(x, y, 137, 400)
            out += bytes(((luma + red) // 10000, (luma - 1940 * (blue // 10000) - 5090 * (red // 10000)) // 10000,
                          (luma + blue) // 10000))
    return b"P6\n37 29\n255\n" + out


EVEN = (8192,) * 4, (10703, 4433, -4433, -10703), (8192, -8192, -8192, 8192), (4433, -10704, 10704, -4433)
ODD = (11363, 9633, 6437, 2260), (9633, -2259, -11362, -6436), (6437, -11362, 2261, 9633), (2260, -6436, 9633, -11363)


def inverse_dct(values):
    """docs/pixels.md, section 9: 64 coefficients times their steps to samples."""
    def lines(values, shift):  # of columns; gives them as rows
        out = []
        for column in range(8):
            even = [sum(EVEN[i][n] * values[16 * i + column] for i in range(4)) for n in range(4)]
            odd = [sum(ODD[i][n] * values[16 * i + 8 + column] for i in range(4)) for n in range(4)]
            both = [even[n] + odd[n] for n in range(4)] + [even[n] - odd[n] for n in (3, 2, 1, 0)]
            out += [each + (1 << shift - 1) >> shift for each in both]
        return out

    return [min(max(sample + 128, 0), 255) for sample in lines(lines(values, 11), 18)]


def decoded_jpeg(noise, width=108, height=91):
    """What libjpeg makes of coefficients by chance: quality 75, chroma of half the size, smoothly doubled."""
    planes = []
    for which in range(3):
        across, down = (width + 15) // 16 * (1 if which else 2), (height + 15) // 16 * (1 if which else 2)
        plane = [[0] * (8 * across) for _ in range(8 * down)]
        for block in range(across * down):
            x, y = block % across, block // across
            chance = noise[(1 + which) * 9000 + 16 * block:][:16]
            values = [0] * 64
            values[0] = 9 * (x + y - 8 + chance[15] % 5) if which else 8 * (5 * x - 3 * y + chance[15] % 12)
            inside = x + 1 < across and y + 1 < down
            for wave in range(0, 15 if inside else 0, 3):  # the places 1, 8, 9 and 2; steps of libjpeg's quality 75
                place, step = ((1, 9), (8, 9), (9, 11), (2, 12))[chance[wave] % 4] if which else \
                              ((1, 6), (8, 6), (9, 6), (2, 5))[chance[wave] % 4]
                values[place] = step * (chance[wave + 1] % 5 - 2 if which else chance[wave + 1] % 9 - 4)
            for n, sample in enumerate(inverse_dct(values)):
                plane[8 * y + n // 8][8 * x + n % 8] = sample
        planes.append(plane)
    across, down = (width + 1) // 2, (height + 1) // 2

    def chroma(plane, x, y):
        far_x = min(max(x // 2 + (1 if x % 2 else -1), 0), across - 1)
        far_y = min(max(y // 2 + (1 if y % 2 else -1), 0), down - 1)
        near, far = plane[y // 2], plane[far_y]
        return (9 * near[x // 2] + 3 * near[far_x] + 3 * far[x // 2] + far[far_x] + (7 if x % 2 else 8) >> 4) - 128

    out = bytearray()
    for y in range(height):
        for x in range(width):
            luma, blue, red = planes[0][y][x], chroma(planes[1], x, y), chroma(planes[2], x, y)
            made = luma + (91881 * red + 32768 >> 16), luma + (-22554 * blue - 46802 * red + 32768 >> 16), \
                luma + (116130 * blue + 32768 >> 16)
            out += bytes(min(max(sample, 0), 255) for sample in made)
    out[15000] ^= 1  # as if someone had retouched it
    return b"P6\n%d %d\n255\n" % (width, height) + out


def made_images(noise):
    """Slopes with noise, in three channels and in 16 bits with gaps; flat areas; luma with chroma of half the size."""
    photo, gray16, synthetic, decoded = bytearray(), bytearray(), [], bytearray()
    for y in range(29):
        for x in range(37):
            base = 3 * x + 2 * y + 60 * ((x // 9 + y // 7) % 2)
            photo += bytes(base + c * 9 + noise[(y * 37 + x) * 3 + c] % 5 for c in range(3))
            luma, place = 60 + base // 3 + noise[y * 37 + x] % 7, y // 2 * 19 + x // 2
            blue, red = 8 * (noise[place] % 4) - 20 + x // 2, 30 - y // 2 * 2 + noise[place + 500] % 5
            decoded += bytes((luma + (91881 * red + 32768 >> 16), luma + (-22554 * blue - 46802 * red + 32768 >> 16),
                              luma + (116130 * blue + 32768 >> 16)))
            gray16 += struct.pack(">H", (base * 3 + noise[y * 37 + x] % 8) * 16)
        synthetic.append(b"".join(b"\x20\x40\x80" if (x // 6 + y // 5) % 3 else b"\xff\xf0\x00" for x in range(37)))
    return {"photo.ppm": b"P6\n37 29\n255\n" + photo, "gray16.pgm": b"P5\n37 29\n65535\n" + gray16,
            "synthetic.png": stored_png(37, 29, synthetic), "photo_cd.ppm": photo_cd(noise), "decoded_jpeg.ppm": decoded_jpeg(noise),
            "decoded.ppm": b"P6\n37 29\n255\n" + decoded, "synthetic.ppm": b"P6\n37 29\n255\n" + b"".join(synthetic)}


def inputs():
    samples = {p.name: p.read_bytes() for p in sorted((ROOT / "bench/samples").iterdir())
               if p.is_file() and p.name != "README.md"}
    images = {name: (ROOT / "bench/samples/images" / name).read_bytes() for name in ("daisy.png", "dandelion.jpg")}
    images["synthetic.webp"] = (ROOT / "lmc/media/image/testdata/palette-4.webp").read_bytes()
    for name in ("libtiff-lzw.tif", "libtiff-tiles.tif", "libtiff-packbits-pages.tif", "imagemagick-animation.gif",
                 "gifsicle-small-frames.gif"):
        images[name] = (ROOT / "lmc/media/image/testdata" / name).read_bytes()
    sounds = {name: (ROOT / "lmc/media/audio/testdata" / name).read_bytes() for name in ("thirds.flac", "ffmpeg.flac", "24-bits.flac", "libogg.oga")}
    return {**made_inputs(), **samples, **images, **sounds}


# name of the vector: (input, options).
def vectors():
    out = {}
    for name in inputs():
        if name == "sound-long.wav":  # takes seconds
            continue
        out[f"{name}.level5"] = ([name], ["-5"])
    for name in ("utf8", "not-utf8", "marshalling_test.cc"):
        out[f"{name}.level1"] = ([name], ["-1"])
    out["photo.ppm.level6"] = (["photo.ppm"], ["-6"])
    for name in ("photo.ppm", "synthetic.ppm", "decoded.ppm"):
        out[f"{name}.level7"] = ([name], ["-7"])
    for name in ("photo.ppm", "gray16.pgm", "synthetic.png", "synthetic.ppm", "decoded.ppm", "photo_cd.ppm", "decoded_jpeg.ppm", "dandelion.jpg", "sound.wav", "clip.y4m"):
        out[f"{name}.level1"] = ([name], ["-1"])
        out[f"{name}.level9"] = ([name], ["-9"])
    out["sound-long.wav.level1"] = (["sound-long.wav"], ["-1"])
    out["tables.gz.level1"] = (["tables.gz"], ["-1"])
    out["noise-300.level0"] = (["noise-300"], ["-0"])
    out["joined.level5"] = (["utf8", "one-byte", "empty"], ["-5", "-c"])
    out["marshalling_test.cc.level3"] = (["marshalling_test.cc"], ["-3"])
    out["grouped.level1"] = (["utf8", "noise-70000", "marshalling_test.cc"], ["-1", "-c", "--solid"])
    out["blocks.level1"] = (["dc-code-title1.txt", "noise-70000"], ["-1", "-c", "--block-size", "128K"])
    return out


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def compress(program, names, options, more=()):
    contents = inputs()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for each in names:
            (folder / each).write_bytes(contents[each])
        if "-c" not in options:
            options = [*options, "-c"]
        done = subprocess.run([program, "-q", *options, *more, *names], cwd=folder, capture_output=True, check=True)
    return done.stdout, b"".join(contents[each] for each in names)


def restore(program, packed, more=()):
    done = subprocess.run([program, "-q", "-d", *more], input=packed, capture_output=True)
    return done.returncode, done.stdout


# "hello" in the full form, as docs/format.md has it.
FULL = bytes.fromhex("F74C4D4302011600 0500000000000000 40CA7660 0000 05000000 05000000 4CBB719A 4ED9 68656C6C6F"
                     "FF 14 01 0505 2CF24DBA5FB0A30E26E83B2AC5B9E29E 82A58A1D 21000000 434D4CF7")


def bad_files(tiny):
    """Damaged versions of good archives: {name: bytes}"""
    def flipped(good):
        out = bytearray(good)
        out[len(good) // 2] ^= 4
        return bytes(out)

    return {"cut-short": tiny[:-1], "flipped-bit": flipped(tiny), "wrong-magic": b"\x79" + tiny[1:],
            "trailing-bytes": tiny + b"\0", "trailing-frame": tiny + FULL[:-1], "full-cut-short": FULL[:-1],
            "full-flipped-bit": flipped(FULL), "newer-version": FULL[:4] + b"\x03" + FULL[5:]}


def make(program):
    for folder in (GOOD, BAD):
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    lines = []
    for name, (names, options) in vectors().items():
        packed, content = compress(program, names, options)
        (GOOD / f"{name}.lmc").write_bytes(packed)
        lines.append(f"{name} {len(packed)} {sha256(packed)} {sha256(content)}")
    for name, data in bad_files((GOOD / "joined.level5.lmc").read_bytes()).items():
        (BAD / f"{name}.lmc").write_bytes(data)
    MANIFEST.write_text("# name, bytes, SHA-256 of the archive, SHA-256 of the content\n" + "\n".join(lines) + "\n")
    print(f"vectors: {len(lines)} made")


def test(program):
    if not MANIFEST.exists():
        print("vectors: skipped, there are none yet (tests/vectors/make makes them when the built-in model is there)")
        return SKIP
    problems = []
    listed = [line.split() for line in MANIFEST.read_text().splitlines() if not line.startswith("#")]
    known = vectors()
    fewer = "LMC_FEWER_VECTORS" in os.environ  # for builds that are slow: no large ones, and each decoded once
    listed = [entry for entry in listed if not fewer or int(entry[1]) <= 20000]
    for name, _, packed_hash, content_hash in listed:
        path = GOOD / f"{name}.lmc"
        packed = path.read_bytes()
        if sha256(packed) != packed_hash:
            problems.append(f"{path.name}: the archive itself has changed")
        for more in ((), ("-T1", "--isa", "scalar"))[:1 if fewer else 2]:
            code, content = restore(program, packed, more)
            if code != 0 or sha256(content) != content_hash:
                problems.append(f"{path.name}: does not decode to its content {more}")
        if name in known and compress(program, *known[name])[0] != packed:
            problems.append(f"{path.name}: compressing its input again gives other bytes")
    for path in sorted(BAD.iterdir()):
        code, _ = restore(program, path.read_bytes())
        if code != 3:
            problems.append(f"bad/{path.name}: exit code {code}, expected 3")
    print("\n".join(problems) or f"vectors: {len(listed)} archives compared")
    return 1 if problems else 0


def write_inputs(folder, names):
    contents = inputs()
    for name in names:
        (pathlib.Path(folder) / name).write_bytes(contents[name])


def main():
    if len(sys.argv) > 3 and sys.argv[1] == "inputs":
        return write_inputs(sys.argv[2], sys.argv[3:])
    if len(sys.argv) != 3 or sys.argv[1] not in ("make", "test"):
        sys.exit(__doc__)
    sys.exit(make(sys.argv[2]) if sys.argv[1] == "make" else test(sys.argv[2]))


main()
