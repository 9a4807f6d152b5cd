# SPDX-License-Identifier: GPL-2.0-only
"""What each program says a round trip took, in ns, by its sequence number, as
the program itself prints or writes it."""

import bisect
import csv
import json
import re
import statistics

from ledger import opened

STAMP_OCTETS = 44
LAID = 150  # of the log's rows say how it lies
STRAY_NS = 1e6  # what strays further says no more
STANDS_OUT = 1.5
SAME_NS = 1000  # two ways to lay a log that differ by less are one
CONTROL = 0xffffff00  # STAMP sequences from here are xrtt's control packets


def ping(text):
    """Answers with a sequence that comes twice are left out."""
    found, twice = {}, set()
    for seq, ms in re.findall(r"icmp_seq=(\d+) .*?time=([0-9.]+) ms", text):
        if int(seq) in found:
            twice.add(int(seq))
        found[int(seq)] = float(ms) * 1e6
    return {seq: ns for seq, ns in found.items() if seq not in twice}


def fping(text):
    return {int(seq): float(ms) * 1e6 for seq, ms in
            re.findall(r": \[(\d+)\], \d+ bytes, ([0-9.]+) ms", text)}


def irtt(text):
    """Its round trip leaves out what the server says it took; that is added
    again, as the line cannot see it apart."""
    found = {}
    for trip in json.loads(text)["round_trips"]:
        if trip["lost"] != "false":
            continue
        server = trip["timestamps"]["server"]
        found[trip["seqno"]] = (trip["delay"]["rtt"]
                                + server["send"]["monotonic"]
                                - server["receive"]["monotonic"])
    return found


def sockperf(text):
    """(sent, round trip) in the order of sending: the log does not number."""
    rows = []
    for line in text.splitlines():
        match = re.match(r"\d+, ([0-9.]+), ([0-9.]+), ([0-9.]+)$", line)
        if match:
            rows.append((float(match[1]) * 1e9, float(match[3]) * 1e3))
    return rows


def nearest(times, t):
    """Index into times, ascending."""
    i = bisect.bisect_left(times, t)
    if i and (i == len(times) or t - times[i - 1] < times[i] - t):
        return i - 1
    return min(i, len(times) - 1)


def number_by_time(log, trips, tolerance_ns=400_000):
    """{seq: round trip} for a log without numbers, whose clock is another. Of
    all ways to lay the log along the ledger's trips, sent on entered and come
    back on left, the one that varies least. {} where no way stands out: where
    two would do, neither is taken to be true."""
    order = sorted(trips, key=lambda seq: trips[seq][0])
    enters = [trips[seq][0] for seq in order]
    leaves = [trips[seq][1] for seq in order]
    head = log[:LAID]
    ways = []
    for first in enters if head else []:
        shift = first - head[0][0]
        at = [nearest(enters, sent + shift) for sent, _ in head]
        there = [enters[i] - sent for i, (sent, _) in zip(at, head)]
        back = [leaves[i] - sent - rtt for i, (sent, rtt) in zip(at, head)]
        middle = statistics.median(there)
        strays = [abs(t - middle) for t in there]
        strays += [abs(b - statistics.median(back)) for b in back]
        ways.append((statistics.fmean(min(s, STRAY_NS) for s in strays),
                     middle))
    ways.sort()
    shift, found = ways[0][1] if ways else 0, {}
    others = [cost for cost, other in ways if abs(other - shift) > SAME_NS]
    if not others or ways[0][0] * STANDS_OUT >= others[0]:
        return {}
    for sent, rtt in log:
        i = nearest(enters, sent + shift)
        if abs(enters[i] - sent - shift) < tolerance_ns:
            found.setdefault(order[i], rtt)
    return found


def samples(path):
    """xrtt's rows that were answered, with numbers for what is a number."""
    with opened(path) as f:
        for row in csv.DictReader(f):
            if row["status"] != "ok":
                continue
            yield {name: int(text) if text.lstrip("-").isdigit() else text
                   or None for name, text in row.items()}


def xrtt_network(row):
    """With the far host's time, as the line cannot see that apart."""
    needed = ("network_ns", "remote_rx_ns", "remote_tx_ns")
    if any(row[name] is None for name in needed):
        return None
    return row["network_ns"] + row["remote_tx_ns"] - row["remote_rx_ns"]


def app_number(octets, is_rx):
    """The probe's number in a datagram as the application handed it over or
    got it: an ICMP echo of a raw socket, or STAMP. None: neither."""
    if len(octets) == STAMP_OCTETS:
        at = 24 if is_rx else 0
        seq = int.from_bytes(octets[at:at + 4], "big")
        return seq if seq < CONTROL else None
    if is_rx and octets[:1] and octets[0] >> 4 == 4 and octets[9] == 1:
        octets = octets[(octets[0] & 15) * 4:]
        return int.from_bytes(octets[6:8], "big") if octets[0] == 0 else None
    if not is_rx and octets[:2] == b"\x08\0":
        return int.from_bytes(octets[6:8], "big")
    return None


def app_trips(path):
    """seq: from right before the call that sent to right after the one that
    received."""
    ends = {"tx": {}, "rx": {}}
    with opened(path) as f:
        for row in csv.DictReader(f):
            seq = app_number(bytes.fromhex(row["octets"]), row["dir"] == "rx")
            if seq is not None:
                ends[row["dir"]].setdefault(seq, int(row["ns"]))
    return {seq: ends["rx"][seq] - sent for seq, sent in ends["tx"].items()
            if seq in ends["rx"]}
