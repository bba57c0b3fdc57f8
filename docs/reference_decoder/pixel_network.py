"""From a sample's surroundings to a mixture of logistics: docs/pixels.md, sections 3 and 4."""

import numpy as np

from logistic import exp_binary64, f32
from model_file import BadModel

NEIGHBOURS, INPUTS, COMPONENTS = 42, 48, 5
OUTPUTS = 3 * COMPONENTS

# (row, first column, last column); of the plane itself, and of each plane before
_OWN = [[(0, -5, -1), (-1, -5, 3), (-2, -4, 4), (-3, -3, 4), (-4, -3, 3), (-5, -1, 2)],
        [(0, -3, -1), (-1, -3, 3), (-2, -3, 3), (-3, -1, 2)],
        [(0, -3, -1), (-1, -2, 3), (-2, -2, 2), (-3, 0, 1)]]
_EARLIER = [[],
            [(-2, -1, 1), (-1, -2, 2), (0, -2, 2), (1, -2, 2), (2, -1, 1)],
            [(-2, 0, 0), (-1, -1, 1), (0, -2, 2), (1, -1, 1), (2, 0, 0)]]


def _rough_log2(n):
    exponent = n.bit_length() - 1
    m = f32(n) / f32(1 << exponent) - f32(1)
    return f32(exponent) + m * (f32(1.344) - f32(0.344) * m)


def _bounded(scaled):
    """Integers (held in floats) of one input or of an array of them."""
    return np.rint(np.minimum(np.maximum(scaled, f32(-2047)), f32(2047)))


class Neighbourhood:
    def __init__(self, role, plane):
        """plane: any of the tile's; all have the same places."""
        self.role = role
        steps = [[plane.step(x, y) for y, first, last in runs for x in range(first, last + 1)]
                 for runs in (_OWN[role], _EARLIER[role])]
        self.own_steps, self.earlier_steps = (np.array(s, np.int64) for s in steps)
        corners = [(-1, 0), (0, -1), (-1, -1), (1, -1), (-2, 0), (0, -2)]
        self.near_steps = np.array([plane.step(x, y) for x, y in corners])

    def centre_of(self, plane, place):
        """In sixteenths of a sample."""
        w, n, nw, ne = (int(s) for s in plane.samples[place + self.near_steps[:4]])
        return 2 * (3 * w + 3 * n + nw + ne)

    def gather(self, own, earlier, place):
        """The inputs, the centre c and the scale s, both in samples."""
        centre = self.centre_of(own, place)
        differences = [16 * own.samples[place + self.own_steps] - centre]
        own_sum = int(np.abs(differences[0]).sum())
        for plane in earlier:
            differences.append(16 * plane.samples[place + self.earlier_steps] - self.centre_of(plane, place))
        differences = np.concatenate(differences)
        all_sum = int(np.abs(differences).sum())
        near = int(np.abs(16 * own.samples[place + self.near_steps] - centre).sum())

        c = f32(centre) * f32(0.0625)
        s = max(f32(all_sum) * (f32(0.0625) / f32(NEIGHBOURS)), f32(0.375))
        x = np.zeros(INPUTS, f32)
        x[:NEIGHBOURS] = _bounded(differences.astype(f32) * (f32(8) / s))
        inverse = f32(1) / s
        log_sum = _rough_log2(all_sum + 42)
        peak = f32((1 << own.bits) - 1)
        further = [(log_sum - f32(10)) * f32(0.5), inverse * f32(4), c * inverse * f32(0.5),
                   (peak - c) * inverse * f32(0.5), _rough_log2(7 * near + 42) - log_sum,
                   f32(0) if self.role == 0 else _rough_log2(own_sum + 42) - log_sum]
        x[NEIGHBOURS:] = [_bounded(value * f32(128)) for value in further]
        return x.astype(np.int64), c, s


_EXP2_POLYNOMIAL = [f32(c) for c in (1.5403530e-4, 1.3333558e-3, 9.6181291e-3, 5.5504109e-2, 2.4022651e-1,
                                     6.9314718e-1, 1.0)]


