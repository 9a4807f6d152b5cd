#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the delay line's ledger says against what xrtt says. The prober is on
the line's side A: direction ab carries requests, ba replies.

  truth.py error SAMPLES.csv LEDGER.csv   how wrong is each probe's network
                                          time, signed, in ns; JSON
  truth.py events LEDGER.csv              losses, duplicates, reorderings; JSON
  truth.py agree RUN.json LEDGER.csv      the same, compared with xrtt's JSON
  truth.py odd LEDGER.csv                 by how many ns longer the line really
                                          held probes of odd sequence numbers,
                                          there and back, in the median

`error` is network + remote - (reply leaves the line - request enters it), over
the answered probes; status 1 if no probe is in both files. `agree` prints
every number that differs; status 1 if one does.
"""

import collections
import csv
import json
import statistics
import sys


def ledger_read(path):
    """Rows by direction, in the order in which they entered."""
    ledger = {"ab": [], "ba": []}
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            for name in ("n", "seq", "port", "enter_ns", "leave_ns"):
                row[name] = int(row[name]) if row[name] else None
            ledger[row["dir"]].append(row)
    ports = {row["port"] for rows in ledger.values() for row in rows}
    if len(ports) > 1:
        sys.exit(f"truth.py: the ledger has several sessions: {ports}")
    return ledger


def by(rows, name):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return groups


def left(rows):
    return [row for row in rows if row["leave_ns"] is not None]


def first_left(rows):
    return min((row["leave_ns"] for row in left(rows)), default=None)


# ---- error -----------------------------------------------------------------

def quantile(ordered, q):
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def probe_error(row, requests, replies):
    """None where the ledger or the samples do not have it all."""
    needed = ("network_ns", "remote_rx_ns", "remote_tx_ns")
    seq = int(row["seq"])
    leave = first_left(replies[seq])
    if not all(row[name] for name in needed) or leave is None \
            or not requests[seq]:
        return None
    network, remote_rx, remote_tx = (int(row[name]) for name in needed)
    return network + remote_tx - remote_rx - \
        (leave - requests[seq][0]["enter_ns"])


def error(samples, ledger):
    requests, replies = by(ledger["ab"], "seq"), by(ledger["ba"], "seq")
    with open(samples, newline="") as f:
        errors = [probe_error(row, requests, replies)
                  for row in csv.DictReader(f) if row["status"] == "ok"]
    known = sorted(e for e in errors if e is not None)
    result = {"n": len(known), "p1": None, "p50": None, "p99": None,
              "min": None, "max": None, "unmatched": errors.count(None)}
    if known:
        result.update(p1=quantile(known, 0.01), p50=quantile(known, 0.5),
                      p99=quantile(known, 0.99), min=known[0], max=known[-1])
    print(json.dumps(result))
    return 0 if known else 1


def odd(ledger):
    held = collections.Counter()
    for row in left(ledger["ab"]) + left(ledger["ba"]):
        held[row["seq"]] += row["leave_ns"] - row["enter_ns"]
    medians = [statistics.median(ns for seq, ns in held.items()
                                 if seq & 1 == parity) for parity in (0, 1)]
    print(round(medians[1] - medians[0]))
    return 0


# ---- events ----------------------------------------------------------------

def reordered(arrivals, order):
    """RFC 4737: arrivals behind one that was sent later; first copies only."""
    count, seen, latest = 0, set(), -1
    for row in sorted(left(arrivals), key=lambda r: r["leave_ns"]):
        sent = order[row["seq"]] if order else row["n"]
        if sent in seen:
            continue
        seen.add(sent)
        count += sent < latest
        latest = max(latest, sent)
    return count


def longest_run(flags):
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def events(ledger):
    requests, replies = by(ledger["ab"], "seq"), by(ledger["ba"], "seq")
    order = {seq: i for i, seq in enumerate(requests)}
    gone = [not left(rows) for rows in requests.values()]
    back = [bool(replies[seq]) and not left(replies[seq]) for seq in requests]
    forward = returned = 0
    for seq in requests:
        answers = [left(copies) for copies in by(replies[seq], "n").values()]
        answers = [copies for copies in answers if copies]
        forward += max(len(answers) - 1, 0)
        returned += sum(len(copies) - 1 for copies in answers)
    return {
        "probes": {
            "sent": len(requests),
            "lost": sum(gone) + sum(back),
            "duplicate": forward + returned,
            "duplicate_forward": forward,
            "duplicate_return": returned,
            "reordered": reordered(ledger["ba"], order),
            "reordered_forward": reordered(ledger["ab"], order),
            "reordered_return": reordered(ledger["ba"], None),
        },
        "loss": {
            "forward": sum(gone),
            "return": sum(back),
            "longest_run": longest_run(a or b for a, b in zip(gone, back)),
        },
        "unanswered": sum(not g and not replies[seq]
                          for seq, g in zip(requests, gone)),
    }


def agree(run, ledger):
    expected = events(ledger)
    with open(run) as f:
        found = json.load(f)
    differ = [(part, name, value, found[part][name])
              for part in ("probes", "loss")
              for name, value in expected[part].items()
              if found[part][name] != value]
    for part, name, value, got in differ:
        print(f"{part}.{name}: the ledger has {value}, xrtt has {got}",
              file=sys.stderr)
    if expected["unanswered"]:
        print(f"{expected['unanswered']} requests got through and were not "
              "answered", file=sys.stderr)
    print(json.dumps(expected))
    return 1 if differ or expected["unanswered"] else 0


def main(args):
    if len(args) == 3 and args[0] == "error":
        return error(args[1], ledger_read(args[2]))
    if len(args) == 2 and args[0] == "events":
        print(json.dumps(events(ledger_read(args[1]))))
        return 0
    if len(args) == 2 and args[0] == "odd":
        return odd(ledger_read(args[1]))
    if len(args) == 3 and args[0] == "agree":
        return agree(args[1], ledger_read(args[2]))
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
