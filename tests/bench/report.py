#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What tests/bench/run.sh measured, as a table and as JSON.

  report.py DIR    reads DIR/raw, DIR/{wire,ping,cost,cpu}.csv and DIR/skipped,
                   as far as they are there; writes DIR/bench.json; prints
"""

import datetime
import json
import os
import platform
import sys

sys.dont_write_bytecode = True  # nothing is left beside the sources

import observer  # noqa: E402
import table  # noqa: E402

COLUMNS = ("median", "p1", "p99", "spread")
PEERS = ("ping", "fping", "irtt", "sockperf")
NAME_WIDTH = 45


def machine():
    model = ""
    try:
        with open("/proc/cpuinfo") as f:
            model = next((line.split(":", 1)[1].strip() for line in f
                          if line.startswith("model name")), "")
    except OSError:
        pass
    return {"kernel": platform.release(), "cores": os.cpu_count(),
            "cpu": model, "load": os.getloadavg()[1]}


def figure(value, unit):
    if value is None:
        return "-"
    if unit == "us":
        return f"{value / 1000:+.2f}"
    if unit == "1/s":
        return f"{value / 1e6:.2f} M"
    return f"{value:.2f}" if unit == "1" else f"{value:+.2f}"


def print_row(row):
    values, unit = row["values"], row["unit"]
    name = row["name"] + ("" if unit in ("us", "1") else f", {unit}")
    print(f"  {name:{NAME_WIDTH}}", end="")
    if not values:
        print(f"{'not measured':>40}", end="")
    else:
        for column in COLUMNS:
            text = figure(values[column], unit) if column in values else ""
            print(f"{text:>10}", end="")
    for peer in PEERS:
        ratio = row["times_smaller"].get(peer)
        print(f"{ratio['ratio'] if ratio else '':>7.0f}" if ratio
              else " " * 7, end="")
    met = {True: "yes", False: "NO", None: ""}[row["met"]]
    print(f"  {row['reach']:29}{met}".rstrip())


def print_table(sections):
    print(f"{'µs where nothing else is said':{NAME_WIDTH + 2}}"
          + "".join(f"{c:>10}" for c in ("median", "p1", "p99", "p99-p1"))
          + "".join(f"{p[:6]:>7}" for p in PEERS) + "  reach")
    for title, rows in sections:
        print(title)
        for row in rows:
            print_row(row)
    print()


def print_details(sections):
    rows = {row["name"]: row for _, each in sections for row in each}
    for row in rows.values():
        if row.get("residuals_ns"):
            print("linearity, residuals in ns: " + ", ".join(
                f"{hold} {ns:+.0f}" for hold, ns in
                row["residuals_ns"].items()))
        if row.get("held_ns") is not None:
            print(f"the line really held {row['held_ns'] / 1000:.3f} µs "
                  "longer, both ways; seen less that, by round, in ns: "
                  + ", ".join(f"{ns:+.0f}" for ns in row["off_ns"]))
        for why in row.get("why", []):
            print(f"{row['name']}: {why}")


def print_caption(out):
    m = out["machine"]
    print(f"""xrtt beside what people use. {out['date']}, kernel \
{m['kernel']}, {m['cores']} cores{m['cpu'] and ', ' + m['cpu']}, load \
{m['load']:.1f}.
Error is signed: what a program says less what the line's ledger says of the \
same probe (the reply leaves the
line less the request enters it); nothing is subtracted. Line and program read \
the same clock, so no row says
anything about that clock's rate. Rounds are interleaved; the line spins on \
one CPU, programs run on another, as
they stand. Under ping to sockperf: how many times smaller xrtt's median error \
is than theirs, round by round.
ping and fping print steps of 100 µs at 55 ms: their line varies its hold by \
as much, so that the median of
their errors is not the rounding's; p1 and p99 are what they print.
""")


def main():
    directory = sys.argv[1]
    observed = observer.summarize_all(directory)
    sections, odd = table.build(directory, observed)
    with open(os.path.join(directory, "skipped")) as f:
        odd = f.read().splitlines() + odd
    out = {
        "schema": "xrtt-bench/2",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "precision": [{"section": title, **row}
                      for title, rows in sections for row in rows],
        **observed,
        "skipped": odd,
    }
    with open(os.path.join(directory, "bench.json"), "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
    print_caption(out)
    print_table(sections)
    print_details(sections)
    print()
    observer.print_all(out)
    for reason in odd:
        print("skipped: " + reason)


main()
