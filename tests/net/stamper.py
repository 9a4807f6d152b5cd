#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends STAMP requests and stamps them without any help from xrtt.

  stamper.py send TARGET PORT COUNT INTERVAL_S OUT.csv
  stamper.py odd OUT.csv TC_TX.log TC_RX.log

`send`: one request after the other; a row each: seq,app_tx,drv_tx,remote_ns,
rx,ready,app_rx. drv_tx (driver) and rx (into the stack, before TC) are the
kernel's SO_TIMESTAMPING ones, `ready` is when the socket has the reply. All
but remote_ns are in CLOCK_MONOTONIC ns.

`odd`: with the logs of a `delay` of no time at either TC hook, by how much the
median of each stage is longer where the sequence number is odd; JSON.
"""

import csv
import gc
import json
import select
import socket
import statistics
import struct
import sys
import time

SO_TIMESTAMPING = 37
TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, TSONLY = 1 << 1, 1 << 3, 1 << 4, 1 << 11
MSG_ERRQUEUE = 0x2000
GIVE_UP_NS = 300_000_000

now = time.monotonic_ns


def software_stamp(control):
    """REALTIME ns of the SCM_TIMESTAMPING message, None if there is none."""
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING:
            seconds, ns = struct.unpack_from("qq", data)
            return seconds * 10**9 + ns
    return None


def tx_stamp(sock):
    """Of the request just sent."""
    end = now() + GIVE_UP_NS
    while now() < end:
        try:
            return software_stamp(sock.recvmsg(0, 512, MSG_ERRQUEUE)[1])
        except BlockingIOError:
            pass
    return None


def wait_readable(poll, end):
    while now() < end:
        for _, events in poll.poll(0):
            if events & select.POLLIN:
                return now()
    return None


def real_minus_mono():
    """From the narrowest of a few bracketed reads."""
    reads = []
    for _ in range(16):
        before = now()
        real = time.time_ns()
        after = now()
        reads.append((after - before, real - (before + after) // 2))
    return min(reads)[1]


def probe(sock, poll, seq):
    request = struct.pack("!III", seq, 0, 0) + b"\x40\x01" + bytes(30)
    offset = real_minus_mono()
    app_tx = now()
    sock.send(request)
    ready = wait_readable(poll, app_tx + GIVE_UP_NS)
    if ready is None:
        return None
    reply, control, _, _ = sock.recvmsg(1500, 512)
    app_rx = now()
    tx_s, tx_ns, rx_s, rx_ns = struct.unpack_from("!II4xII", reply, 4)
    if struct.unpack_from("!I", reply, 24)[0] != seq:
        return None
    return (seq, app_tx, tx_stamp(sock) - offset,
            (tx_s - rx_s) * 10**9 + tx_ns - rx_ns,
            software_stamp(control) - offset, ready, app_rx)


def send(target, port, count, interval, out):
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                    TX_SOFTWARE | RX_SOFTWARE | SOFTWARE | TSONLY)
    sock.connect((target, int(port)))
    sock.setblocking(False)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    gc.disable()
    rows = []
    for seq in range(int(count)):
        time.sleep(float(interval))
        rows.append(probe(sock, poll, seq))
    with open(out, "w") as f:
        print("seq,app_tx,drv_tx,remote_ns,rx,ready,app_rx", file=f)
        for row in filter(None, rows):
            print(*row, sep=",", file=f)
    missing = rows.count(None)
    if missing:
        sys.exit(f"stamper.py: {missing} of {count} not answered")


def log_read(path):
    with open(path) as f:
        return [int(line) for line in f]


def stages(row, tc_tx, tc_rx):
    at = {k: int(v) for k, v in row.items()}
    return {
        "app_to_tc": tc_tx - at["app_tx"],
        "tc_to_driver": at["drv_tx"] - tc_tx,
        "network": at["rx"] - at["drv_tx"] - at["remote_ns"],
        "remote": at["remote_ns"],
        "stack_to_tc": tc_rx - at["rx"],
        "tc_to_socket": at["ready"] - tc_rx,
        "socket_to_app": at["app_rx"] - at["ready"],
    }


def odd(samples, tc_tx_log, tc_rx_log):
    with open(samples, newline="") as f:
        rows = list(csv.DictReader(f))
    tc_tx, tc_rx = log_read(tc_tx_log), log_read(tc_rx_log)
    if not len(rows) == len(tc_tx) == len(tc_rx):
        sys.exit(f"stamper.py: {len(rows)} rows, {len(tc_tx)} and "
                 f"{len(tc_rx)} log lines")
    split = [[], []]
    for row, tx, rx in zip(rows, tc_tx, tc_rx):
        split[int(row["seq"]) & 1].append(stages(row, tx, rx))
    print(json.dumps({
        name: round(statistics.median(s[name] for s in split[1]) -
                    statistics.median(s[name] for s in split[0]))
        for name in split[0][0]}))


if __name__ == "__main__":
    if len(sys.argv) == 7 and sys.argv[1] == "send":
        send(*sys.argv[2:])
    elif len(sys.argv) == 5 and sys.argv[1] == "odd":
        odd(*sys.argv[2:])
    else:
        sys.exit(__doc__)
