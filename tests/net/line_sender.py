#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Traffic for the delay line's test, seen without any help from the line.

  line_sender.py send ADDR COUNT INTERVAL_S OUT.csv [FIRST_SEQ]
  line_sender.py receive ADDR OUT.csv [echo]
  line_sender.py sizes ADDR             one datagram of every size
  line_sender.py icmp ADDR SEQ..        echo requests, 32-bit sequence
  line_sender.py numbered ADDR AT SEQ.. datagrams with their number at AT
  line_sender.py tagged NETNS_A NETNS_B COUNT   requests with a VLAN tag
  line_sender.py delay TX.csv RX.csv LEDGER.csv
  line_sender.py ledger LEDGER.csv HOLD_NS
  line_sender.py jitter LEDGER.csv HOLD_NS [OTHER.csv]

`send` makes STAMP requests, a row each: seq,tx_ns (the driver's stamp).
`receive` prints "ready", then writes seq,rx_ns (the kernel's) until SIGTERM,
in order of arrival; seq is -size for what `sizes` sent, "bad" if it is
damaged. `delay`: median of real less the ledger's delay, ab, in ns. `ledger`
fails where the ledger contradicts itself. `jitter`: median and rank
correlation (%) from frame to frame; with OTHER the median difference, in ns.
"""

import csv
import ctypes
import signal
import socket
import statistics
import struct
import sys
import time

SO_RCVBUFFORCE, SO_TIMESTAMPNS, SO_TIMESTAMPING = 33, 35, 37
TX_SOFTWARE, SOFTWARE, OPT_ID, TSONLY = 1 << 1, 1 << 4, 1 << 7, 1 << 11
IP_RECVERR, IPV6_RECVERR, MSG_ERRQUEUE = 11, 25, 0x2000
STAMP_PORT, SIZES_PORT, DISCARD_PORT = 862, 8620, 9
SIZE_MAX = 1452  # UDP over IPv6 in 1500 bytes
SEQ_FORMAT = "!I"


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def warm_up(sock, addr):
    """The neighbour is known afterwards."""
    for _ in range(3):
        try:
            sock.sendto(b"?", (addr, DISCARD_PORT))
        except OSError:
            pass  # the last attempt's failure may still be remembered
        time.sleep(0.1)


def stamp_of(ancillary):
    for _, kind, data in ancillary:
        if kind in (SO_TIMESTAMPNS, SO_TIMESTAMPING):
            seconds, ns = struct.unpack("qq", data[:16])
            return seconds * 1_000_000_000 + ns
    return None


def drain_stamps(sock, stamps):
    while True:
        try:
            _, ancillary, _, _ = sock.recvmsg(
                0, 512, MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        ns = stamp_of(ancillary)
        for _, kind, data in ancillary:
            if kind in (IP_RECVERR, IPV6_RECVERR) and len(data) >= 16:
                stamps[struct.unpack("IBBBxII", data[:16])[5]] = ns


def send(addr, count, interval, out, first="0"):
    sock = socket.socket(family(addr), socket.SOCK_DGRAM)
    warm_up(sock, addr)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                    TX_SOFTWARE | SOFTWARE | OPT_ID | TSONLY)
    sock.connect((addr, STAMP_PORT))
    stamps, first = {}, int(first)
    due = time.monotonic()
    for i in range(int(count)):
        while time.monotonic() < due:
            drain_stamps(sock, stamps)
        due += float(interval)
        sock.send(struct.pack(SEQ_FORMAT, first + i) + bytes(40))
    time.sleep(0.02)
    drain_stamps(sock, stamps)
    with open(out, "w", encoding="ascii") as file:
        for i in range(int(count)):
            file.write(f"{first + i},{stamps.get(i, '')}\n")


def pattern(size):
    return bytes((size * 7 + i * 13) & 0xff for i in range(size))


def sizes(addr):
    sock = socket.socket(family(addr), socket.SOCK_DGRAM)
    warm_up(sock, addr)
    for size in range(1, SIZE_MAX + 1):
        sock.sendto(pattern(size), (addr, SIZES_PORT))
        time.sleep(0.0002)


def icmp(addr, *seqs):
    sock = socket.socket(family(addr), socket.SOCK_RAW, socket.IPPROTO_ICMP)
    for seq in seqs:
        body = struct.pack("!HHI", 7, 9, int(seq)) + bytes(8)
        words = struct.unpack(f"!{len(body) // 2}H", body)
        total = 0x0800 + sum(words)
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        sock.sendto(struct.pack("!BBH", 8, 0, ~total & 0xffff) + body,
                    (addr, 0))


def numbered(addr, at, *seqs):
    sock = socket.socket(family(addr), socket.SOCK_DGRAM)
    for seq in seqs:
        sock.sendto(bytes(int(at)) + struct.pack(SEQ_FORMAT, int(seq)),
                    (addr, STAMP_PORT))


def packet_socket(netns):
    with open(f"/run/netns/{netns}", encoding="ascii") as file:
        if ctypes.CDLL(None).setns(file.fileno(), 0):
            sys.exit(f"cannot enter {netns}")
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind(("e0", 3))
    sock.settimeout(1)
    return sock


def tagged(sender, receiver, count):
    """The receiving kernel takes the tag out of the bytes again."""
    out, into = packet_socket(sender), packet_socket(receiver)
    for seq in range(int(count)):
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 72, 0, 0, 64, 17, 0,
                         bytes((10, 78, 0, 1)), bytes((10, 78, 0, 2)))
        packet = (b"\x08\x00" + ip + struct.pack("!HHHHI", 5000, STAMP_PORT,
                                                52, 0, seq) + pattern(40))
        ends = b"\x02" * 6 + b"\x04" * 6
        out.send(ends + b"\x81\x00\x00\x05" + packet)
        while (got := into.recv(4096))[:12] != ends:
            pass
        if got != ends + packet:
            sys.exit(f"damaged: {got.hex()}")


def receive(addr, out, echo=""):
    socks = []
    for port in (STAMP_PORT, SIZES_PORT):
        sock = socket.socket(family(addr), socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 27)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.settimeout(0.02)
        sock.bind((addr, port))
        socks.append(sock)
    rows, ended = [], []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    print("ready", flush=True)
    while not ended:
        for sock in socks:
            try:
                while True:
                    data, ancillary, _, peer = sock.recvmsg(4096, 512)
                    rows.append((data, stamp_of(ancillary),
                                 sock is socks[1]))
                    if echo:
                        sock.sendto(bytes(24) + data[:4] + bytes(16), peer)
            except TimeoutError:
                pass
    with open(out, "w", encoding="ascii") as file:
        for data, ns, is_sizes in rows:
            if not is_sizes:
                seq = struct.unpack(SEQ_FORMAT, data[:4])[0]
            else:
                seq = -len(data) if data == pattern(len(data)) else "bad"
            file.write(f"{seq},{ns}\n")


def read_pairs(path):
    with open(path, encoding="ascii") as file:
        return {int(a): int(b) for a, b in csv.reader(file) if b}


def read_ledger(path):
    rows = {"ab": [], "ba": []}
    with open(path, encoding="ascii") as file:
        for row in csv.DictReader(file):
            for key in ("n", "seq", "port", "enter_ns", "leave_ns"):
                row[key] = int(row[key]) if row[key] else None
            rows[row["dir"]].append(row)
    return rows


def delay(tx_path, rx_path, ledger_path):
    tx, rx = read_pairs(tx_path), read_pairs(rx_path)
    excess = [rx[r["seq"]] - tx[r["seq"]] - r["leave_ns"] + r["enter_ns"]
              for r in read_ledger(ledger_path)["ab"]
              if r["seq"] in tx and r["seq"] in rx]
    if len(excess) < 500:
        sys.exit(f"only {len(excess)} frames have all four stamps")
    print(round(statistics.median(excess)))


def ledger(path, hold):
    for rows in read_ledger(path).values():
        entered = [r for r in rows if r["action"] != "copy"]
        if [r["n"] for r in entered] != list(range(len(entered))):
            sys.exit("a number is missing, or twice, or out of order")
        if any(a["enter_ns"] > b["enter_ns"] for a, b in zip(rows, rows[1:])):
            sys.exit("entering goes back in time")
        left = [r for r in rows if r["action"] in ("pass", "dup", "copy")]
        if any(a["leave_ns"] > b["leave_ns"] for a, b in zip(left, left[1:])):
            sys.exit("leaving goes back in time")
        for row in rows:
            gone = row["action"] in ("drop", "overflow")
            if (row["leave_ns"] is None) != gone:
                sys.exit(f"{row}: leave_ns does not go with the action")
            if not gone and row["leave_ns"] - row["enter_ns"] < int(hold):
                sys.exit(f"{row}: held too short")


def jitter_of(path, hold):
    return [r["leave_ns"] - r["enter_ns"] - int(hold)
            for r in read_ledger(path)["ab"]]


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    return [rank for _, rank in sorted(zip(order, range(len(order))))]


def jitter(path, hold, other=None):
    values = jitter_of(path, hold)
    if other:
        print(round(statistics.median(
            abs(a - b) for a, b in zip(values, jitter_of(other, hold)))))
        return
    order = ranks(values)
    print(round(statistics.median(values)),
          round(100 * statistics.correlation(order[1:], order[:-1])))


if __name__ == "__main__":
    {f.__name__: f for f in (send, receive, sizes, icmp, numbered, tagged,
                             delay, ledger, jitter)}[sys.argv[1]](*sys.argv[2:])
