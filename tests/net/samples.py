#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Questions to the samples of `xrtt probe --samples FILE.csv`.

  samples.py order FILE         are the stamps of every complete probe in order?
  samples.py median EXPR FILE   of the answered probes that have what EXPR names
  samples.py odd FILE           by how much the median of each stage is longer
                                where the sequence number is odd; JSON
"""

import csv
import json
import statistics
import sys

LOCAL = ("app_tx_ns tc_tx_ns drv_tx_ns hw_rx_ns xdp_rx_ns tc_rx_ns "
         "sock_rx_ns app_rx_ns").split()
REMOTE = ["remote_rx_ns", "remote_tx_ns"]

STAGES = {
    "app_to_tc": "tc_tx_ns - app_tx_ns",
    "tc_to_driver": "drv_tx_ns - tc_tx_ns",
    "network": "network_ns",
    "remote": "remote_tx_ns - remote_rx_ns",
    "nic_to_xdp": "xdp_rx_ns - hw_rx_ns",
    "xdp_to_tc": "tc_rx_ns - xdp_rx_ns",
    "tc_to_socket": "sock_rx_ns - tc_rx_ns",
    "socket_to_app": "app_rx_ns - sock_rx_ns",
}


def rows(path):
    """Each row's numbers; `status` stays text, empty fields are left out."""
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            yield {k: int(v) if k.endswith(("_ns", "seq", "ttl")) else v
                   for k, v in row.items() if v}


def disorder(row):
    """The first pair of stamps that is the wrong way round, if any."""
    for names in ([n for n in LOCAL if n in row],
                  [n for n in REMOTE if n in row]):
        for a, b in zip(names, names[1:]):
            if row[b] < row[a]:
                return f"{a} {row[a]} > {b} {row[b]}"
    return None


def order(path):
    answered = [r for r in rows(path) if r["status"] == "ok"]
    bad = [(r["seq"], what) for r in answered if (what := disorder(r))]
    negative = [r["seq"] for r in answered if r.get("network_ns", 0) < 0]
    for seq, what in bad[:10]:
        print(f"probe {seq}: {what}", file=sys.stderr)
    for seq in negative[:10]:
        print(f"probe {seq}: negative network_ns", file=sys.stderr)
    print(f"{len(answered)} answered, {len(bad)} out of order")
    return 0 if answered and not bad and not negative else 1


def values(code, answered):
    """Of the rows that have every column that `code` names."""
    return [eval(code, {"__builtins__": {}}, r) for r in answered
            if all(n in r for n in code.co_names)]


def median(expr, path):
    code = compile(expr, "EXPR", "eval")
    found = values(code, (r for r in rows(path) if r["status"] == "ok"))
    if not found:
        sys.exit(f"samples.py: no probe has all of: {expr}")
    print(round(statistics.median(found)))
    return 0


def odd(path):
    """null for a stage that has no stamps in this run."""
    split = [[], []]
    for row in rows(path):
        if row["status"] == "ok":
            split[row["seq"] & 1].append(row)
    result = {}
    for name, expr in STAGES.items():
        code = compile(expr, name, "eval")
        even_ns, odd_ns = (values(code, half) for half in split)
        result[name] = round(statistics.median(odd_ns) -
                             statistics.median(even_ns)) \
            if even_ns and odd_ns else None
    print(json.dumps(result))
    return 0


def main(args):
    if len(args) == 2 and args[0] == "order":
        return order(args[1])
    if len(args) == 3 and args[0] == "median":
        return median(args[1], args[2])
    if len(args) == 2 and args[0] == "odd":
        return odd(args[1])
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
