# SPDX-License-Identifier: GPL-2.0-only
"""The tables of a long bench: what long_score.py says, beside what it has to
reach, as text and as Markdown."""

import statistics

from long_score import (EARNED, LEVELS, SMALLEST, adds_up, group, judge,
                        levels_of, sampling, terms)

REACH_COVERAGE = 0.925  # 185 of 200
REACH_CONDITION = 0.85
REACH_SHARPNESS = 3
REACH_SAMPLING = (0.92, 0.99)
SMALLEST_SAMPLING = 100  # runs: of fewer, one is more than 1 %


class Section:
    def __init__(self, title, notes, header, lines):
        self.title = title
        self.notes = notes
        self.header = header
        self.lines = lines


def percent(share):
    return "-" if share is None else f"{100 * share:.1f} %"


def us(ns):
    return "unknown" if ns is None else f"{ns / 1000:.2f}"


def verdict(is_reached):
    return "reached" if is_reached else "MISSED"


# ---- sections ---------------------------------------------------------------

def machine_words(rows, voids, seed):
    dates = sorted({row["date"] for row in rows})
    kernels = ", ".join(sorted({row["kernel"] for row in rows}))
    cpus = ", ".join(sorted({str(row["cpus"]) for row in rows}))
    span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    failed = [row for row in rows if "failed" in row]
    notes = [f"{span}, kernel {kernels}, {cpus} CPUs, seed {seed}. "
             f"{len(rows)} runs; {sum(row['try'] > 1 for row in rows)} of them "
             f"needed another try, {voids} numbers stayed void."]
    notes += [f"Run {row['condition']['index']} failed: {row['failed']}"
              for row in failed]
    return notes


def coverage_reach(name, runs):
    if name == "all":
        return REACH_COVERAGE
    return REACH_CONDITION if runs >= SMALLEST else None


def coverage_section(rows, notes):
    lines = []
    for name, marks in judge(rows).items():
        reach = coverage_reach(name, marks["runs"])
        shares = [marks[level]["coverage"] for level in LEVELS]
        wire = [marks[level]["wire"] for level in LEVELS]
        lines.append([name, str(marks["runs"]), *map(percent, shares + wire),
                      "few runs" if reach is None
                      else verdict(min(shares) >= reach)])
    wrong = sum(not adds_up(each) for level in LEVELS
                for each in levels_of(rows, level))
    notes = notes + [
        "The instrument's interval holds the ledger's quantile of the same "
        f"probes; reach: {percent(REACH_COVERAGE)} of all runs, "
        f"{percent(REACH_CONDITION)} of every condition with {SMALLEST}. "
        "An interval that is not bounded, and a failed run, hold nothing."]
    if wrong:
        notes.append(f"{wrong} bars are not what their own terms add up to.")
    return Section("Coverage", notes,
                   ["condition", "runs", "p50", "p99", "wire p50", "p99", ""],
                   lines)


def sharpness_section(rows):
    lines = []
    for name, marks in judge(rows).items():
        if marks["runs"] < SMALLEST:
            continue
        for level in LEVELS:
            mark = marks[level]["sharpness"]
            cells = ["-", "-", "-", "no bar"]
            if mark:
                cells = [us(mark[0]), us(mark[1]), f"{mark[2]:.2f}",
                         verdict(mark[2] <= REACH_SHARPNESS)]
            lines.append([name, level, *cells])
    return Section(
        "Sharpness",
        ["Mean width of the bar, and the narrowest fixed interval around an "
         "error of 0 that would have covered 95 % of the same runs, µs; "
         f"reach: a ratio of {REACH_SHARPNESS}."],
        ["condition", "level", "bar", "narrowest", "ratio", ""], lines)


def place(condition, level, against):
    return f"{condition}, {level}" + \
        (", wire" if against == "wire_error" else "")


