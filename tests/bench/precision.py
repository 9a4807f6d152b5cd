# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the precision table, from what precision.bash and flood.bash
left under raw/. Errors are signed: what the program says less what the ledger
says of the same probe, in ns. Nothing is subtracted from either."""

import collections
import json
import os
import re
import statistics

import ledger
import programs
import stats

PEERS = ("ping", "fping", "irtt", "sockperf")
LITTLE_ENDIAN = {"irtt"}
CHANGE_EACH_NS = 1000
LEAST_PROBES = 50  # in a block, or it says nothing


class Blocks:
    """The blocks of a part: (round, variant, directory)."""

    def __init__(self, directory):
        self.parts = collections.defaultdict(list)
        raw = os.path.join(directory, "raw")
        names = os.listdir(raw) if os.path.isdir(raw) else []
        for name in sorted(names):
            part, number, variant = name.split(".", 2)
            self.parts[part].append((int(number), variant,
                                     os.path.join(raw, name)))

    def of(self, part, variant=None):
        return [b for b in self.parts[part] if variant in (None, b[1])]


def text_of(directory, name):
    with ledger.opened(os.path.join(directory, name)) as f:
        return f.read()


def run_of(directory):
    return json.loads(text_of(directory, "run.json"))


def trips_of(directory, variant=""):
    rows = ledger.read(os.path.join(directory, "ledger.csv.gz"))
    return ledger.trips(rows, ledger.swapped if variant in LITTLE_ENDIAN
                        else lambda seq: seq)


def samples_of(directory):
    return programs.samples(os.path.join(directory, "samples.csv.gz"))


def said_by(variant, directory, trips):
    """What the program says, in ns, by sequence number."""
    if variant in ("bypass", "socket"):
        said = {r["seq"]: programs.xrtt_network(r)
                for r in samples_of(directory)}
        return {seq: ns for seq, ns in said.items() if ns is not None}
    if variant == "ping":
        return programs.ping(text_of(directory, "ping.out"))
    if variant == "fping":
        return programs.fping(text_of(directory, "fping.out"))
    if variant == "irtt":
        return programs.irtt(text_of(directory, "irtt.json"))
    return programs.number_by_time(
        programs.sockperf(text_of(directory, "sockperf.csv")), trips)


def errors(said, true):
    return [said[seq] - true[seq] for seq in said if seq in true]


def error_rounds(blocks, variant, skipped, part="error"):
    rounds = {}
    for number, _, directory in blocks.of(part, variant):
        trips = trips_of(directory, variant)
        found = errors(said_by(variant, directory, trips),
                       {seq: ledger.true_ns(t) for seq, t in trips.items()})
        if len(found) < LEAST_PROBES:
            skipped.append(f"{part}, {variant}, round {number}: only "
                           f"{len(found)} probes are in both files")
            continue
        rounds[number] = found
    return rounds


def like_rounds(blocks, variant, skipped):
    """xrtt's rtt_ns, ping's time, each less app-side truth."""
    rounds = {}
    for number, _, directory in blocks.of("like", variant):
        true = programs.app_trips(os.path.join(directory, "app.csv"))
        if variant == "xrtt":
            said = {r["seq"]: r["rtt_ns"] for r in samples_of(directory)
                    if r["rtt_ns"] is not None}
        else:
            said = programs.ping(text_of(directory, "ping.out"))
        found = errors(said, true)
        if len(found) < LEAST_PROBES:
            skipped.append(f"like, {variant}, round {number}: only "
                           f"{len(found)} probes are in both files")
            continue
        rounds[number] = found
    return rounds


# ---- closure ----------------------------------------------------------------

def bar_of(duration):
    """(p50, symmetric parts, lengthening parts) without what is common; or
    why there is no such thing."""
    bar = duration["instrument"]["p50"]
    if duration["p50"] is None or not bar["terms"]:
        return "there is none"
    own = [t for t in bar["terms"] if not t["common"]]
    unbounded = [t["name"] for t in own if t["ns"] is None]
    if unbounded:
        return "no bound for " + ", ".join(unbounded)
    return (duration["p50"],
            [t["ns"] for t in own if t["shape"] == "symmetric"],
            [t["ns"] for t in own if t["shape"] == "lengthens"])


def closure(run):
    """(difference, least, most) of socket's network less bypass's, or why
    there is none."""
    bars = {e: bar_of(run["engines"][e]["network_ns"])
            for e in ("socket", "bypass")}
    for engine, bar in bars.items():
        if isinstance(bar, str):
            return f"the bar of {engine}: {bar}"
    return stats.bars_agree(bars["socket"], bars["bypass"])


def closures(blocks):
    found = {"rounds": {}, "why": []}
    for number, _, directory in blocks.of("closure"):
        result = closure(run_of(directory))
        if isinstance(result, str):
            found["why"].append(f"round {number}: {result}")
        else:
            found["rounds"][number] = result
    return found


# ---- a change of 1 us, and linearity -----------------------------------------

def by_class(values):
    """Of (is longer, ns): the median of the longer less that of the others."""
    longer = [ns for is_longer, ns in values if is_longer]
    others = [ns for is_longer, ns in values if not is_longer]
    if len(longer) < LEAST_PROBES or len(others) < LEAST_PROBES:
        return None
    return statistics.median(longer) - statistics.median(others)


def changes(blocks, skipped):
    """By round: (seen, there really was), in ns, of the probes that the line
    held as planned, by its ledger."""
    found = {}
    for number, variant, directory in blocks.of("change"):
        trips = trips_of(directory)
        said = said_by(variant, directory, trips)
        longer = ledger.planned(trips, CHANGE_EACH_NS)
        both = said.keys() & longer.keys()
        seen = by_class([(longer[s], said[s]) for s in both])
        held = by_class([(longer[s], ledger.held_ns(trips[s])) for s in both])
        if seen is None:
            skipped.append(f"change, round {number}: the line held only "
                           f"{len(both)} of {len(trips)} as planned")
        else:
            found[number] = (seen, held)
    return found


def linear_points(blocks):
    """By round: (hold's name, the ledger's mean hold both ways, median of the
    error)."""
    found = collections.defaultdict(list)
    for number, hold, directory in blocks.of("linearity"):
        trips = trips_of(directory)
        said = said_by("bypass", directory, trips)
        both = said.keys() & trips.keys()
        if len(both) < LEAST_PROBES:
            continue
        mean = statistics.fmean(ledger.held_ns(trips[s]) for s in both)
        error = statistics.median(said[s] - ledger.true_ns(trips[s])
                                  for s in both)
        found[number].append((hold, mean, error))
    return found


def linearity(points_by_round):
    """Slope less 1 by round, and each hold's residuals over the rounds."""
    slopes, residuals = {}, collections.defaultdict(list)
    for number, points in points_by_round.items():
        fit = stats.slope([(mean, error) for _, mean, error in points])
        if fit is None or len(points) < 3:
            continue
        slopes[number] = fit[0]
        for (hold, _, _), residual in zip(points, fit[2]):
            residuals[hold].append(residual)
    return slopes, {hold: statistics.median(each)
                    for hold, each in residuals.items()}


# ---- sending -----------------------------------------------------------------

def lateness_rounds(blocks, variant):
    """First stamp less due, by round."""
    rounds = {}
    for number, _, directory in blocks.of("lateness", variant):
        late = [r["drv_tx_ns"] - r["due_ns"] for r in samples_of(directory)
                if r["drv_tx_ns"] is not None]
        if len(late) >= LEAST_PROBES:
            rounds[number] = late
    return rounds


def irtt_timer(blocks):
    """Its own figure, the mean of each block."""
    return {number: [json.loads(text_of(directory, "irtt.json"))
                     ["stats"]["timer_error"]["mean"]]
            for number, _, directory in blocks.of("error", "irtt")}


def floods(blocks):
    """By batch: recorded round trips a second of each run, and unrecorded."""
    found = collections.defaultdict(lambda: {"per_s": [], "unrecorded": 0})
    for _, batch, directory in blocks.of("flood"):
        run = run_of(directory)
        each = found[int(re.sub(r"\D", "", batch))]
        seconds = run["run"]["duration_ns"] / 1e9
        each["per_s"].append(run["probes"]["received"] / seconds)
        each["unrecorded"] += run["probes"]["unrecorded"]
    return dict(found)
