# SPDX-License-Identifier: GPL-2.0-only
"""The line's ledger: what it says a round trip took, between request's entering
and reply's leaving. The prober is on side A: ab carries requests, ba replies.
"""

import collections
import csv
import gzip


def opened(path):
    if str(path).endswith(".gz"):
        return gzip.open(path, "rt", newline="")
    return open(path, newline="")


def read(path):
    """{"ab": rows, "ba": rows}, in the order in which they entered."""
    rows = {"ab": [], "ba": []}
    with opened(path) as f:
        for row in csv.DictReader(f):
            rows[row["dir"]].append({
                "seq": int(row["seq"]), "port": int(row["port"]),
                "enter_ns": int(row["enter_ns"]),
                "leave_ns": int(row["leave_ns"]) if row["leave_ns"] else None})
    return rows


def swapped(seq):
    """A number that was little-endian on the wire."""
    return int.from_bytes(seq.to_bytes(4, "big"), "little")


def busiest_port(rows):
    """The session: whoever else strayed onto the line has fewer frames."""
    ports = collections.Counter(row["port"] for row in rows["ab"])
    return ports.most_common(1)[0][0] if ports else None


def trips(rows, number=lambda seq: seq):
    """seq: (request enters, reply leaves, held there, held back), of those
    alone of which the line saw one request and one reply."""
    port = busiest_port(rows)
    by = {"ab": collections.defaultdict(list),
          "ba": collections.defaultdict(list)}
    for direction, each in rows.items():
        for row in each:
            if row["port"] == port:
                by[direction][number(row["seq"])].append(row)
    found = {}
    for seq, there in by["ab"].items():
        back = by["ba"].get(seq, [])
        if len(there) != 1 or len(back) != 1 or \
                there[0]["leave_ns"] is None or back[0]["leave_ns"] is None:
            continue
        found[seq] = (there[0]["enter_ns"], back[0]["leave_ns"],
                      there[0]["leave_ns"] - there[0]["enter_ns"],
                      back[0]["leave_ns"] - back[0]["enter_ns"])
    return found


def true_ns(trip):
    return trip[1] - trip[0]


def held_ns(trip):
    return trip[2] + trip[3]


def planned(trips, extra_ns, tolerance_ns=300):
    """{seq: True where the line held it extra_ns longer both ways, False where
    it did not either way}; left out: whatever left late, or is mixed."""
    if not trips:
        return {}
    least = [min(trip[way] for trip in trips.values()) for way in (2, 3)]
    found = {}
    for seq, trip in trips.items():
        over = [trip[2] - least[0], trip[3] - least[1]]
        if max(over) <= tolerance_ns:
            found[seq] = False
        elif all(0 <= o - extra_ns <= tolerance_ns for o in over):
            found[seq] = True
    return found
