"""The frames of a FLAC file from its samples and what its encoder chose: docs/audio.md, section 5.1."""

from dataclasses import dataclass, replace

from basics import DamagedFile
from choice_decoder import ChoiceDecoder
from flac_coefficients import fit, Rounding
from flac_frame import (block_code_fits, FIXED, Header, LEFT_SIDE, LINEAR, NUMBER_MASK, residual_of, signal_bits,
                        split_channels, Subframe, usual_block_code, usual_rate, usual_size_code, write_frame)
from flac_guesses import best_fixed_order, most_partition_order, PartitionGuesses, stereo_outlook
from flac_windows import CANDIDATES

(USUAL_HEADER, HEADER, ASSIGNMENT, KIND, USUAL_UNUSED, UNUSED, FIXED_ORDER, LINEAR_ORDER, PRECISION, CANDIDATE, USUAL_SHIFT,
 SHIFT, USUAL_COEFFICIENT, HIGHER_COEFFICIENT, COEFFICIENT, PLAIN_COEFFICIENT, WIDE, PARTITIONS, USUAL_PARAMETER,
 HIGHER_PARAMETER, FURTHER_PARAMETER, ESCAPED, RAW_BITS) = range(23)


@dataclass
class Before:
    """What the latest subframe of a channel had."""
    kind: int = 0
    fixed_order: int = 0
    linear_order: int = 0  # less one
    older_order: int = 0
    precision: int = 0
    candidate: int = 0
    misses: int = 0
    partition_order: int = 0
    wide: int = 0