def exp2(x):
    """2^x of an array, bounded to x within +-100."""
    x = np.minimum(np.maximum(x, f32(-100)), f32(100))
    whole = np.rint(x)
    f = x - whole
    total = _EXP2_POLYNOMIAL[0]
    for coefficient in _EXP2_POLYNOMIAL[1:]:
        total = total * f + coefficient
    return np.ldexp(total, whole.astype(np.int32))


class LogisticCurve:
    """The logistic function by straight lines, in units of 2^-24."""

    STEPS = f32(1024) / f32(24)

    def __init__(self):
        points = np.array([int(16777216.0 / (1.0 + exp_binary64(12.0 - i * 24.0 / 1024.0))) for i in range(1026)])
        self.values = points[:-1]
        self.rises = np.diff(points).astype(f32)

    def at(self, z):
        """Of one np.float32 or of an array of them."""
        z = np.where(z < f32(-12), f32(-12), np.where(z > f32(11.99), f32(11.99), z))
        position = z * self.STEPS + f32(12) * self.STEPS
        i = position.astype(np.int64)
        return self.values[i] + (self.rises[i] * (position - i.astype(f32))).astype(np.int64)


CURVE = LogisticCurve()
TOTAL = 1 << 39  # the mass of a mixture
_LOG2E = f32(1.4426950)


class Mixture:
    """Five weights of 2^15, centres and widths in samples."""

    def __init__(self, out, c, s):
        logits, means, widths = out[:5], out[5:10], out[10:]
        shares = (exp2((logits - logits.max()) * _LOG2E) * f32(65536)).astype(np.int64)
        self.weights = (shares << 15) // shares.sum()
        self.weights[0] = (1 << 15) - self.weights[1:].sum()
        self.centres = c + np.minimum(np.maximum(means, f32(-64)), f32(64)) * s
        widths = np.maximum(exp2(widths * _LOG2E) * s, f32(0.02))
        self.inverses = f32(1) / widths
        self.mean = self.spread = f32(0)
        for weight, centre, width in zip(self.weights.astype(f32) * f32(1 / 32768), self.centres, widths):
            self.mean = self.mean + weight * centre
            self.spread = self.spread + weight * width

    def below(self, v):
        """The mass left of v - 1/2."""
        return int((self.weights * CURVE.at((f32(v) - f32(0.5) - self.centres) * self.inverses)).sum())


class PixelNetwork:
    def __init__(self, file):
        rows, columns = file.tensor("0.w0").shape
        if rows % 16 or not 16 <= rows <= 4096 or columns != INPUTS:
            raise BadModel("pixel network: the shape of 0.w0")
        self.roles = [self._read_role(file, f"{role}.", rows) for role in range(3)]

    @staticmethod
    def _read_role(file, name, hidden):
        def matrix(tensor, rows, columns, unit):
            weights = file.tensor(name + tensor)
            if weights.dtype != np.int8 or weights.shape != (rows, columns):
                raise BadModel(f"pixel network: the shape of {name}{tensor}")
            scales = file.floats(f"{name}{tensor}.scale", rows, -1e6, 1e6)
            return weights.astype(np.int64), scales * f32(unit)

        layers = [matrix(f"w{i}", hidden, hidden if i else INPUTS, 1 if i else 1 / 8) for i in range(3)]
        biases = [file.floats(f"{name}b{i}", hidden, -1e6, 1e6) * f32(16) for i in range(3)]
        return (list(zip(layers, biases)), matrix("wo", OUTPUTS, hidden, 1 / 16), matrix("ws", OUTPUTS, INPUTS, 1 / 128),
                file.floats(name + "bo", OUTPUTS, -1e6, 1e6))

    def mixture(self, role, x, c, s):
        layers, (wo, wo_factors), (ws, ws_factors), bo = self.roles[role]
        h = x
        for i, ((weights, factors), bias) in enumerate(layers):
            z = (weights @ h).astype(f32) * factors + bias
            if i:
                z = z + h.astype(f32)
            h = np.rint(np.minimum(np.maximum(z, f32(0)), f32(127))).astype(np.int64)
        out = (wo @ h).astype(f32) * wo_factors + (ws @ x).astype(f32) * ws_factors + bo
        return Mixture(out, c, s)
