// SPDX-License-Identifier: GPL-2.0-only
/* What an interface stands on, is part of, and shares with others. */
#include <string.h>

#include "model/preflight_judge.h"

static void judge_master(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	struct preflight_finding *finding;

	if (!*f->master)
		return;
	if (!strcmp(f->master_kind, "bridge")) {
		finding = preflight_add(
			j, "bridge_port", 0,
			"%s is a port of the bridge %s: what it receives "
			"goes through the bridge before this host has "
			"it",
			f->ifname, f->master);
		preflight_fix(finding,
			      "ip link set dev %s nomaster, and its address on "
			      "it, not "
			      "on %s",
			      f->ifname, f->master);
	} else {
		finding = preflight_add(
			j, "bond_port", 0,
			"%s is one of the links of %s: probes may leave, "
			"and replies arrive, by another that has no "
			"stamps",
			f->ifname, f->master);
		preflight_fix(finding, "-I %s; or ip link set dev %s nomaster",
			      f->master, f->ifname);
	}
	preflight_cost(finding);
}

static void judge_kind(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	struct preflight_finding *finding;

	if (!strcmp(f->kind, "bond") || !strcmp(f->kind, "team")) {
		finding = preflight_add(
			j, "bond", 0,
			"%s is several links in one: its tc stamps come "
			"before the queue of the link that is chosen",
			f->ifname);
		preflight_cost(finding);
		preflight_fix(
			finding,
			"ip link set dev LINK nomaster, and -I LINK, with "
			"one of its links (ip link show master %s)",
			f->ifname);
	} else if (!strcmp(f->kind, "bridge")) {
		finding = preflight_add(
			j, "bridge", 0,
			"%s is a bridge: its stamps leave out the port "
			"behind it, and it has no native XDP",
			f->ifname);
		preflight_cost(finding);
		preflight_fix(finding,
			      "-I PORT, with the address on a port of it (ip "
			      "link show master %s)",
			      f->ifname);
	} else if (*f->lower) {
		finding = preflight_add(
			j, !strcmp(f->kind, "vlan") ? "vlan" : "stacked", 0,
			"%s is %s %s on %s: its stamps leave out what "
			"%s does, and it has no native XDP",
			f->ifname, *f->kind ? "a" : "an",
			*f->kind ? f->kind : "interface", f->lower, f->lower);
		preflight_cost(finding);
		preflight_fix(finding,
			      "-I %s, in the network namespace that has it",
			      f->lower);
	}
}

static void judge_peer(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	struct preflight_finding *finding;

	if (strcmp(f->kind, "veth") || (f->peer.known && f->peer.has_xdp))
		return;
	if (!f->peer.known) {
		preflight_add(j, "veth_peer", 0,
			      "the other end of %s cannot be looked at: "
			      "without an XDP "
			      "program there, redirected frames are lost",
			      f->ifname);
		return;
	}
	finding = preflight_add(
		j, "veth_peer", PREFLIGHT_BYPASS | PREFLIGHT_REFLECT,
		"%s, the other end of %s, has no XDP program: it loses "
		"every frame that XDP sends to it",
		f->peer.name, f->ifname);
	preflight_fix(finding,
		      "ip link set dev %s xdpdrv obj PASS.o sec xdp%s, with a "
		      "program that returns XDP_PASS",
		      f->peer.name,
		      f->peer.is_here ? "" : " in its network namespace");
}

static void judge_merging(const struct judge *j, const char *id,
			  const char *name, const char *feature)
{
	const char *dev = j->facts->ifname;
	struct preflight_finding *finding;

	finding = preflight_add(j, id, 0,
				"%s merges received TCP segments (%s) before "
				"any stamp; single probes pass as they are",
				dev, name);
	if (*feature)
		preflight_fix(finding, "ethtool -K %s %s off", dev, feature);
}

static void judge_others(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;

	if (f->tc_ingress || f->tc_egress)
		preflight_fix(preflight_add(j, "tc_shared", 0,
					    "%u tc program%s at ingress and %u "
					    "at egress of %s: "
					    "they stay, ours goes first",
					    f->tc_ingress,
					    f->tc_ingress == 1 ? "" : "s",
					    f->tc_egress, f->ifname),
			      "bpftool net show dev %s", f->ifname);
	if (f->lro && f->refusal != PREFLIGHT_LRO)
		judge_merging(j, "lro", "LRO", f->lro_is_fixed ? "" : "lro");
	if (f->gro_hw && f->refusal != PREFLIGHT_GRO_HW)
		judge_merging(j, "gro_hw", "GRO-HW",
			      f->gro_hw_is_fixed ? "" : "rx-gro-hw");
	if (!f->has_carrier)
		preflight_fix(
			preflight_add(j, "no_carrier", ALL, "%s has no carrier",
				      f->ifname),
			"ip link show dev %s tells whether its other end is up",
			f->ifname);
	if (*f->prepared)
		preflight_add(j, "prepared", 0, "for this run: %s",
			      f->prepared);
}

void preflight_judge_around(const struct judge *j)
{
	judge_master(j);
	judge_kind(j);
	judge_peer(j);
	judge_others(j);
}
