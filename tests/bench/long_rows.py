# SPDX-License-Identifier: GPL-2.0-only
"""One run's files (xrtt's JSON and samples, the line's ledger) as one row.

The truth of a probe is: reply leaves the line towards the prober, minus request
enters it, minus what the reflector held it by its own two stamps. `wire` is the
same with the far host's share taken from the ledger instead, which makes the
far stamps' gaps errors too. Times in ns; an error is reported minus true.
"""

import csv
import itertools
import json
import math
import statistics

from long_law import quantile_ns
from long_score import LEVELS, quantile

MOVED = 1  # times what chance alone moves, before the line has left its law


class Void(Exception):
    """The run says nothing about xrtt; why."""


def ledger_read(path):
    """(requests, replies): seq to the row that first entered, {name: number}.
    Conditions make no duplicates: what left is what entered."""
    ways = {"ab": {}, "ba": {}}
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            if row["action"] != "pass":
                raise Void(f"the line's {row['action']} frame {row['n']}")
            numbers = {name: int(row[name])
                       for name in ("enter_ns", "leave_ns", "due_ns")}
            ways[row["dir"]].setdefault(int(row["seq"]), numbers)
    return ways["ab"], ways["ba"]


def samples_read(path):
    """seq to (network_ns, remote_ns) of the probes that have both."""
    found = {}
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            if row["status"] != "ok" or not row["network_ns"]:
                continue
            found[int(row["seq"])] = (
                int(row["network_ns"]),
                int(row["remote_tx_ns"]) - int(row["remote_rx_ns"]))
    return found


def match(samples, ledger):
    """[(network, remote, request, reply)]; the ledger has to know them all."""
    requests, replies = ledger
    unknown = [seq for seq in samples
               if seq not in requests or seq not in replies]
    if unknown:
        raise ValueError(f"{len(unknown)} answered probes never were on the "
                         "line")
    return [(*samples[seq], requests[seq], replies[seq])
            for seq in sorted(samples)]


def network_of(run, probes):
    """xrtt's duration object, if it is of exactly these probes."""
    duration = run["network_ns"]
    if not probes or not duration or not duration["n"]:
        raise ValueError("no probe has a network time")
    if duration["n"] != len(probes):
        raise ValueError(f"network_ns is of {duration['n']} probes, the "
                         f"samples have {len(probes)}")
    return duration


def spread(values):
    ordered = sorted(values)
    return {"min": ordered[0], "p1": quantile(ordered, 10),
            "p50": quantile(ordered, 500), "p99": quantile(ordered, 990),
            "max": ordered[-1]}


def coverage_row(run, samples, ledger):
    probes = match(samples, ledger)
    duration = network_of(run, probes)
    truths = [reply["leave_ns"] - request["enter_ns"] - remote
              for _, remote, request, reply in probes]
    wires = sorted(reply["leave_ns"] - reply["enter_ns"]
                   + request["leave_ns"] - request["enter_ns"]
                   for _, _, request, reply in probes)
    errors = [network - truth
              for (network, *_), truth in zip(probes, truths)]
    ordered = sorted(truths)
    levels = {}
    for level, per_mille in LEVELS.items():
        value = duration[level]
        levels[level] = {
            **duration["instrument"][level],
            "value": value,
            "error": value - quantile(ordered, per_mille),
            "wire_error": value - quantile(wires, per_mille),
        }
    return {"n": len(probes), "levels": levels, "errors": spread(errors),
            "lateness": run["pacing"]["lateness_ns"],
            "probes": run["probes"], "hooks": run["hooks"]}


def line_check(drawn, held, law, q):
    """The line is late where the machine is: with how many frames has that
    moved them past the law's quantile, its usual lateness apart?"""
    usual = statistics.median_low(
        real - own for real, own in zip(held, drawn))
    moved = sum(own <= law for own in drawn) - sum(
        real - usual <= law for real in held)
    if abs(moved) > MOVED * math.sqrt(len(drawn) * q * (1 - q)):
        raise Void(f"the line's own lateness took {moved} of {len(drawn)} "
                   f"frames past the law's quantile {q}")


def order_check(probes):
    """The line keeps frames in order: one that would have overtaken is due with
    the one before it, which is no draw of the law. Senders that were held up
    and catch up make many of these."""
    waited = sum(now["due_ns"] == before["due_ns"]
                 for way in (2, 3)
                 for before, now in itertools.pairwise(
                     probe[way] for probe in probes))
    if waited > MOVED * math.sqrt(len(probes) * 0.99 * 0.01):
        raise Void(f"{waited} frames of {len(probes)} had to wait for the one "
                   "before")


def sampling_row(condition, run, samples, ledger):
    """ci95 speaks of sampling alone: how far this run's draws are from their
    law. So what else is between the two is taken out: the instrument's bias and
    the line's lateness, which together are the quantile that xrtt reports minus
    the same quantile of what the law drew for the same probes (the ledger's
    due times say). What is left is the draws' own chance, in full: nothing of
    the law enters the offset."""
    probes = match(samples, ledger)
    duration = network_of(run, probes)
    order_check(probes)
    drawn = [request["due_ns"] - request["enter_ns"]
             + reply["due_ns"] - reply["enter_ns"]
             for _, _, request, reply in probes]
    held = [request["leave_ns"] - request["enter_ns"]
            + reply["leave_ns"] - reply["enter_ns"]
            for _, _, request, reply in probes]
    ordered = sorted(drawn)
    row = {"n": len(probes), "n_eff": duration["n_eff"],
           "short": duration["short_memory"], "levels": {}}
    for level, per_mille in LEVELS.items():
        law = 2 * condition["hold_ns"] + quantile_ns(
            condition["law"], condition["scale_ns"], per_mille / 1000)
        line_check(drawn, held, law, per_mille / 1000)
        row["levels"][level] = {
            "law": law, "ci95": duration["ci95"][level],
            "offset": duration[level] - quantile(ordered, per_mille),
            "drawn_below": sum(own <= law for own in drawn),
        }
    return row


def make(kind, condition, directory):
    with open(f"{directory}/run.json") as f:
        run = json.load(f)
    samples = samples_read(f"{directory}/samples.csv")
    ledger = ledger_read(f"{directory}/ledger.csv")
    if kind == "coverage":
        return coverage_row(run, samples, ledger)
    return sampling_row(condition, run, samples, ledger)
