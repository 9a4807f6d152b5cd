# SPDX-License-Identifier: GPL-2.0-only
"""What coverage, sharpness and a term's worth are. Pure: rows in, numbers out.

The instrument's bar says truth lies in [value - minus, value + plus]; with the
error signed, reported minus true, that is -plus <= error <= minus.
"""

import collections
import math

LEVELS = {"p50": 500, "p99": 990}
SMALLEST = 20  # runs, before a condition is judged
EARNED = 0.80  # a term is needed where coverage without it is below that


def quantile(ordered, per_mille):
    """The smallest sample x with F(x) >= q: Hyndman and Fan's type 1."""
    rank = -(-len(ordered) * per_mille // 1000)
    return ordered[max(rank, 1) - 1]


# ---- bars -------------------------------------------------------------------

def bar(terms, without=None):
    """(minus, plus): symmetric terms by root sum of squares, lengthening ones
    by their sum, to minus alone. Each is at 95 % already (user/model/budget.h);
    one of unknown size leaves no bar, which printed_bar() sees."""
    left = [t for t in terms if t["name"] != without and t["ns"] is not None]
    symmetric = math.sqrt(sum(t["ns"] ** 2 for t in left
                              if t["shape"] == "symmetric"))
    return symmetric + sum(t["ns"] for t in left
                           if t["shape"] == "lengthens"), symmetric


def printed_bar(level):
    """None where xrtt gives no bound: that covers nothing."""
    if not level["bounded"] or level["minus"] is None or level["plus"] is None:
        return None
    return level["minus"], level["plus"]


def shorter_bar(level, name):
    return bar(level["terms"], name) if printed_bar(level) else None


def is_covered(interval, error):
    return interval is not None and -interval[1] <= error <= interval[0]


def adds_up(level):
    """Is the printed bar that of its own terms?"""
    interval = printed_bar(level)
    return interval is None or all(
        abs(a - b) <= 1 + 0.001 * a
        for a, b in zip(interval, bar(level["terms"])))


def fixed_interval(errors, share=0.95):
    """The narrowest (minus, plus) that, the same for all, would have covered
    that share of these errors and contains an error of 0."""
    ordered = sorted(errors)
    need = math.ceil(share * len(ordered))
    best = None
    for i in range(len(ordered) - need + 1):
        minus, plus = max(ordered[i + need - 1], 0), max(-ordered[i], 0)
        if best is None or minus + plus < sum(best):
            best = minus, plus
    return best


# ---- conditions -------------------------------------------------------------

def decade(value, unit):
    """The power of ten that value lies above, in words."""
    low = 10 ** math.floor(math.log10(value))
    return f"{low:g} to {10 * low:g} {unit}"


def factors(condition):
    """The conditions that a run belongs to: each alone, and with its engine."""
    single = {
        "load": condition["load"],
        "jitter": condition["jitter"],
        "hold": decade(condition["hold_ns"] / 1e6, "ms"),
        "rate": decade(1e9 / condition["interval_ns"], "/s"),
    }
    engine = condition["engine"]
    names = ["all", engine]
    for name, value in single.items():
        names += [f"{name} {value}", f"{engine}, {name} {value}"]
    return names


def group(rows):
    """Condition to its rows, "all" first, then the engines, then by name."""
    groups = collections.defaultdict(list)
    has_one = len({row["condition"]["engine"] for row in rows}) == 1
    for row in rows:
        for name in factors(row["condition"]):
            if not (has_one and ", " in name):
                groups[name].append(row)
    first = sorted(groups, key=lambda n: (n != "all", " " in n, n))
    return {name: groups[name] for name in first}


def levels_of(rows, level):
    """A failed run has none: it covers nothing."""
    return [row["levels"][level] for row in rows if "levels" in row]


def coverage(rows, level, without=None, against="error"):
    """The share of the runs whose bar holds the truth."""
    found = levels_of(rows, level)
    held = sum(is_covered(printed_bar(each) if without is None
                          else shorter_bar(each, without), each[against])
               for each in found)
    return held / len(rows)


def sharpness(rows, level):
    """(mean width, the narrowest fixed one, their ratio), ns; None where a bar
    is missing altogether. Unbounded bars have no width and are left out of the
    mean: coverage counts them."""
    found = levels_of(rows, level)
    bars = [b for b in map(printed_bar, found) if b is not None]
    if not bars:
        return None
    width = sum(map(sum, bars)) / len(bars)
    narrowest = sum(fixed_interval([each["error"] for each in found]))
    return width, narrowest, width / narrowest if narrowest else math.inf


def judge(rows):
    """By condition: runs, and for each level coverage, against the wire too,
    and sharpness."""
    return {name: {"runs": len(members),
                   **{level: {"coverage": coverage(members, level),
                              "wire": coverage(members, level,
                                               against="wire_error"),
                              "sharpness": sharpness(members, level)}
                      for level in LEVELS}}
            for name, members in group(rows).items()}


def term_names(rows):
    names = {}
    for level in LEVELS:
        for each in levels_of(rows, level):
            names.update(dict.fromkeys(t["name"] for t in each["terms"]))
    return list(names)


def terms(rows):
    """By term: its median and greatest size, and where coverage falls lowest
    without it: (without, with, condition, level, against), of the conditions of
    SMALLEST runs or more that have EARNED with it. Where it falls nowhere below
    that, nothing here exercises the term."""
    groups = {name: members for name, members in group(rows).items()
              if len(members) >= SMALLEST}
    result = {}
    for term in term_names(rows):
        sizes = sorted(t["ns"] for level in LEVELS
                       for each in levels_of(rows, level)
                       for t in each["terms"]
                       if t["name"] == term and t["ns"] is not None)
        worst = min(((coverage(members, level, term, against), whole, name,
                      level, against)
                     for name, members in groups.items() for level in LEVELS
                     for against in ("error", "wire_error")
                     if (whole := coverage(members, level, None, against)) >=
                     EARNED),
                    default=None)
        result[term] = {
            "median_ns": quantile(sizes, 500) if sizes else None,
            "max_ns": sizes[-1] if sizes else None,
            "worst": worst,
            "is_exercised": worst is not None and worst[0] < EARNED,
        }
    return result


# ---- sampling ---------------------------------------------------------------

def holds_law(row, level):
    """An end that is not finite excludes nothing."""
    found = row["levels"][level]
    at = found["law"] + found["offset"]
    low, high = found["ci95"]
    return (low is None or low <= at) and (high is None or at <= high)


def sampling(rows):
    """By memory, and in all: runs, the flagged, of the others (a failed one is
    among them, and holds nothing) the shares that hold p50 and p99, and p99's
    intervals without an upper end; and what share of the line's own draws lay
    below the law's quantiles."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups["all"].append(row)
        groups[f"memory {row['condition']['memory_s']:g} s"].append(row)
    result = {}
    for name, members in sorted(groups.items()):
        whole = [row for row in members if "levels" in row]
        fair = [row for row in whole if not row["short"]]
        judged = len(members) - len(whole) + len(fair)
        probes = sum(row["n"] for row in whole)
        result[name] = {
            "runs": len(members), "flagged": len(whole) - len(fair),
            "judged": judged,
            "endless": sum(row["levels"]["p99"]["ci95"][1] is None
                           for row in fair),
            "held": {level: sum(holds_law(row, level) for row in fair)
                     / judged if judged else None for level in LEVELS},
            "law": {level: sum(row["levels"][level]["drawn_below"]
                               for row in whole) / probes
                    if probes else None for level in LEVELS},
        }
    return result
