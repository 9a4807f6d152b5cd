# SPDX-License-Identifier: GPL-2.0-only
"""What the measuring itself costs: what observer.bash measured, summarised and
as tables.

Rounds are interleaved (A B C A B C ...), so variants are compared round by
round: a difference is the median over the rounds of the difference of the two
medians, its interval 95 % by the sign test.
"""

import collections
import csv
import os
import statistics
import sys

from stats import compare, quantile

WIRE = [
    ("bare", "TC egress and XDP only"),
    ("hooks", "all hooks"),
    ("stamps", "all hooks, TX stamps"),
    ("ring", "control: egress wakes"),
    ("sleeper", "control: recv() asleep"),
]
PING = [
    ("none", "no XDP"),
    ("pass", "pass-all XDP at both ends"),
    ("xrtt", "xrtt at both ends, idle"),
]
STRANGERS = ["other UDP port", "TCP"]
QUIET = 0.05
MIN_SHARE = 0.9  # of the probes; else the variants are not comparable


def rows(directory, part):
    path = os.path.join(directory, part + ".csv")
    if not os.path.exists(path):
        return []
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def plain_median(values):
    return statistics.median(values)


def grouped_median(values):
    """Of values that were cut off to whole steps of 1000 ns."""
    return statistics.median_grouped(values, 1000) + 500


class Series:
    """One variant's values, in ns, by round."""

    def __init__(self, median=plain_median, has_quiet=True):
        self.by_round = collections.defaultdict(list)
        self.probes = 0
        self.median = median
        self.has_quiet = has_quiet

    def add(self, number, text, scale=1):
        self.probes += 1
        if text:
            self.by_round[number].append(float(text) * scale)

    def medians(self):
        return {r: self.median(v) for r, v in self.by_round.items()}

    def quiet(self):
        return {r: quantile(sorted(v), QUIET) for r, v in self.by_round.items()}

    def against(self, base):
        out = compare(self.medians(), base.medians())
        out["at_p5"] = None
        if self.has_quiet:
            out["at_p5"] = compare(self.quiet(), base.quiet())
        return out

    def summary(self):
        values = sorted(v for each in self.by_round.values() for v in each)
        medians = sorted(self.medians().values())
        return {
            "n": len(values),
            "of": self.probes,
            "rounds": len(medians),
            "p50_ns": self.median(values),
            "p1_ns": quantile(values, 0.01),
            "p99_ns": quantile(values, 0.99),
            "round_medians_q1_ns": quantile(medians, 0.25),
            "round_medians_q3_ns": quantile(medians, 0.75),
            "round_medians_ns": [round(m, 1) for m in medians],
        }


def summarize(series, names, extra):
    """Each variant against the first, and the pairs in `extra`."""
    out = {}
    first = series[names[0][0]]
    for key, name in names:
        if key not in series:
            continue
        stamped = sum(map(len, series[key].by_round.values()))
        if stamped < MIN_SHARE * series[key].probes:
            sys.exit(f"report: \"{name.strip()}\": most probes have no stamps")
        out[key] = series[key].summary()
        if key != names[0][0]:
            out[key]["against_" + names[0][0]] = series[key].against(first)
    for key, base in extra:
        if key in out and base in out:
            out[key]["against_" + base] = series[key].against(series[base])
    return out


def summarize_probes(data, column):
    series = collections.defaultdict(Series)
    for row in data:
        series[row["variant"]].add(row["round"], row[column])
    return summarize(series, WIRE, [("stamps", "hooks"), ("ring", "stamps"),
                                    ("sleeper", "stamps")])


def summarize_ping(data):
    series = collections.defaultdict(
        lambda: Series(grouped_median, has_quiet=False))
    for row in data:
        series[row["variant"]].add(row["round"], row["rtt_us"], 1000)
    return summarize(series, PING, [("xrtt", "pass")])


def summarize_cost(data):
    cells = collections.defaultdict(
        lambda: collections.defaultdict(lambda: ([], [])))
    for row in data:
        ns, empty = cells[row["hook"], row["frame"]][row["round"]]
        ns.append(int(row["ns"]))
        empty.append(int(row["empty_ns"]))
    out = collections.defaultdict(dict)
    for (hook, frame), by_round in cells.items():
        out[hook][frame] = compare(
            {r: statistics.median(v[0]) for r, v in by_round.items()},
            {r: statistics.median(v[1]) for r, v in by_round.items()})
        del out[hook][frame]["ratio"]
    return out


def summarize_cpu(data):
    """CPU time is n * each + start; two runs of different n tell them apart."""
    runs = collections.defaultdict(dict)
    for row in data:
        runs[row["program"], row["round"]][int(row["probes"])] = (
            float(row["user_s"]) + float(row["sys_s"]))
    out = collections.defaultdict(lambda: collections.defaultdict(list))
    for (program, _), cpu in runs.items():
        if len(cpu) != 2:
            continue
        few, many = sorted(cpu)
        each = (cpu[many] - cpu[few]) / (many - few)
        out[program]["whole_ns"].append(1e9 * cpu[many] / many)
        out[program]["each_ns"].append(1e9 * each)
        out[program]["start_ns"].append(1e9 * (cpu[few] - few * each))
        out[program]["probes"] = [many]
    return {p: {**{k: statistics.median(v) for k, v in each.items()},
                "rounds": len(each["each_ns"]),
                "each_min_ns": min(each["each_ns"]),
                "each_max_ns": max(each["each_ns"])}
            for p, each in out.items()}


