"""Branch filters undone: docs/mixing.md, section 9."""


def undo_x86(data):
    at, before = 0, 0
    while at + 5 <= len(data):
        byte = data[at]
        branch = byte in (0xE8, 0xE9) or (before == 0x0F and byte & 0xF0 == 0x80)
        if branch and data[at + 4] in (0, 0xFF):
            operand = int.from_bytes(data[at + 1:at + 5], "little")
            moved = (operand - (at + 5)) % 2**25
            if moved >> 24:
                moved |= 0xFE000000
            data[at + 1:at + 5] = moved.to_bytes(4, "little")
        before = 0 if branch else byte
        at += 5 if branch else 1


def undo_arm64(data):
    for at in range(0, len(data) - 3, 4):
        word = int.from_bytes(data[at:at + 4], "little")
        if word >> 26 == 0b100101:  # BL
            word = word & ~0x03FFFFFF | (word - at // 4) % 2**26
        elif word >> 31 and word >> 24 & 31 == 0b10000:  # ADRP
            page = word >> 29 & 3 | (word >> 5 & 0x7FFFF) << 2
            page = (page - (at >> 12)) % 2**21
            word = word & ~(3 << 29 | 0x7FFFF << 5) | (page & 3) << 29 | page >> 2 << 5
        data[at:at + 4] = word.to_bytes(4, "little")
