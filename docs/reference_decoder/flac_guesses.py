"""Guesses of channels, fixed predictors, partitions and parameters: docs/audio.md, sections 5.1 and 5.2."""

from itertools import accumulate


def stereo_outlook(samples):
    """L, of two interleaved channels."""
    left, right = samples[::2], samples[1::2]
    seconds = [[a - 2 * b + c for a, b, c in zip(of[2:], of[1:], of)] for of in (left, right)]
    sums = (sum(map(abs, seconds[0])), sum(map(abs, seconds[1])), sum(abs(a + b >> 1) for a, b in zip(*seconds)),
            sum(abs(a - b) for a, b in zip(*seconds)))
    bits = []
    for total in sums:
        mean = 32 * (total + 1) // (len(left) + 1)
        size = mean.bit_length()
        bits.append(16 * size + (mean >> size - 5 & 15 if size >= 5 else 0))
    costs = bits[0] + bits[1], bits[0] + bits[3], bits[1] + bits[3], bits[2] + bits[3]
    least, second = sorted(costs)[:2]
    return 8 * costs.index(least) + min(7, (second - least).bit_length())


def best_fixed_order(signal):
    """M of section 5.1."""
    sums = []
    for order in range(5):
        sums.append(sum(map(abs, signal[4 - order:])))
        signal = [b - a for a, b in zip(signal, signal[1:])]
    return sums.index(min(sums))


def most_partition_order(block, order, most):
    return max((k for k in range(1, most + 1) if block % (1 << k) == 0 and block >> k > order), default=0)


class Partition:
    """Of a residual: number, A and Z, and what follows from them."""

    def __init__(self, residual, most_parameter):
        n = self.n = len(residual)
        self.sizes = sum(map(abs, residual))
        self.folded = sum(2 * v if v >= 0 else -2 * v - 1 for v in residual)
        self.above = self.folded - n // 2  # x
        first = (((self.sizes - 1) * ((1 << 18) // n)) >> 18).bit_length() if n and self.sizes >= 2 else 0
        second = max(min(self.above // n, 2 ** 31 - 1).bit_length() - 1, 0) if n and self.above > 0 else 0
        self.guesses = min(first, most_parameter), min(second, most_parameter)
        eighths = 8 * self.folded // max(n, 1)
        self.size = eighths.bit_length()  # z
        self.place = eighths >> self.size - 3 & 3 if self.size >= 3 else 0  # y

    def costs(self):
        l, f = self.guesses
        first = 4 + (l + 1) * self.n + (self.sizes >> l - 1 if l else 2 * self.sizes) - self.n // 2
        return first, 4 + (f + 1) * self.n + (self.above >> f)


class PartitionGuesses:
    def __init__(self, residual, block, order, most, bits):
        self.residual, self.block, self.order = residual, block, order
        self.most_parameter = 30 if bits > 16 else 14
        costs = [[sum(each) for each in zip(*(p.costs() for p in self.partitions(k)))] for k in range(most + 1)]
        # The guesses l and f of the order.
        self.orders = [min(range(most, -1, -1), key=lambda k: costs[k][guess]) for guess in range(2)]

    def partitions(self, partition_order):
        each = self.block >> partition_order
        ends = accumulate([each] * (1 << partition_order))
        return [Partition(self.residual[max(end - each - self.order, 0):end - self.order], self.most_parameter) for end in ends]
