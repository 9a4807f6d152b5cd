#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a push of the clock did to a run's samples.

  clock.py shift RUN.json SAMPLES.csv LEDGER.csv FROM TO

FROM and TO are when the push began and ended, in ns of CLOCK_MONOTONIC. Prints
as JSON the network time of the probes that were under way while the clock was
pushed (none that saw an edge of it), that of all others, their difference, by
how much the others before and after differ, all in ns, and how many there are
of each. By how much the line, by its own ledger,
held a probe too long is taken off it, and of each lot it is the fast fiftieth
that counts: on a busy machine the rest says what else it was doing.
"""

import collections
import csv
import json
import sys


def lateness(ledger):
    """How much too long the line held each sequence number, both ways."""
    late, ways = collections.Counter(), collections.Counter()
    with open(ledger, newline="") as f:
        for row in csv.DictReader(f):
            if row["leave_ns"]:
                late[row["seq"]] += int(row["leave_ns"]) - int(row["due_ns"])
                ways[row["seq"]] += 1
    return {seq: ns for seq, ns in late.items() if ways[seq] == 2}


def fast(times):
    return sorted(times)[len(times) // 50]


def shift(run, samples, ledger, begin, end):
    late = lateness(ledger)
    with open(run) as f:
        origin = int(json.load(f)["run"]["origin_mono_ns"])
    inside, before, after = [], [], []
    with open(samples, newline="") as f:
        for row in csv.DictReader(f):
            if row["status"] != "ok" or not row["network_ns"] \
                    or row["seq"] not in late:
                continue
            sent = origin + int(row["due_ns"])
            network = int(row["network_ns"])
            over = sent + 2 * network
            if begin <= sent and over <= end:
                inside.append(network - late[row["seq"]])
            elif over <= begin:
                before.append(network - late[row["seq"]])
            elif end <= sent:
                after.append(network - late[row["seq"]])
    if not inside or not before or not after:
        sys.exit("clock.py: no probes on one side of the push")
    pushed, usual = fast(inside), fast(before + after)
    print(json.dumps({"pushed_ns": pushed, "usual_ns": usual,
                      "shift_ns": pushed - usual,
                      "unsteady_ns": abs(fast(before) - fast(after)),
                      "pushed": len(inside),
                      "usual": len(before + after)}))


if len(sys.argv) != 7 or sys.argv[1] != "shift":
    sys.exit(__doc__)
shift(*sys.argv[2:5], int(sys.argv[5]), int(sys.argv[6]))
