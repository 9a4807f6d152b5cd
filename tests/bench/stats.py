# SPDX-License-Identifier: GPL-2.0-only
"""Pure functions that the bench's reports share."""

import math
import statistics


def quantile(ordered, p):
    return ordered[min(len(ordered) - 1, int(p * len(ordered)))]


def sign_interval(values):
    """95 % for the median; None if there are too few values."""
    n, below, k = len(values), 0, 0
    while k < n // 2:
        below += math.comb(n, k)
        if below / 2 ** n > 0.025:
            break
        k += 1
    if not k:
        return None
    ordered = sorted(values)
    return [ordered[k - 1], ordered[n - k]]


def compare(rounds, base):
    """Two dicts, round to value."""
    both = sorted(set(rounds) & set(base))
    more = [rounds[r] - base[r] for r in both]
    if not more:
        return None
    return {
        "difference_ns": statistics.median(more),
        "difference_ci95_ns": sign_interval(more),
        "ratio": statistics.median(rounds[r] / base[r] for r in both),
    }


def summary(by_round):
    """Of values by round: pooled quantiles, and the rounds' own medians. None
    if there is no value at all."""
    values = sorted(v for each in by_round.values() for v in each)
    if not values:
        return None
    medians = {r: statistics.median(v) for r, v in by_round.items() if v}
    return {
        "n": len(values),
        "rounds": len(medians),
        "median": statistics.median(values),
        "p1": quantile(values, 0.01),
        "p99": quantile(values, 0.99),
        "spread": quantile(values, 0.99) - quantile(values, 0.01),
        "min": values[0],
        "max": values[-1],
        "round_medians": {str(r): m for r, m in sorted(medians.items())},
    }


def times_smaller(ours, theirs):
    """By how much our errors are smaller than theirs, of two summaries: the
    median over the rounds that both have, of the sizes of the medians, and its
    interval. None without such a round, or where ours is 0."""
    both = set(ours["round_medians"]) & set(theirs["round_medians"])
    ratios = []
    for r in both:
        if not ours["round_medians"][r]:
            return None
        ratios.append(abs(theirs["round_medians"][r]
                          / ours["round_medians"][r]))
    if not ratios:
        return None
    return {"ratio": statistics.median(ratios), "rounds": len(ratios),
            "ci95": sign_interval(ratios)}


def slope(points):
    """Least squares through (x, y): slope, intercept, residuals. None unless
    two x differ."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if len(set(xs)) < 2:
        return None
    mx, my = statistics.fmean(xs), statistics.fmean(ys)
    b = (sum((x - mx) * (y - my) for x, y in points)
         / sum((x - mx) ** 2 for x in xs))
    a = my - b * mx
    return b, a, [y - a - b * x for x, y in points]


def bars_agree(one, other):
    """Two results that ought to be equal, each a (value, symmetric parts,
    lengthening parts). Returns (difference, its smallest and largest true
    value), one less other: each truth is its value, give or take the root sum
    of squares, less at most what lengthens it."""
    difference = one[0] - other[0]
    root = math.hypot(*one[1], *other[1])
    return (difference, difference - root - sum(one[2]),
            difference + root + sum(other[2]))
