# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the one table: what is asked, what came out, whether it was
reached. A row that could not run says so and was not reached."""

import statistics

import precision
import stats
from observer import STRANGERS

ERROR_P50_NS = {"bypass": 2500, "socket": 6000}
ERROR_SPREAD_NS = 2500
TIMES_SMALLER = 15
CHANGE_NS = 400
SLOPE = 1e-6
LATENESS_NS = 250
FLOOD_ONE = 600_000
FLOOD_BEST = 1_500_000
HOOK_NS = 120  # a stamp
STAMPS = {"reflector, xdp": 2, "reflector, tc": 2}  # of the others: one
STRANGER_NS = 10
CPU_SHARE = 0.5


def row(name, values, reach="", met=None, **more):
    return {"name": name, "values": values, "reach": reach, "met": met,
            "times_smaller": {}, "unit": "us", **more}


def ratios(ours, peers):
    return {name: stats.times_smaller(ours, theirs)
            for name, theirs in peers.items() if ours and theirs}


def error_rows(blocks, skipped):
    all_of = {v: stats.summary(precision.error_rounds(blocks, v, skipped))
              for v in ("bypass", "socket") + precision.PEERS}
    peers = {p: all_of[p] for p in precision.PEERS if all_of[p]}
    rows = []
    for engine, rate in (("bypass", "10 000/s"), ("socket", "1000/s")):
        s = all_of[engine]
        reach = f"median ≤ {ERROR_P50_NS[engine] / 1000:g}"
        met = bool(s) and s["median"] <= ERROR_P50_NS[engine]
        if engine == "bypass":
            reach += f", p99-p1 ≤ {ERROR_SPREAD_NS / 1000:g}"
            met = met and s["spread"] <= ERROR_SPREAD_NS
        rows.append(row(f"network_ns, {engine}, {rate}", s, reach, met,
                        times_smaller=ratios(s, peers)))
    rows += [row(f"{p}'s time", peers.get(p)) for p in precision.PEERS]
    ours = rows[0] if rows[0]["values"] else rows[1]
    rows.append(ratio_row(ours))
    return rows


def best_ratio(times_smaller):
    """Against the peer that comes nearest; None unless there is one."""
    known = {p: t["ratio"] for p, t in times_smaller.items() if t}
    return min(known.items(), key=lambda item: item[1]) if known else None


def ratio_row(ours):
    best = best_ratio(ours["times_smaller"])
    name = f"{ours['name'].split(', ')[1]}'s error, times smaller than " \
        + (f"{best[0]}'s" if best else "the best peer's")
    return row(name, best and {"median": best[1]}, f"≥ {TIMES_SMALLER}",
               bool(best) and best[1] >= TIMES_SMALLER, unit="1")


def like_rows(blocks, skipped):
    all_of = {v: stats.summary(precision.like_rounds(blocks, v, skipped))
              for v in ("xrtt", "ping", "ping_u")}
    return [row("rtt_ns, socket, 100/s", all_of["xrtt"]),
            row("ping's time", all_of["ping"]),
            row("ping -U's time", all_of["ping_u"])]


def closure_row(blocks):
    found = precision.closures(blocks)
    rounds = found["rounds"]
    values = None
    if rounds:
        values = stats.summary({r: [c[0]] for r, c in rounds.items()})
    met = bool(rounds) and not found["why"] and all(
        least <= 0 <= most for _, least, most in rounds.values())
    return row("closure: socket's network less bypass's", values,
               "0 within both bars", met, why=found["why"],
               bars={r: c[1:] for r, c in rounds.items()})


def change_row(blocks, skipped):
    found = precision.changes(blocks, skipped)
    values = stats.summary({r: [seen] for r, (seen, _) in found.items()})
    off = [seen - held for seen, held in found.values()]
    met = bool(off) and abs(statistics.median(off)) <= CHANGE_NS
    held = statistics.median(h for _, h in found.values()) if off else None
    return row("the line held 1 µs longer each way; seen", values,
               f"held ± {CHANGE_NS / 1000:g}", met, held_ns=held, off_ns=off)


def linear_row(blocks):
    slopes, residuals = precision.linearity(precision.linear_points(blocks))
    values = stats.summary({r: [1e6 * s] for r, s in slopes.items()})
    met = bool(values) and abs(values["median"]) <= 1e6 * SLOPE
    return row("linearity, 0 to 100 ms each way: slope - 1", values,
               "± 1 ppm", met, unit="ppm", residuals_ns=residuals)


def lateness_rows(blocks):
    rows = []
    for variant, rate in (("1ms", "1000/s"), ("100us", "10 000/s")):
        s = stats.summary(precision.lateness_rounds(blocks, variant))
        rows.append(row(f"sent late, bypass, {rate}, bare cable", s,
                        f"median ≤ {LATENESS_NS / 1000:g}",
                        bool(s) and s["median"] <= LATENESS_NS))
    rows.append(row("irtt's timer error, its means, 1000/s",
                    stats.summary(precision.irtt_timer(blocks))))
    return rows


def flood_rows(blocks):
    found = precision.floods(blocks)
    rows = []
    for batch, runs in sorted(found.items()):
        rows.append(row(f"round trips/s, bare cable, batch {batch}",
                        stats.summary({i: [v] for i, v in
                                       enumerate(runs["per_s"], 1)}),
                        unit="1/s", unrecorded=runs["unrecorded"]))
    if not found:
        return [row("round trips/s, bare cable", None, "best of runs ≥ 0.6 M",
                    False, unit="1/s")]
    best = max(found, key=lambda b: max(found[b]["per_s"]))
    for each, (batch, _) in zip(rows, sorted(found.items())):
        needed = []
        if batch == 1:
            needed.append(FLOOD_ONE)
        if batch == best:
            needed.append(FLOOD_BEST)
        if needed:
            each["reach"] = f"max ≥ {max(needed) / 1e6:g} M, 0 unrecorded"
            each["met"] = (each["values"]["max"] >= max(needed)
                           and each["unrecorded"] == 0)
    return rows


def cost_rows(cost):
    rows = []
    for frame, reach in [("ours", HOOK_NS)] + [(f, STRANGER_NS)
                                               for f in STRANGERS]:
        is_ours = frame == "ours"
        worst = max((frames[frame]["difference_ns"]
                     / (STAMPS.get(hook, 1) if is_ours else 1), hook)
                    for hook, frames in cost.items() if frame in frames)
        name = "a stamp" if is_ours else frame
        rows.append(row(f"dearest hook ({worst[1]}), {name}",
                        {"median": worst[0]}, f"≤ {reach} ns",
                        worst[0] <= reach, unit="ns"))
    return rows


def cpu_row(cpu):
    ours, irtt = (cpu.get(p, {}).get("each_ns") for p in ("xrtt", "irtt"))
    share = ours / irtt if ours and irtt else None
    return row("CPU time of a probe at 1000/s, xrtt's by irtt's",
               share and {"median": share}, f"≤ {CPU_SHARE}",
               bool(share) and share <= CPU_SHARE, unit="1")


def build(directory, observed):
    """The rows by section, and what went wrong on the way."""
    skipped = []
    blocks = precision.Blocks(directory)
    sections = [
        ("error against the line's ledger, 2 x 27.5 ms",
         error_rows(blocks, skipped)),
        ("error against the application's own clock, same line",
         like_rows(blocks, skipped)),
        ("consistency", [closure_row(blocks), change_row(blocks, skipped),
                         linear_row(blocks)]),
        ("sending", lateness_rows(blocks) + flood_rows(blocks)),
        ("costs", (cost_rows(observed["cost"]) if observed["cost"] else [])
         + ([cpu_row(observed["cpu"])] if observed["cpu"] else [])),
    ]
    return [s for s in sections if s[1]], skipped
