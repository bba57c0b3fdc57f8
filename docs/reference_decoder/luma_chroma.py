"""Luma and chroma of a tile: docs/pixels.md, section 8."""

import numpy as np

from basics import DamagedFile

HALF_WIDTH, HALF_HEIGHT, SMOOTH, ODD_COLUMN, ODD_ROW, PHOTO_CD = 1, 2, 4, 8, 16, 32


class Axis:
    """Columns or rows of chroma."""

    def __init__(self, half, odd, sited):
        self.half, self.sited, self.lead = half, sited, 1 if odd else 0 if sited else 2

    def size(self, pixels):
        return ((pixels + self.lead) >> 1) + 1 if self.half else pixels

    def places(self, pixels):
        """Of each pixel the near and the far sample, and whether it is the first of its pair."""
        place = np.arange(pixels) + (self.lead if self.half else 0)
        if not self.half:
            return place, place, place >= 0
        near, first = place >> 1, place % 2 == 0
        if self.sited:
            return near, near + 1 - first, first  # on a sample no other counts
        return near, np.where(first, near - 1, near + 1), first


class Grid:
    def __init__(self, byte):
        self.smooth = bool(byte & SMOOTH)
        self.photo_cd = bool(byte & PHOTO_CD)
        self.across = Axis(bool(byte & HALF_WIDTH), bool(byte & ODD_COLUMN), self.photo_cd)
        self.down = Axis(bool(byte & HALF_HEIGHT), bool(byte & ODD_ROW), self.photo_cd)
        halved = self.across.half or self.down.half
        if (byte > 63 or (self.smooth and not halved) or (self.photo_cd and self.smooth != halved)
                or (byte & ODD_COLUMN and not self.across.half) or (byte & ODD_ROW and not self.down.half)):
            raise DamagedFile("an unknown grid of chroma")

    def size(self, width, height):
        return self.across.size(width), self.down.size(height)

    def spread(self, plane, width, height):
        """A plane of chroma for every pixel."""
        columns, far_columns, first_column = self.across.places(width)
        rows, far_rows, first_row = self.down.places(height)
        near = plane[rows][:, columns]
        if not self.smooth:
            return near
        if self.photo_cd:
            corners = (plane[r][:, c] for r in (rows, far_rows) for c in (columns, far_columns))
            return (sum(corners) + 2) >> 2  # the same as a mean of two or one, as those then stand here twice or four times
        if self.across.half and self.down.half:
            beside, below, both = plane[rows][:, far_columns], plane[far_rows][:, columns], plane[far_rows][:, far_columns]
            return (9 * near + 3 * beside + 3 * below + both + np.where(first_column, 8, 7)) >> 4
        if self.across.half:
            return (3 * near + plane[rows][:, far_columns] + np.where(first_column, 1, 2)) >> 2
        return (3 * near + plane[far_rows][:, columns] + np.where(first_row, 1, 2)[:, None]) >> 2


class LumaChroma:
    def __init__(self, reader, width, height, channels, bits):
        if channels < 3 or bits != 8:
            raise DamagedFile("luma and chroma of a picture that is not of three channels of 8 bits")
        self.grid = Grid(reader.integer(1, "grid of chroma"))
        self.planes, self.exceptions, following = [], [], 0
        count = reader.varint("number of exceptions")
        if count > width * height:
            raise DamagedFile("more exceptions than pixels")
        for _ in range(count):
            place = following + reader.varint("place of an exception")
            if place >= width * height:
                raise DamagedFile("an exception behind the last pixel")
            self.exceptions.append((place, tuple(reader.take(3, "exception"))))
            following = place + 1

    def photo_cd_rgb(self, width, height):
        luma = 13584 * self.planes[0]
        blue = 22179 * (self.grid.spread(self.planes[1], width, height) - 156)
        red = 18215 * (self.grid.spread(self.planes[2], width, height) - 137)
        return np.stack((luma + red, luma - 1940 * (blue // 10000) - 5090 * (red // 10000), luma + blue), axis=-1) // 10000

    def jpeg_rgb(self, width, height):
        luma = self.planes[0]
        blue, red = (self.grid.spread(plane, width, height) - 128 for plane in self.planes[1:])
        return np.stack((luma + ((91881 * red + 32768) >> 16), luma + ((-22554 * blue - 46802 * red + 32768) >> 16),
                        luma + ((116130 * blue + 32768) >> 16)), axis=-1)

    def rgb(self, width, height):
        out = (self.photo_cd_rgb if self.grid.photo_cd else self.jpeg_rgb)(width, height).clip(0, 255)
        for place, rgb in self.exceptions:
            out[place // width, place % width] = rgb
        return out
