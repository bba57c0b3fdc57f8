"""Encoders that are Python packages: by_python.py NAME [LEVEL], from standard input to standard output.

zlib-ng takes bytes and writes a zlib stream; oxipng and pillow take a PNG and write one. A process of its own, so that the
packages may be those of another Python, and take no memory of the bench's.
"""
import io
import sys


def zlib_ng(data, level):
    from zlib_ng import zlib_ng as library
    return library.compress(data, level)


def oxipng(png, level):
    import oxipng as library
    return library.optimize_from_memory(png, level=level)


def pillow(png, level):
    from PIL import Image
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "PNG", compress_level=level)
    return out.getvalue()


def main():
    write = {"zlib-ng": zlib_ng, "oxipng": oxipng, "pillow": pillow}[sys.argv[1]]
    sys.stdout.buffer.write(write(sys.stdin.buffer.read(), int(sys.argv[2])))


main()
