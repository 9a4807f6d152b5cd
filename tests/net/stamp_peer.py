#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The other end of xrtt as scapy understands STAMP (its contrib/stamp.py).

  stamp_peer.py send IFACE MAC SOURCE TARGET [option..]     Session-Sender
  stamp_peer.py reflect IFACE [option..]                    Session-Reflector

`send` asks --count times, one by one, and holds every answer against what RFC
8762 and 8972 ask for; a line on stderr says what is wrong, the status is then
1. Prints JSON: how many were sent and answered, and of every answer what a
test may want to look at. A TLV is TYPE:VALUE in hex, TYPE:VALUE:LENGTH with a
length that lies.

`reflect` prints "ready", answers until --seconds are over or SIGTERM comes, and
then prints "held N": its median time in ns from receive to transmit timestamp.
--skip N: never came (lost on the way there), --mute N: numbered, not answered
(lost on the way back); both by the sender's number.
"""

import argparse
import itertools
import json
import logging
import select
import signal
import socket
import statistics
import sys
import time

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from scapy.all import IP, UDP, Ether, IPv6, RawVal, conf  # noqa: E402
from scapy.contrib.stamp import (  # noqa: E402
    ErrorEstimate, STAMPSessionReflectorTestUnauthenticated as Reply,
    STAMPSessionSenderTestUnauthenticated as Request, STAMPTestTLV)

NS = 1_000_000_000
NTP_EPOCH = 2208988800
STAMP_TYPES = (1, 5)  # the TLVs that xrtt knows: padding, measurement
U = 0x80
SEQ_CONTROL = 0xffffff00  # xrtt's packets that are not measured


def octets_of(ns, is_ptp):
    """scapy has no PTP format, so timestamps are given to it as octets."""
    seconds, rest = divmod(ns, NS)
    if is_ptp:
        return seconds.to_bytes(4, "big") + rest.to_bytes(4, "big")
    return ((seconds + NTP_EPOCH) % 2**32).to_bytes(4, "big") + \
        ((rest << 32) // NS).to_bytes(4, "big")


def ns_of(octets):
    return (octets >> 32) * NS + (octets & 0xffffffff)


def dissect(kind, udp):
    """scapy 2.5 looks for the length in `parent`, which it sets in lists only.
    Nor does it know the format of a stamp that precedes its Error Estimate:
    the numbers in `fields` are the octets, whatever the format."""
    return kind(bytes(udp.payload), _parent=udp)


def network(source, target, hops):
    if ":" in source:
        return IPv6(src=source, dst=target, hlim=hops)
    return IP(src=source, dst=target, ttl=hops)


def layer3(packet):
    return packet[IPv6] if IPv6 in packet else packet[IP]


def hops_of(packet):
    ip = layer3(packet)
    return ip.hlim if IPv6 in packet else ip.ttl


def tlv_parse(text):
    kind, value, *length = text.split(":")
    value = bytes.fromhex(value)
    return STAMPTestTLV(flags=U, type=int(kind), value=value,
                        len=int(length[0]) if length else len(value))


def checksums_hold(packet):
    """Against what scapy makes of the same octets."""
    again = layer3(packet).copy()
    if IP in again:
        del again[IP].chksum
    if again[UDP].chksum or IPv6 in again:
        del again[UDP].chksum
    return bytes(again) == bytes(layer3(packet))


def receive(sock, wanted, seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        packet = sock.recv()
        if packet is not None and UDP in packet and wanted(packet):
            return packet
    return None


class Sender:
    def __init__(self, args):
        self.args = args
        self.wrong = []
        self.tlvs = [tlv_parse(t) for t in args.tlv]
        self.malformed = any(t.len != len(t.value) or
                             t.type == 5 and t.len != 12 for t in self.tlvs)
        self.sock = conf.L2socket(iface=args.iface)
        self.port = args.source_port
        if not args.homeless:
            self.move_in()

    def move_in(self):
        """Or the host would answer the answers by ICMP."""
        self.home = socket.socket(
            socket.AF_INET6 if ":" in self.args.source else socket.AF_INET,
            socket.SOCK_DGRAM)
        self.home.bind((self.args.source, self.port))
        self.port = self.home.getsockname()[1]

    def expect(self, what, got, wanted):
        if got != wanted:
            self.wrong.append(f"{what} is {got!r}, not {wanted!r}")

    def request(self, seq):
        a = self.args
        self.error = ErrorEstimate(S=0, Z=int(not a.ntp), scale=5,
                                   multiplier=77)
        clock = time.CLOCK_REALTIME if a.ntp else time.CLOCK_TAI
        self.sent = octets_of(time.clock_gettime_ns(clock), not a.ntp)
        udp = UDP(sport=self.port, dport=a.port)
        if a.no_checksum:
            udp.chksum = 0
        return Ether(dst=a.mac) / network(a.source, a.target, a.ttl) / udp / \
            Request(seq=seq, ts=RawVal(self.sent), err_estimate=self.error,
                    ssid=a.ssid, tlv_objects=self.tlvs)

    def is_answer(self, packet):
        return packet[UDP].dport == self.port and \
            packet[UDP].sport == self.args.port

    def ask(self, seq):
        request = self.request(seq)
        before = time.clock_gettime_ns(time.CLOCK_TAI)
        self.sock.send(request)
        packet = receive(self.sock, self.is_answer, self.args.wait)
        after = time.clock_gettime_ns(time.CLOCK_TAI)
        if packet is None:
            return None
        self.judge_headers(packet, Ether(bytes(request)))
        reply = dissect(Reply, packet[UDP])
        self.judge_echo(reply, seq)
        self.judge_time(reply, before, after)
        if not self.malformed:
            self.judge_tlvs(reply)
        return {
            "seq": reply.seq,
            "sync": reply.err_estimate.S,
            "checksum": packet[UDP].chksum,
            "octets": packet[UDP].len,
            "tlvs": [{"flags": int(t.flags), "type": t.type, "len": t.len,
                      "value": t.value.hex()} for t in reply.tlv_objects],
        }

    def judge_headers(self, packet, request):
        asked, got = layer3(request), layer3(packet)
        self.expect("source MAC", packet[Ether].src, request[Ether].dst)
        self.expect("destination MAC", packet[Ether].dst, request[Ether].src)
        self.expect("source", got.src, asked.dst)
        self.expect("destination", got.dst, asked.src)
        self.expect("length", len(bytes(got)), len(bytes(asked)))
        self.expect("UDP length", packet[UDP].len, request[UDP].len)
        self.expect("TTL", hops_of(packet), 255)
        self.expect("checksums", checksums_hold(packet), True)
        self.expect("checksum 0", packet[UDP].chksum == 0,
                    self.args.no_checksum)

    def judge_echo(self, reply, seq):
        self.expect("SSID", reply.ssid, self.args.ssid)
        self.expect("Session-Sender Sequence Number", reply.seq_sender, seq)
        self.expect("Session-Sender Timestamp", reply.fields["ts_sender"],
                    int.from_bytes(self.sent, "big"))
        self.expect("Session-Sender Error Estimate",
                    bytes(reply.err_estimate_sender), bytes(self.error))
        self.expect("Session-Sender TTL", reply.ttl_sender, self.args.ttl)
        self.expect("MBZ", (reply.mbz1, reply.mbz2), (0, 0))

    def judge_time(self, reply, before, after):
        """Both ends have one clock here."""
        received = ns_of(reply.fields["ts_rx"])
        sent = ns_of(reply.fields["ts"])
        self.expect("Z", reply.err_estimate.Z, 1)
        self.expect("multiplier 0, which is invalid,",
                    reply.err_estimate.multiplier == 0, False)
        if not before <= received <= sent <= after:
            self.wrong.append(f"not in order: asked {before}, received "
                              f"{received}, sent {sent}, answered {after}")
        # Nobody has set TAI's offset: not synchronised to UTC.
        if abs(time.clock_gettime(time.CLOCK_TAI) - time.time()) < 1:
            self.expect("S", reply.err_estimate.S, 0)

    def judge_tlvs(self, reply):
        self.expect("number of TLVs", len(reply.tlv_objects), len(self.tlvs))
        for got, asked in zip(reply.tlv_objects, self.tlvs):
            self.expect("TLV", (got.type, got.len), (asked.type, asked.len))
            self.expect(f"flags of TLV {got.type}", int(got.flags),
                        0 if got.type in STAMP_TYPES else U)
            if got.type != 5:
                self.expect(f"value of TLV {got.type}", got.value, asked.value)


def send(args):
    sender = Sender(args)
    answers = [sender.ask(args.first + n) for n in range(args.count)]
    json.dump({"sent": args.count,
               "answered": sum(a is not None for a in answers),
               "answer": [a for a in answers if a]}, sys.stdout)
    for wrong in sender.wrong:
        print(f"stamp_peer.py: {wrong}", file=sys.stderr)
    return 1 if sender.wrong else 0


def answer(packet, args, number, held):
    """None if the packet is not to be answered at all."""
    received = time.clock_gettime_ns(time.CLOCK_TAI)
    request = dissect(Request, packet[UDP])
    if request.tlv_objects and args.tlv == "drop":
        return None
    tlvs = [] if args.tlv == "strip" else request.tlv_objects
    for tlv in tlvs:
        tlv.flags |= U
    seq = request.seq if args.stateless else next(number)
    if request.seq in args.mute:
        return None
    ip = layer3(packet)
    sent = time.clock_gettime_ns(time.CLOCK_TAI)
    if request.seq < SEQ_CONTROL:
        held.append(sent - received)
    return Ether(src=packet.dst, dst=packet.src) / \
        network(ip.dst, ip.src, 255) / \
        UDP(sport=packet[UDP].dport, dport=packet[UDP].sport) / \
        Reply(seq=seq, ssid=request.ssid, seq_sender=request.seq,
              ts=RawVal(octets_of(sent, not args.ntp)),
              ts_rx=RawVal(octets_of(received, not args.ntp)),
              ts_sender=RawVal(request.fields["ts"].to_bytes(8, "big")),
              err_estimate=ErrorEstimate(Z=int(not args.ntp), multiplier=1),
              err_estimate_sender=request.err_estimate,
              ttl_sender=hops_of(packet), tlv_objects=tlvs)


def answer_all(sock, args, held):
    number = itertools.count(args.first)
    end = time.monotonic() + args.seconds

    def is_request(packet):
        return packet[UDP].dport == args.port

    while (left := end - time.monotonic()) > 0:
        packet = receive(sock, is_request, left)
        if packet is None:
            break
        if dissect(Request, packet[UDP]).seq in args.skip:
            continue
        reply = answer(packet, args, number, held)
        if reply is not None:
            sock.send(reply)


def reflect(args):
    home = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    home.bind(("::", args.port))  # for IPv4 as well
    sock = conf.L2socket(iface=args.iface)
    held = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    try:
        answer_all(sock, args, held)
    finally:
        if held:
            print("held", round(statistics.median(held)), flush=True)
    return 0


def numbers(text):
    return {int(n) for n in text.split(",")}


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(required=True)
    role = roles.add_parser("send")
    role.set_defaults(run=send)
    for name in ("iface", "mac", "source", "target"):
        role.add_argument(name)
    role.add_argument("--count", type=int, default=3)
    role.add_argument("--first", type=int, default=0)
    role.add_argument("--source-port", type=int, default=0)
    role.add_argument("--ssid", type=int, default=1)
    role.add_argument("--ttl", type=int, default=255)
    role.add_argument("--tlv", action="append", default=[])
    role.add_argument("--wait", type=float, default=2)
    role.add_argument("--no-checksum", action="store_true")
    role.add_argument("--homeless", action="store_true",
                      help="somebody else has the source port")
    other = roles.add_parser("reflect")
    other.set_defaults(run=reflect)
    other.add_argument("iface")
    other.add_argument("--first", type=int, default=0)
    other.add_argument("--stateless", action="store_true")
    other.add_argument("--tlv", choices=["echo", "strip", "drop"],
                       default="echo")
    other.add_argument("--skip", type=numbers, default=set())
    other.add_argument("--mute", type=numbers, default=set())
    other.add_argument("--seconds", type=float, default=60)
    for each in (role, other):
        each.add_argument("--port", type=int, default=862)
        each.add_argument("--ntp", action="store_true")
    args = parser.parse_args()
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
