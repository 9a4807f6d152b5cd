#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the kernel's TAI - UTC at a value, and puts back what was there.

  tai.py SECONDS

Prints "ready" once it holds. Ends, the earlier value back in place, on SIGTERM
or SIGINT, when whoever started it is gone, and after a minute.
"""

import ctypes
import signal
import sys
import time

ADJ_TAI = 0x0080
PR_SET_PDEATHSIG = 1
HOLD_S = 60


class Timex(ctypes.Structure):
    """struct timex of adjtimex(2), 64-bit."""
    _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long),
                ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
                ("esterror", ctypes.c_long), ("status", ctypes.c_int),
                ("constant", ctypes.c_long), ("precision", ctypes.c_long),
                ("tolerance", ctypes.c_long), ("sec", ctypes.c_long),
                ("usec", ctypes.c_long), ("tick", ctypes.c_long),
                ("ppsfreq", ctypes.c_long), ("jitter", ctypes.c_long),
                ("shift", ctypes.c_int), ("stabil", ctypes.c_long),
                ("jitcnt", ctypes.c_long), ("calcnt", ctypes.c_long),
                ("errcnt", ctypes.c_long), ("stbcnt", ctypes.c_long),
                ("tai", ctypes.c_int), ("unused", ctypes.c_int * 11)]


libc = ctypes.CDLL(None, use_errno=True)


def adjust(modes, constant):
    timex = Timex(modes=modes, constant=constant)
    if libc.adjtimex(ctypes.byref(timex)) < 0:
        sys.exit("tai.py: adjtimex: error %d" % ctypes.get_errno())
    return timex.tai


def stop(_signal, _frame):
    raise SystemExit(0)


def main():
    for which in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        signal.signal(which, stop)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    before = adjust(0, 0)
    try:
        adjust(ADJ_TAI, int(sys.argv[1]))
        print("ready", flush=True)
        time.sleep(HOLD_S)
    finally:
        adjust(ADJ_TAI, before)


main()