def terms_section(rows):
    lines = []
    for name, mark in terms(rows).items():
        cells = ["not exercised here", "", ""]
        if mark["is_exercised"]:
            without, whole, *where = mark["worst"]
            cells = [place(*where), percent(whole), percent(without)]
        elif mark["worst"]:
            without, whole, *where = mark["worst"]
            cells[0] += f" (least: {place(*where)})"
            cells[1:] = percent(whole), percent(without)
        lines.append([name, us(mark["median_ns"]), us(mark["max_ns"]), *cells])
    return Section(
        "What each term is worth",
        ["The same bars without the term. It earns its place where that covers "
         f"less than {percent(EARNED)} of a condition; against the wire "
         "(below) the far host's gaps count too. Line and xrtt read the "
         "same clock, so nothing here can exercise the clock's rate. "
         "Sizes in µs."],
        ["term", "median", "greatest", "provoked by", "with", "without"], lines)


def error_section(rows):
    lines = []
    for name, members in group(rows).items():
        for level in LEVELS:
            found = levels_of(members, level)
            if not found:
                continue
            cells = []
            for key in ("error", "wire_error"):
                errors = sorted(each[key] for each in found)
                cells += [us(errors[0]), us(statistics.median(errors)),
                          us(errors[-1])]
            lines.append([name, str(len(found)), level, *cells])
    return Section(
        "Errors",
        ["Reported minus true, µs, over the condition's runs. Under \"wire\" "
         "the far host's share is the ledger's, so the gaps of its stamps are "
         "errors too."],
        ["condition", "runs", "level", "least", "median", "greatest",
         "wire least", "median", "greatest"], lines)


def sampling_verdict(mark):
    low, high = REACH_SAMPLING
    if not mark["judged"]:
        return "all flagged"
    if mark["judged"] < SMALLEST_SAMPLING:
        return "few runs"
    return verdict(all(low <= s <= high for s in mark["held"].values()))


def sampling_section(rows, notes):
    low, high = REACH_SAMPLING
    lines = []
    for name, mark in sampling(rows).items():
        lines.append([
            name, str(mark["runs"]), str(mark["flagged"]),
            *map(percent, mark["held"].values()), str(mark["endless"]),
            *map(percent, mark["law"].values()), sampling_verdict(mark)])
    return Section(
        "Sampling",
        notes + [
            "ci95 holds the quantile of the law that the line's jitter "
            "follows, in the runs not flagged as too short for their memory; "
            f"reach: {percent(low)} to {percent(high)}, where there are "
            f"{SMALLEST_SAMPLING} of these. \"Open\" is how many intervals "
            "of p99 have no upper end. The last two say how much of "
            "what the line itself drew lay below the law's quantiles."],
        ["", "runs", "flagged", "p50", "p99", "open", "below p50", "below p99",
         ""], lines)


def sections(data, voids, seed):
    """data, voids: by kind, the rows and how many runs stayed void."""
    found = []
    rows = data["coverage"]
    if rows:
        found = [coverage_section(rows, machine_words(
            rows, voids["coverage"], seed)), sharpness_section(rows),
            terms_section(rows), error_section(rows)]
    if data["sampling"]:
        found.append(sampling_section(data["sampling"], machine_words(
            data["sampling"], voids["sampling"], seed)))
    return found


# ---- formats ----------------------------------------------------------------

def table_text(section):
    table = [section.header, *section.lines]
    widths = [max(map(len, column)) for column in zip(*table)]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 or i == len(line) - 1
                  else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in table)


def as_text(found):
    return "\n\n".join(
        "\n".join([section.title, *section.notes, "", table_text(section)])
        for section in found)


def as_markdown(found):
    parts = ["# What `make bench-long` measured"]
    for section in found:
        rule = ["---"] + ["---:"] * (len(section.header) - 1)
        parts += [f"## {section.title}", *section.notes, "\n".join(
            "| " + " | ".join(line) + " |"
            for line in [section.header, rule, *section.lines])]
    return "\n\n".join(parts) + "\n"
