"""The logistic domain: docs/mixing.md, section 3.

Probabilities are integers of 65536, logits binary32. Every constant is an np.float32, so that no operation widens.
"""

import numpy as np

f32 = np.float32
MAX_LOGIT = f32(12)


def _ln_of_mantissa(m):
    """ln(m) in binary64 for 1 <= m < 2."""
    z = (m - 1.0) / (m + 1.0)
    z2 = z * z
    total = 0.0
    for k in range(35, 0, -2):
        total = total * z2 + 1.0 / k
    return 2.0 * z * total


def exp_binary64(x):
    """exp(x) in binary64 for |x| <= 12."""
    y = x / 64.0
    total = 1.0
    for k in range(16, 0, -1):
        total = 1.0 + total * y / k
    for _ in range(6):
        total = total * total
    return total


_LN_MANTISSA = [f32(_ln_of_mantissa(1.0 + (i + 0.5) / 4096.0)) for i in range(4096)]
_LN_MANTISSA[0] = f32(0)
_LN_EXPONENT = [f32(e * 0.693147180559945309417) for e in range(32)]


def ln(n):
    """Of an integer from 1 to 2^32 - 1, by its first 13 bits."""
    exponent = n.bit_length() - 1
    mantissa = (n << 12 >> exponent) & 4095
    return _LN_MANTISSA[mantissa] + _LN_EXPONENT[exponent]


_STRETCH = [ln(2 * i + 1) - ln(8191 - 2 * i) for i in range(4096)]
_SQUASH = np.array([min(max(65536.0 / (1.0 + exp_binary64(12.0 - i / 128.0)), 1.0), 65535.0) for i in range(3074)], f32)


def stretch(p):
    """The logit of a probability p from 0 to 65535."""
    return _STRETCH[p >> 4]


def squash(x):
    """The probability of a logit; of one np.float32 or of an array of them."""
    scaled = (np.minimum(np.maximum(x, -MAX_LOGIT), MAX_LOGIT) + MAX_LOGIT) * f32(128)
    index = scaled.astype(np.int32)
    fraction = scaled - index.astype(f32)
    low = _SQUASH[index]
    return (low + (_SQUASH[index + 1] - low) * fraction).astype(np.int32)


def clamp_probability(p):
    return min(max(p, 2), 65534)


def sureness(lm):
    return int(min(abs(lm), f32(11)))