# ---- the table --------------------------------------------------------------

def us(ns, sign=""):
    return f"{ns / 1000:{sign}.2f}"


def print_difference(c):
    interval = c["difference_ci95_ns"]
    text = "" if interval is None else "[{}, {}]".format(
        *(us(v, "+") for v in interval))
    return f"{us(c['difference_ns'], '+'):>8}{text:>17}"


def print_comparison(c):
    quiet = c["at_p5"]
    return (print_difference(c) + f"{c['ratio']:>7.2f}"
            + ("" if quiet is None else print_difference(quiet)))


def print_series(title, summary, names, alone):
    base = names[0][0]
    print(f"{title:27}{'p50':>6}{'p1':>6}{'p99':>8}{'rounds':>13}"
          f"{'more':>8}{'95 %':>17}{'ratio':>7}"
          + (f"{'at p5':>8}{'95 %':>17}" if names is WIRE else ""))
    for key, name in names:
        if key not in summary:
            continue
        s = summary[key]
        spread = (f"{s['round_medians_q1_ns'] / 1000:.1f} to "
                  f"{s['round_medians_q3_ns'] / 1000:.1f}")
        print(f"  {name:25}{us(s['p50_ns']):>6}{us(s['p1_ns']):>6}"
              f"{us(s['p99_ns']):>8}{spread:>13}", end="")
        print(print_comparison(s["against_" + base]) if key != base else "")
        if key == alone[0]:
            print(f"  {alone[2]:58}"
                  + print_comparison(s["against_" + alone[1]]))
    print()


def print_cost(cost):
    print(f"{'one run of a hook, less an empty one, ns':43}{'ours':>7}"
          + "".join(f"{name:>16}" for name in STRANGERS))
    for hook, frames in cost.items():
        cells = []
        for name in ["ours"] + STRANGERS:
            c = frames.get(name)
            cells.append("" if c is None
                         else f"{c['difference_ns']:+.0f}")
        print(f"  {hook:41}{cells[0]:>7}{cells[1]:>16}{cells[2]:>16}".rstrip())
    print()


def print_cpu(cpu):
    print(f"{'CPU time of a probe, µs':28}{'all':>9}"
          f"{'each':>9}{'rounds':>19}{'start, ms':>12}{'ratio':>8}")
    ours = cpu.get("xrtt", {}).get("each_ns")
    for program, c in cpu.items():
        spread = us(c["each_min_ns"]) + " to " + us(c["each_max_ns"])
        print(f"  {program:26}{us(c['whole_ns']):>9}{us(c['each_ns']):>9}"
              f"{spread:>19}{c['start_ns'] / 1e6:>12.1f}", end="")
        print(f"{c['each_ns'] / ours:>8.2f}" if ours else "")
    print()


def print_notes(out):
    notes = {
        "wire": "wire, round trip: STAMP at 1 ms, reflector in XDP; {rounds} "
                "rounds of {each} probes a variant.\n"
                "  A control adds to all hooks and TX stamps what they must "
                "not do; whom it wakes is on another CPU.",
        "ping": "ping: {rounds} rounds of {each} at 2 ms; it prints whole µs, "
                "medians are interpolated.",
        "cost": "hooks: ours: median of single runs, the slot armed afresh; "
                "strangers: runs in a row.",
        "cpu": "CPU: user + sys, 1 ms apart; \"all\" of {probes:.0f}, "
               "\"each\" without the start; {rounds} rounds, min to max.\n"
               "  1000 means that it never sleeps, as ping at this interval. "
               "Soft interrupts of both ends may\n"
               "  be booked on whoever sends; irtt's server is not in it.",
    }
    for part, text in notes.items():
        if not out[part]:
            continue
        first = next(iter(out[part].values()))
        each = first["n"] // first["rounds"] if "n" in first else 0
        print(text.format(rounds=first.get("rounds"), each=each,
                          probes=first.get("probes", 0)))


def summarize_all(directory):
    probes, ping = rows(directory, "wire"), rows(directory, "ping")
    return {
        "wire": summarize_probes(probes, "wire_ns") if probes else None,
        "rtt": summarize_probes(probes, "rtt_ns") if probes else None,
        "ping": summarize_ping(ping) if ping else None,
        "cost": summarize_cost(rows(directory, "cost")) or None,
        "cpu": summarize_cpu(rows(directory, "cpu")) or None,
    }


def print_all(out):
    print("What the measuring costs: two hosts on a bare cable. p1, p50 and "
          "p99 are of all probes, \"rounds\" is\nthe middle half of the "
          "rounds' medians; \"more\" and \"ratio\" are against the first row,"
          " round by\nround, with their 95 % by the sign test; \"at p5\" is the"
          " same for each round's p5.\n")
    stamps = ("stamps", "hooks", "  TX stamps alone")
    if out["wire"]:
        print_series("wire, tc_tx to xdp_rx, µs", out["wire"], WIRE, stamps)
        print_series("round trip, app to app, µs", out["rtt"], WIRE, stamps)
    if out["ping"]:
        print_series("ping, µs", out["ping"], PING,
                     ("xrtt", "pass", "  xrtt against pass-all"))
    if out["cost"]:
        print_cost(out["cost"])
    if out["cpu"]:
        print_cpu(out["cpu"])
    print_notes(out)
