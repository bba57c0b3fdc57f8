"""The weights that fit best, from sums of products: docs/pixels.md, section 6. All in binary64."""


def factorise(a, least_pivot=None):
    """In place, of the lower triangle: L below the diagonal, the pivots D on it."""
    size = len(a)
    for j in range(size):
        scaled = [a[j][k] * a[k][k] for k in range(j)]
        for k in range(j):
            a[j][j] -= a[j][k] * scaled[k]
        if least_pivot is not None and not a[j][j] > least_pivot:
            a[j][j] = least_pivot
        inverse = 1.0 / a[j][j]
        for i in range(j + 1, size):
            row = a[i]
            total = row[j]
            for k in range(j):
                total -= row[k] * scaled[k]
            row[j] = total * inverse


def fitted_weights(a):
    """Of a factorised matrix; its last row and column are those of what is to be foretold."""
    n = len(a) - 1
    w = a[n][:n]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            w[i] -= a[k][i] * w[k]
    return w
