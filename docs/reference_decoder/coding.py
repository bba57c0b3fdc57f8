"""The arithmetic decoder: docs/mixing.md, section 1."""


class ArithmeticDecoder:
    def __init__(self, payload):
        self.payload = payload
        self.position = 4
        self.low = 0
        self.high = 0xFFFFFFFF
        self.value = int.from_bytes(payload[:4].ljust(4, b"\0"), "big")

    def decide(self, p1):
        """The next decision, which is a one with the probability p1 of 65536."""
        middle = self.low + ((self.high - self.low) * p1 >> 16)
        bit = int(self.value <= middle)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while (self.low ^ self.high) >> 24 == 0:
            self.low = self.low << 8 & 0xFFFFFFFF
            self.high = self.high << 8 & 0xFFFFFFFF | 255
            self.value = self.value << 8 & 0xFFFFFFFF | self._next_byte()
        return bit

    def _next_byte(self):
        byte = self.payload[self.position] if self.position < len(self.payload) else 0
        self.position += 1
        return byte
