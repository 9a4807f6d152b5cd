# SPDX-License-Identifier: GPL-2.0-only
"""The laws of the delay line's jitter over a round trip: each direction draws
on its own, so a round trip's is the law of a sum of two.

uniform:T  each uniform on [0, T]; the sum is triangular on [0, 2T]
exp:T      each exponential of mean T; the sum is of Erlang's law, shape 2
ar:T:MEM   the same one at any moment, whatever its memory
"""

import math


def triangular(q):
    """The sum of two uniforms on [0, 1]."""
    return math.sqrt(2 * q) if q <= 0.5 else 2 - math.sqrt(2 * (1 - q))


def erlang(q):
    """The sum of two exponentials of mean 1: 1 - (1 + x) e^-x = q."""
    low, high = 0.0, 1.0
    while 1 - (1 + high) * math.exp(-high) < q:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if 1 - (1 + middle) * math.exp(-middle) < q:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def quantile_ns(law, scale_ns, q):
    """Of what the line adds to its two holds."""
    laws = {"uniform": triangular, "exp": erlang, "ar": erlang}
    return scale_ns * laws[law](q)
