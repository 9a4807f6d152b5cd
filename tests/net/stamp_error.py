#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One STAMP request, and what its answer says of the far clock, as JSON.

  stamp_error.py TARGET PORT

`error` is the Error Estimate as it stands, `early_ns` and `late_ns` how far
behind our sending and ahead of our receiving, by this host's CLOCK_TAI, the
two stamps of the answer are: both are 0 or more where the far clock is ours.
"""

import json
import socket
import struct
import sys
import time

CLOCK_TAI = 11
PTP = 0x4001


def now():
    return time.clock_gettime_ns(CLOCK_TAI)


def stamp(octets):
    seconds, ns = struct.unpack("!II", octets)
    return seconds * 10**9 + ns


def main(target, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.connect((target, int(port)))
    sent = now()
    sock.send(struct.pack("!IIIHH28x", 1, *divmod(sent, 10**9), PTP, 0))
    answer = sock.recv(2048)
    back = now()
    print(json.dumps({
        "error": struct.unpack("!H", answer[12:14])[0],
        "early_ns": stamp(answer[16:24]) - sent,
        "held_ns": stamp(answer[4:12]) - stamp(answer[16:24]),
        "late_ns": back - stamp(answer[4:12]),
    }))


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
