#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The words and the rows of tests/bench/long.sh, and its tables.

  long.py plan KIND SEED INDEX DIR ENGINE...   the run, as shell assignments
  long.py row KIND SEED INDEX TRY DIR FAILED ENGINE...
                                     a line of JSON from the run's files in DIR;
                                     status 1, and why, if the run is void
  long.py todo KIND SEED RUNS OUT    the numbers that have no row yet
  long.py report SEED OUT [FILE]     the tables; FILE: also as Markdown

KIND is coverage or sampling; FAILED is empty, or why xrtt gave no result.
"""

import datetime
import json
import os
import platform
import shlex
import sys

import long_plan
import long_rows
import long_table


def condition_of(kind, seed, index, engines):
    if kind == "coverage":
        return long_plan.coverage(seed, index, engines)
    return long_plan.sampling(seed, index)


def words(name, values):
    return f"{name}=({' '.join(map(shlex.quote, values))})"


def plan(kind, seed, index, directory, *engines):
    condition = condition_of(kind, seed, int(index), engines)
    path = os.path.join(directory, "plan")
    if condition.get("jitter") == "heavy":
        with open(path, "w") as f:
            f.write(long_plan.heavy_plan(condition))
    print(words("LINE_WORDS", long_plan.line_words(condition, path)))
    print(words("PROBE_WORDS", long_plan.probe_words(condition)))
    print("LOAD=" + condition["load"])


def row(kind, seed, index, attempt, directory, failed, *engines):
    condition = condition_of(kind, seed, int(index), engines)
    out = {
        "seed": seed, "condition": condition, "try": int(attempt),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%d"),
        "kernel": platform.release(), "cpus": os.cpu_count(),
    }
    try:
        if failed:
            out["failed"] = failed
        else:
            out.update(long_rows.make(kind, condition, directory))
    except long_rows.Void as why:
        sys.exit(f"void: {why}")
    except (ValueError, KeyError, TypeError) as why:
        out["failed"] = f"xrtt's result: {why!r}"
    print(json.dumps(out))


def rows_read(kind, seed, out):
    """Of this seed, one for each number, in order."""
    found = {}
    path = os.path.join(out, kind + ".jsonl")
    if os.path.exists(path):
        with open(path) as f:
            for line in f:
                each = json.loads(line)
                if each["seed"] == seed:
                    found[each["condition"]["index"]] = each
    return [found[index] for index in sorted(found)]


def voids_count(kind, seed, out, rows):
    """Numbers that stayed void in all their tries, and were not made since."""
    path = os.path.join(out, kind + ".void")
    if not os.path.exists(path):
        return 0
    with open(path) as f:
        found = {index for of, index in map(str.split, f) if of == seed}
    return len(found - {str(row["condition"]["index"]) for row in rows})


def todo(kind, seed, runs, out):
    done = {each["condition"]["index"] for each in rows_read(kind, seed, out)}
    print(*(index for index in range(int(runs)) if index not in done))


def report(seed, out, results=None):
    kinds = ("coverage", "sampling")
    data = {kind: rows_read(kind, seed, out) for kind in kinds}
    voids = {kind: voids_count(kind, seed, out, data[kind])
             for kind in kinds}
    if not any(data.values()):
        sys.exit(f"long.py: {out} has no runs of seed {seed}")
    sections = long_table.sections(data, voids, seed)
    print(long_table.as_text(sections))
    if results:
        with open(results, "w") as f:
            f.write(long_table.as_markdown(sections))


def main(args):
    commands = {"plan": plan, "row": row, "todo": todo, "report": report}
    if len(args) < 3 or args[0] not in commands:
        sys.exit(__doc__)
    commands[args[0]](*args[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
