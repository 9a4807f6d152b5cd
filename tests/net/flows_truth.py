#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the delay line did to each flow against what `xrtt flows` says of it.
The prober is on the line's side A.

  flows_truth.py paths RUN.json LEDGER.csv PATHS [WIDTH]
                      classes, members, shifts (once each, which way, when: the
                      true moment inside [time_lo, time_hi], and that no wider
                      than WIDTH of the flow's own intervals and a round
                      trip) and losses
  flows_truth.py samples SAMPLES.csv RUN.json LEDGER.csv
                      each row's flow against the port that the line saw

Prints every number that differs; status 1 if one does. PATHS is the line's
(--paths), its times count from the first measured frame.
"""

import collections
import csv
import json
import sys

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}

# What hosts and cables add to the line's own round trip.
TRIP_NS = 200_000

wrong = []


def check(right, what):
    if not right:
        wrong.append(what)


def nanoseconds(text):
    for unit in ("ns", "us", "ms", "s"):
        if text.endswith(unit):
            return round(float(text[:-len(unit)]) * UNITS[unit])
    return round(float(text) * 10**9)


def paths_read(path):
    """Steps (at_ns, hold_ns) by direction and port."""
    steps = {"ab": collections.defaultdict(list),
             "ba": collections.defaultdict(list)}
    with open(path) as f:
        for line in f:
            words = line.split("#")[0].split()
            if not words:
                continue
            first, _, last = words[1].partition("..")
            at = nanoseconds(words[5]) if len(words) > 4 else 0
            for port in range(int(first), int(last or first) + 1):
                steps[words[0]][port].append((at, nanoseconds(words[3])))
    return steps


def ledger_read(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def epoch_of(ledger):
    return min(int(row["enter_ns"]) for row in ledger if row["dir"] == "ab")


class Truth:
    """Of one port: its shifts, (time, way), and its levels between them."""

    def __init__(self, steps, port, until):
        there, back = dict(steps["ab"][port]), dict(steps["ba"][port])
        times = sorted(t for t in {*there, *back} if t < until)
        hold = [there.get(0, 0), back.get(0, 0)]
        self.levels = []
        self.shifts = []
        for t in times:
            ways = [t in there, t in back]
            hold = [there.get(t, hold[0]), back.get(t, hold[1])]
            self.levels.append(sum(hold))
            if t:
                self.shifts.append(
                    (t, {(1, 0): "forward", (0, 1): "return",
                         (1, 1): "both"}[tuple(map(int, ways))]))


def check_events(run, flow, truth, zero, width):
    found = [e for e in run["events"] if e["flow"] == flow["flow"]]
    stays = [s for s in run["segments"] if s["flow"] == flow["flow"]]
    interval = run["pacing"]["interval_ns"] * len(run["flows"])
    name = f"flow {flow['flow']}"
    check(len(found) == len(truth.shifts),
          f"{name}: {len(truth.shifts)} shifts, found {len(found)}: {found}")
    for i, (event, (at, way)) in enumerate(zip(found, truth.shifts)):
        at += zero
        size = truth.levels[i + 1] - truth.levels[i]
        lo, hi = event["time_lo_ns"], event["time_hi_ns"]
        check(lo <= at <= hi, f"{name}: shift at {at}, not in {lo} to {hi}")
        check(lo <= event["time_ns"] <= hi, f"{name}: {event}")
        trip = max(truth.levels[i:i + 2])
        check(hi - lo <= width * interval + trip + TRIP_NS,
              f"{name}: {(hi - lo) / interval:.1f} intervals wide")
        check(event["direction"] == way,
              f"{name}: {way}, found {event['direction']}")
        doubt = run["bar_ns"] + sum(s["below_ns"] for s in stays[i:i + 2])
        check(abs(event["to_ns"] - event["from_ns"] - size) < doubt,
              f"{name}: by {size}, found {event}")


def check_classes(run, truths):
    members = collections.defaultdict(set)
    for flow, truth in truths.items():
        for level in truth.levels:
            members[level].add(flow)
    wanted = [sorted(members[level]) for level in sorted(members)]
    found = [c["flows"] for c in run["classes"]]
    check(found == wanted, f"classes: {wanted}, found {found}")
    order = sorted(members)
    for flow, truth in truths.items():
        own = [s["class"] for s in run["segments"] if s["flow"] == flow]
        check(own == [order.index(level) for level in truth.levels],
              f"flow {flow}: classes {own} for levels {truth.levels}")
        check(run["flows"][flow]["class"] == own[-1],
              f"flow {flow}: class {run['flows'][flow]['class']}")


def check_losses(run, ledger):
    gone = collections.Counter()
    sent = collections.Counter()
    for row in ledger:
        gone[int(row["port"])] += row["action"] == "drop"
        sent[int(row["port"])] += row["dir"] == "ab"
    for flow in run["flows"]:
        port = flow["source_port"]
        for name, truth in (("lost", gone[port]), ("sent", sent[port])):
            check(flow["probes"][name] == truth,
                  f"port {port}: {truth} {name}, "
                  f"found {flow['probes'][name]}")


def paths(run, ledger, steps, width):
    zero = epoch_of(ledger) - int(run["run"]["origin_mono_ns"])
    until = max(int(row["enter_ns"]) for row in ledger) - epoch_of(ledger)
    truths = {}
    for flow in run["flows"]:
        truth = Truth(steps, flow["source_port"], until)
        truths[flow["flow"]] = truth
        check_events(run, flow, truth, zero, width)
    check_classes(run, truths)
    check_losses(run, ledger)


def samples(rows, run, ledger):
    ports = {f["flow"]: f["source_port"] for f in run["flows"]}
    seen = {(int(row["port"]), int(row["seq"])): int(row["enter_ns"])
            for row in ledger if row["dir"] == "ab"}
    origin = int(run["run"]["origin_mono_ns"])
    sent = 0
    for row in rows:
        if row["status"] == "unsent":
            continue
        sent += 1
        left = int(row["drv_tx_ns"] or row["tc_tx_ns"]) + origin
        enter = seen.get((ports[int(row["flow"])], int(row["seq"])))
        check(enter and left <= enter < left + 2 * 10**6,
              f"flow {row['flow']} seq {row['seq']}: left {left}, "
              f"the line has {enter}")
    check(sent == len(seen), f"{len(seen)} probes, {sent} rows")


def main(args):
    if len(args) in (4, 5) and args[0] == "paths":
        with open(args[1]) as f:
            paths(json.load(f), ledger_read(args[2]), paths_read(args[3]),
                  float(args[4]) if len(args) == 5 else 3)
    elif len(args) == 4 and args[0] == "samples":
        with open(args[2]) as f:
            samples(ledger_read(args[1]), json.load(f), ledger_read(args[3]))
    else:
        sys.exit(__doc__)
    for what in wrong[:20]:
        print(what, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
