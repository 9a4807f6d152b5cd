#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Frames as they were, sent again.

  frames.py keep IFACE PORT FILE COUNT   of IPv4 UDP from PORT, as they come in
  frames.py send IFACE FILE INTERVAL_S

`keep` prints "ready", and ends when it has COUNT or after 20 s.
"""

import socket
import struct
import sys
import time

ETH_P_IP, ETH_P_ALL, PACKET_OUTGOING = 0x0800, 3, 4
UDP_AT = 14 + 20


def raw_socket(iface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    sock.bind((iface, ETH_P_ALL))
    return sock


def is_from(frame, port):
    return len(frame) >= UDP_AT + 8 and \
        frame[12:15] == b"\x08\x00\x45" and frame[23] == 17 and \
        struct.unpack_from("!H", frame, UDP_AT)[0] == port


def keep(iface, port, path, count):
    sock = raw_socket(iface)
    sock.settimeout(20)
    print("ready", flush=True)
    with open(path, "wb") as f:
        while count:
            frame, where = sock.recvfrom(2048)
            if where[2] != PACKET_OUTGOING and is_from(frame, port):
                f.write(struct.pack("!H", len(frame)) + frame)
                count -= 1


def send(iface, path, interval):
    sock = raw_socket(iface)
    with open(path, "rb") as f:
        while size := f.read(2):
            sock.send(f.read(struct.unpack("!H", size)[0]))
            time.sleep(interval)


def main(args):
    if len(args) == 5 and args[0] == "keep":
        return keep(args[1], int(args[2]), args[3], int(args[4]))
    if len(args) == 4 and args[0] == "send":
        return send(args[1], args[2], float(args[3]))
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