class FrameReader:
    def __init__(self, choices, channels, bits, rate):
        if len(choices) < 3 or choices[0] >= len(CANDIDATES) or choices[1] > 32 or choices[2] > 15:
            raise DamagedFile("unknown settings of FLAC choices")
        self.windows, self.longest, self.most_partition_order = choices[:3]
        self.coder = ChoiceDecoder(choices[3:])
        self.channels, self.bits = channels, bits
        self.expected = Header(False, usual_block_code(4096), 4096, *usual_rate(rate), 0, usual_size_code(bits), 0)
        self.assignments = [0, 0]  # as coded, of the frame before and the second before
        self.before = [Before() for _ in range(channels)]

    def read(self, samples, most_bytes):
        """Of the samples from here on, interleaved: the size of the block and the bytes of the frame."""
        header = self._header(len(samples) // self.channels)
        samples = samples[:header.block * self.channels]
        header.assignment = self._assignment(samples)
        signals = split_channels(samples, self.channels, header.assignment)
        subframes, residuals = [], []
        for c in range(self.channels):
            subframe, signals[c], residual = self._subframe(self.before[c], signals[c], signal_bits(self.bits, header.assignment, c))
            subframes.append(subframe)
            residuals.append(residual)
        return header.block, write_frame(header, subframes, self.bits, signals, residuals, most_bytes)

    def _header(self, left):
        coder, header = self.coder, replace(self.expected)
        if header.block > left:
            header.block, header.block_code = left, usual_block_code(left)
        if not coder.bit(USUAL_HEADER):
            header.variable = bool(coder.bit(HEADER, 1))
            header.block_code = coder.bits(4, HEADER, 2)
            header.block = coder.bits(16, HEADER, 3) + 1
            header.rate_code = coder.bits(4, HEADER, 4)
            header.rate_extra = coder.bits(16, HEADER, 5)
            header.size_code = coder.bits(3, HEADER, 6)
            header.number = coder.bits(18, HEADER, 7) << 18
            header.number |= coder.bits(18, HEADER, 8)
        if header.block > left or not block_code_fits(header.block_code, header.block):
            raise DamagedFile("an impossible block of FLAC")
        step = header.block if header.variable else 1
        self.expected = replace(header, number=header.number + step & NUMBER_MASK)
        return header

    def _assignment(self, samples):
        if self.channels != 2:
            return self.channels - 1
        outlook, (before, older) = stereo_outlook(samples), self.assignments
        coded = self.coder.few(2, ASSIGNMENT, [outlook, 4 * outlook + before, 4 * before + older, 0])
        self.assignments = [coded, before]
        return coded + LEFT_SIDE - 1 if coded else 1

    def _subframe(self, before, signal, bits):
        coder, subframe = self.coder, Subframe()
        ones = 0
        for value in signal:
            ones |= value
        zeros = (ones & -ones).bit_length() - 1 if ones else 0
        subframe.unused = zeros if coder.bit(USUAL_UNUSED, min(zeros, 1)) else coder.bits(6, UNUSED)
        if subframe.unused >= bits:
            raise DamagedFile("more unused bits than bits")
        equal = int(min(signal) == max(signal))
        signal = [value >> subframe.unused for value in signal]
        subframe.kind = before.kind = coder.few(2, KIND, [2 * before.kind + equal, equal])
        if subframe.kind == FIXED:
            likely = best_fixed_order(signal)
            subframe.order = coder.few(3, FIXED_ORDER, [likely, 8 * likely + before.fixed_order, before.fixed_order])
            before.fixed_order = subframe.order
            if subframe.order > 4:
                raise DamagedFile("a fixed predictor that is not there")
        if subframe.kind == LINEAR:
            self._linear(subframe, before, signal)
        if subframe.order > len(signal):
            raise DamagedFile("a predictor that is longer than its block")
        if subframe.kind < FIXED:
            return subframe, signal, []
        residual = residual_of(subframe, signal)
        self._partitions(subframe, before, len(signal), residual)
        return subframe, signal, residual

    def _linear(self, subframe, before, signal):
        coder, candidates = self.coder, CANDIDATES[self.windows]
        order = coder.few(5, LINEAR_ORDER, [before.linear_order, 32 * before.linear_order + before.older_order, 1 << 16])
        before.linear_order, before.older_order = order, before.linear_order
        subframe.order = order + 1
        before.precision = coder.bits(4, PRECISION, before.precision)
        subframe.precision = max(1, before.precision)
        candidate = candidates
        if candidates and subframe.order <= len(signal):
            candidate = min(coder.few(4, CANDIDATE, [before.candidate, 1 << 16]), candidates)
            before.candidate = candidate
        if candidate < candidates:
            fitted = fit(self.windows, signal, subframe.order, self.longest, candidate)
            self._guessed_coefficients(subframe, before, Rounding(self.windows, fitted, subframe.precision))
            return
        subframe.shift = coder.bits(4, SHIFT, 1)
        size = subframe.precision
        plain = [coder.bits(size, PLAIN_COEFFICIENT, i) for i in range(subframe.order)]
        subframe.coefficients = tuple(v - (1 << size if v >> size - 1 else 0) for v in plain)

    def _guessed_coefficients(self, subframe, before, rounding):
        coder, limit = self.coder, 1 << subframe.precision - 1
        subframe.shift = rounding.shift if coder.bit(USUAL_SHIFT) else coder.bits(4, SHIFT)
        size = misses = 0
        coefficients = []
        for i in range(subframe.order):
            guess, missed = rounding.guess(i, subframe.shift), min(misses, 3)
            known = 4 * missed + min(before.misses, 3)
            if coder.decide(USUAL_COEFFICIENT, missed, [known, 16 * known + min(i, 15), size]):
                value, size = guess, 0
            else:
                higher = coder.bit(HIGHER_COEFFICIENT)
                off = (coder.number(COEFFICIENT, missed) & 0xFFFF) + 1
                value = min(max(guess + off if higher else guess - off, -limit), limit - 1)
                size = off.bit_length()
                misses += 1
            coefficients.append(value)
            rounding.take(value)
        before.misses = misses
        subframe.coefficients = tuple(coefficients)

    def _partitions(self, subframe, before, block, residual):
        coder = self.coder
        most = most_partition_order(block, subframe.order, self.most_partition_order)
        guesses = PartitionGuesses(residual, block, subframe.order, most, self.bits)
        l, f = guesses.orders
        order = coder.few(4, PARTITIONS, [l, 16 * l + f, 2 * (16 * l + before.partition_order) + 1, 4096 + 2 * most])
        subframe.partition_order = before.partition_order = order
        if block % (1 << order) or block >> order < subframe.order:
            raise DamagedFile("partitions that do not fit their block")
        partitions = guesses.partitions(order)
        likely = any(partition.guesses[0] > 14 for partition in partitions)
        subframe.wide = bool(coder.bit(WIDE, 2 * before.wide + likely))
        before.wide = int(subframe.wide)
        missed = 0
        for i, partition in enumerate(partitions):
            escaped, parameter, missed = self._parameter(subframe, partition, int(i == 0), missed)
            subframe.parameters.append((escaped, parameter))

    def _parameter(self, subframe, partition, first, missed):
        """Whether it is escaped; it, or the number of raw bits; t."""
        coder, most = self.coder, 30 if subframe.wide else 14
        l, f = (min(guess, most) for guess in partition.guesses)
        if coder.bit(ESCAPED, min(l, 2)):
            return True, coder.bits(5, RAW_BITS), missed
        a = min(max(l - f, -2), 2) + 2
        s, small = 4 * a + partition.place, min(partition.size, 4)
        if coder.decide(USUAL_PARAMETER, a, [8 * s + small, 64 * s + missed % 64, 5 * (missed % 16) + a, 5 * first + a,
                                             64 * subframe.kind + 4 * a + first]):
            return False, l, 4 * missed
        higher = coder.decide(HIGHER_PARAMETER, a, [8 * s + small, 5 * (missed % 16) + a, a])
        room, distance = most - l if higher else l, 1
        while distance < room and coder.bit(FURTHER_PARAMETER, min(distance, 15) + 32 * higher):
            distance += 1
        value = min(max(l + distance if higher else l - distance, 0), most)
        return False, value, 4 * missed + (2 if higher else 1)


def rebuild_frames(choices, samples, channels, bits, rate, most_bytes):
    """Of each frame: its number of samples of a channel, its bytes."""
    reader = FrameReader(choices, channels, bits, rate)
    frames, at = [], 0
    while at < len(samples):
        block, data = reader.read(samples[at:], most_bytes)
        frames.append((block, data))
        most_bytes -= len(data)
        at += block * channels
    return frames
