# SPDX-License-Identifier: GPL-2.0-only
"""What run number i of a seed is: its conditions, and the words that make them.

The same seed and number always give the same conditions, so a run can be
repeated alone. Nothing but random() is asked of the generator: its sequence
is the same in every Python.
"""

import math
import random

PROBES = 500
ENGINES = ("socket", "bypass")
LOADS = ("idle", "sender", "receiver", "reflector")
JITTERS = ("none", "heavy", "autocorrelated")

# Of ten sampling runs in a row. The laws are as wide as they can be, for a line
# that its machine delays is late by the same whatever the law.
UNIFORM = {"law": "uniform", "scale_ns": 2_000_000, "memory_s": 0}
EXP = {"law": "exp", "scale_ns": 400_000, "memory_s": 0}
SHORT = {"law": "ar", "scale_ns": 400_000, "memory_s": 0.1}
LONG = {"law": "ar", "scale_ns": 2_000_000, "memory_s": 1}
SAMPLING = (UNIFORM, EXP, SHORT, UNIFORM, EXP, LONG, SHORT, UNIFORM, EXP, SHORT)
# By memory: interval and number of probes, enough for 30 and 20 memories: of so
# short runs a fifth and two fifths are flagged and say nothing here
# (model/interval.h).
# No law may let a frame catch up with the one before it: the line keeps their
# order, which would bend it. A sender that was held up catches up, too, the
# less often the further its probes are apart, and the narrower the law.
PACE = {("uniform", 0): (8_000_000, 500), ("exp", 0): (8_000_000, 500),
        ("ar", 0.1): (4_000_000, 750), ("ar", 1): (20_000_000, 1000)}
SAMPLING_HOLD_NS = 1_000_000

# A power law that has a mean and no variance, cut where the queue behind one
# outlier would outlast the run.
PARETO_SHAPE = 1.5
PARETO_MOST_NS = 20_000_000


def generator(kind, seed, index):
    return random.Random(f"{kind}/{seed}/{index}")


def choose(rng, options):
    return options[int(rng.random() * len(options))]


def log_uniform(rng, low, high):
    return math.exp(math.log(low) + rng.random() * math.log(high / low))


def coverage(seed, index, engines=ENGINES):
    """Every draw is made whatever the ones before it gave, so that conditions
    are independent of each other."""
    rng = generator("coverage", seed, index)
    condition = {
        "index": index,
        "engine": choose(rng, engines),
        "load": choose(rng, LOADS),
        "jitter": choose(rng, JITTERS),
        "hold_ns": round(log_uniform(rng, 50e3, 50e6)),
        "interval_ns": round(1e9 / log_uniform(rng, 100, 10000)),
        "scale_ns": round(log_uniform(rng, 5e3, 200e3)),
        "memory_ns": round(log_uniform(rng, 10e6, 1e9)),
        "line_seed": int(rng.random() * 2 ** 32),
        "probes": PROBES,
    }
    return condition


def sampling(seed, index):
    rng = generator("sampling", seed, index)
    kind = SAMPLING[index % len(SAMPLING)]
    interval_ns, probes = PACE[kind["law"], kind["memory_s"]]
    return {
        "index": index, **kind, "engine": "socket", "load": "idle",
        "hold_ns": SAMPLING_HOLD_NS, "interval_ns": interval_ns,
        "probes": probes, "line_seed": int(rng.random() * 2 ** 32),
    }


def pareto_ns(rng, scale_ns):
    draw = scale_ns * ((1 - rng.random()) ** (-1 / PARETO_SHAPE) - 1)
    return min(round(draw), PARETO_MOST_NS)


def heavy_plan(condition):
    """The line's plan: each frame's extra hold, on either way."""
    rng = random.Random(f"heavy/{condition['line_seed']}")
    lines = [f"{way} {n} hold {pareto_ns(rng, condition['scale_ns'])}ns"
             for way in ("ab", "ba") for n in range(condition["probes"])]
    return "\n".join(lines) + "\n"


def line_words(condition, plan_path):
    words = ["--hold", f"{condition['hold_ns']}ns",
             "--seed", str(condition["line_seed"])]
    scale = f"{condition['scale_ns']}ns"
    if condition.get("jitter") == "heavy":
        words += ["--plan", plan_path]
    elif condition.get("jitter") == "autocorrelated":
        words += ["--jitter", f"ar:{scale}:{condition['memory_ns']}ns"]
    elif condition.get("law") == "ar":
        words += ["--jitter", f"ar:{scale}:{condition['memory_s']}s"]
    elif "law" in condition:
        words += ["--jitter", f"{condition['law']}:{scale}"]
    return words


def probe_words(condition):
    words = ["--engine", condition["engine"], "-c", str(condition["probes"]),
             "-i", f"{condition['interval_ns']}ns", "-q"]
    if "law" in condition:
        words += ["-W", "100ms"]    # duplicates are waited for so long
    return words
