#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the delay line's ledger, or the wire, says of xrtt's probes over TCP.

  tcp_truth.py error SAMPLES.csv LEDGER.csv   how wrong is each probe's network
                                              time, signed, in ns; JSON
  tcp_truth.py wire PORT                      tshark's fields on stdin; JSON

The ledger's numbers are initial sequence numbers, which xrtt does not report:
its probes are the ledger's SYNs in the order of their sending. `error` is
network - (reply leaves the line - SYN enters it); `syns` and `sent` are equal
if nothing was sent but probes. Status 1 if no probe is known.

`wire` wants, tab separated: tcp.srcport, tcp.dstport, tcp.flags, tcp.seq_raw,
tcp.ack_raw, tcp.checksum.status, frame.len. It counts the SYNs, those whose
reply acknowledges them, the RSTs that take back exactly what was acknowledged,
and checksums that do not hold of what came from the prober (what goes to it may
have been left to a NIC).
"""

import csv
import json
import sys


def quantile(ordered, q):
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def ledger_read(path):
    syns, replies = [], {}
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            key = row["port"], row["seq"]
            if row["dir"] == "ab":
                syns.append((int(row["enter_ns"]), key))
            elif row["leave_ns"]:
                replies.setdefault(key, int(row["leave_ns"]))
    return sorted(syns), replies


def sent_at(row):
    return int(row["drv_tx_ns"] or row["tc_tx_ns"])


def error(samples, ledger):
    syns, replies = ledger_read(ledger)
    with open(samples, newline="") as f:
        sent = [row for row in csv.DictReader(f) if row["status"] != "unsent"]
    sent.sort(key=sent_at)
    errors, unmatched = [], 0
    for row, (enter, key) in zip(sent, syns):
        if row["status"] != "ok" or not row["network_ns"]:
            continue
        if key in replies:
            errors.append(int(row["network_ns"]) - (replies[key] - enter))
        else:
            unmatched += 1
    errors.sort()
    result = {"n": len(errors), "unmatched": unmatched, "syns": len(syns),
              "sent": len(sent), "ports": len({key[0] for _, key in syns})}
    if errors:
        result.update(p1=quantile(errors, 0.01), p50=quantile(errors, 0.5),
                      p99=quantile(errors, 0.99), min=errors[0],
                      max=errors[-1])
    print(json.dumps(result))
    return 0 if errors else 1


def wire(port):
    names = ("syns", "answered", "syn_acks", "resets_back", "taken_back",
             "wrong_sums", "odd_resets")
    count = dict.fromkeys(names, 0)
    expected, acknowledged, lengths = {}, {}, set()
    for line in sys.stdin:
        fields = line.rstrip("\n").split("\t")
        source, target, flags, seq, ack, good, length = (
            int(field or "0", 0) for field in fields[:7])
        flags &= 0x17
        if target == port:
            count["wrong_sums"] += good != 1
        if target == port and flags == 0x02:
            count["syns"] += 1
            expected[source] = (seq + 1) % 2**32
            lengths.add(length)
        elif source == port and flags in (0x12, 0x14):
            count["answered"] += expected.get(target) == ack
            count["syn_acks" if flags == 0x12 else "resets_back"] += 1
            acknowledged[target] = ack
        elif target == port and flags & 0x04:
            if acknowledged.get(source) == seq:
                count["taken_back"] += 1
            else:
                count["odd_resets"] += 1
    print(json.dumps({**count, "syn_lengths": sorted(lengths)}))
    return 0


def main(args):
    if len(args) == 3 and args[0] == "error":
        return error(args[1], args[2])
    if len(args) == 2 and args[0] == "wire":
        return wire(int(args[1]))
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
