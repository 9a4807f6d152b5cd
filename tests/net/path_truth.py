#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# path_truth.py PCAP RUN.json MICROSECONDS: whether the least time to each hop
# in the capture, probe by Identification, is what xrtt path has, give or take
# so much; and whether all of a flow's probes look the same to a load balancer.

import json
import sys

from scapy.all import ICMP, IP, IPerror, UDP, rdpcap


def least_times(packets):
    sent, least, looks = {}, {}, {}
    for p in packets:
        if IP not in p:
            continue
        if UDP in p and p[UDP].dport == 862 and ICMP not in p:
            sent[p[IP].id] = (float(p.time), p[IP].ttl)
            looks.setdefault(p[UDP].sport, set()).add(
                (p[IP].src, p[IP].dst, p[IP].tos, p[UDP].len))
        elif ICMP in p and p[ICMP].type == 11 and IPerror in p:
            at, ttl = sent.pop(p[IPerror].id, (None, 0))
            if at is not None:
                took = (float(p.time) - at) * 1e6
                least[ttl] = min(took, least.get(ttl, took))
    return least, looks


def main():
    packets = rdpcap(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        run = json.load(f)
    bound = float(sys.argv[3])
    least, looks = least_times(packets)
    ports = {flow["source_port"] for flow in run["flows"]}
    if set(looks) != ports or any(len(look) != 1 for look in looks.values()):
        sys.exit(f"flows do not look like flows: {looks}")
    for hop in range(1, 7):
        ours = min(h["rtt_ns"]["min"] for h in run["hops"]
                   if h["hop"] == hop) / 1e3
        print(f"hop {hop}: {ours:.1f} us, captured {least[hop]:.1f}")
        if abs(ours - least[hop]) > bound:
            sys.exit(f"hop {hop} differs by more than {bound} us")


main()
