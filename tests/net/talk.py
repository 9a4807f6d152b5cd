#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ordinary traffic, and what a host makes of it.

  talk.py echo PORT [SECONDS]      UDP and TCP echo, IPv4 and IPv6; "ready"
  talk.py udp TARGET PORT [option..]
  talk.py tcp TARGET PORT          "same" if 100 000 octets come back as sent

`udp` sends --count datagrams of --size octets, one by one, and prints how many
came back as they were (same), came back otherwise (answered), were answered by
ICMP (unreachable), and were not answered at all within --wait s (silence):
"same 0 answered 0 unreachable 0 silence 5".
"""

import argparse
import random
import select
import socket
import sys
import threading
import time

RECORD_ROUTE = bytes([7, 39, 4] + [0] * 36 + [0])  # RFC 791, nine places
SOL_IP, IP_RECVERR = 0, 11
SOL_IPV6, IPV6_RECVERR = 41, 25


def family(target):
    return socket.AF_INET6 if ":" in target else socket.AF_INET


def echo_streams(listener):
    while True:
        stream, _ = listener.accept()
        with stream:
            while octets := stream.recv(65536):
                stream.sendall(octets)


def echo(port, seconds):
    listener = socket.create_server(("", port), family=socket.AF_INET6,
                                    dualstack_ipv6=True)
    threading.Thread(target=echo_streams, args=(listener,),
                     daemon=True).start()
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind(("::", port))
    end = time.monotonic() + seconds
    print("ready", flush=True)
    while (left := end - time.monotonic()) > 0:
        if select.select([sock], [], [], left)[0]:
            octets, peer = sock.recvfrom(65536)
            sock.sendto(octets, peer)


def ask(sock, octets, wait):
    sock.settimeout(wait)
    try:
        sock.send(octets)
        return "same" if sock.recv(65536) == octets else "answered"
    except TimeoutError:
        return "silence"
    except OSError:
        return "unreachable"


def udp(args):
    sock = socket.socket(family(args.target), socket.SOCK_DGRAM)
    if sock.family == socket.AF_INET:
        sock.setsockopt(SOL_IP, IP_RECVERR, 1)
    else:
        sock.setsockopt(SOL_IPV6, IPV6_RECVERR, 1)
    if args.options:
        sock.setsockopt(SOL_IP, socket.IP_OPTIONS, RECORD_ROUTE)
    if args.source_port:
        sock.bind(("", args.source_port))
    sock.connect((args.target, args.port))
    count = dict.fromkeys(("same", "answered", "unreachable", "silence"), 0)
    for _ in range(args.count):
        count[ask(sock, random.randbytes(args.size), args.wait)] += 1
    print(" ".join(f"{what} {n}" for what, n in count.items()))


def tcp(target, port):
    octets = random.randbytes(100_000)
    with socket.create_connection((target, port), timeout=5) as stream:
        writer = threading.Thread(target=stream.sendall, args=(octets,))
        writer.start()
        got = b""
        while len(got) < len(octets) and (more := stream.recv(65536)):
            got += more
        writer.join()
    print("same" if got == octets else "other")


def main(argv):
    if argv[:1] == ["echo"]:
        return echo(int(argv[1]), float((argv + ["60"])[2]))
    if argv[:1] == ["tcp"]:
        return tcp(argv[1], int(argv[2]))
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("what", choices=["udp"])
    parser.add_argument("target")
    parser.add_argument("port", type=int)
    parser.add_argument("--source-port", type=int, default=0)
    parser.add_argument("--size", type=int, default=44)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--wait", type=float, default=0.2)
    parser.add_argument("--options", action="store_true")
    return udp(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
