// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/doctor_host.h"

/* include/uapi/linux/netdev.h: enum netdev_xdp_act. */
#define XDP_BASIC 1
#define XDP_NDO_XMIT 4

/* include/uapi/linux/net_tstamp.h: enum hwtstamp_rx_filters. */
#define FILTER_NONE 0
#define FILTER_ALL 1

/* ENA's ENA_XDP_MAX_MTU: a page of at most 16 KiB less the Ethernet header, a
 * checksum, a tag, XDP_PACKET_HEADROOM and the skb's own tail. Other drivers
 * keep about as much. */
#define XDP_PAGE_MAX 16384
#define XDP_PAGE_TAKEN (14 + 4 + 4 + 256 + 320)

/* What a run does by itself, and puts back. */
#define PREPARE "xrtt probe --prepare, or: "

static bool is_ena(const struct nic_facts *n)
{
	return !strcmp(n->driver, "ena");
}

static void judge_driver(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	f = doctor_find(d, "driver", FINDING_GOOD, "%s: %s%s%s%s%s%s%s",
			n->name,
			*n->driver ? n->driver : "no driver of its own",
			*n->version ? " " : "", n->version,
			*n->firmware ? ", firmware " : "", n->firmware,
			*n->bus ? ", " : "", n->bus);
	finding_set_value(f, "%s%s%s", n->driver, *n->version ? " " : "",
			  n->version);
}

static void judge_link(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	if (n->is_up && n->has_carrier) {
		f = doctor_find(d, "link", FINDING_GOOD, "%s is up", n->name);
		finding_set_value(f, "up");
		return;
	}
	f = doctor_find(d, "link", FINDING_BLOCKS, "%s %s", n->name,
			n->is_up ? "has no carrier" : "is down");
	finding_set_value(f, n->is_up ? "no carrier" : "down");
	if (!n->is_up)
		finding_mend(f, "ip link set dev %s up", n->name);
}

/* A veth hands its frames to the other end, whose MTU then counts. */
static void judge_mtu(struct doctor *d, const struct nic_facts *n)
{
	int64_t page =
		n->page_size < XDP_PAGE_MAX ? n->page_size : XDP_PAGE_MAX;
	int64_t limit = page - XDP_PAGE_TAKEN;
	unsigned int mtu = *n->peer ? n->peer_mtu : n->mtu;
	struct finding *f;

	if (n->is_loopback || !n->page_size || mtu <= limit) {
		f = doctor_find(d, "mtu", FINDING_GOOD,
				"MTU %u is no obstacle to native XDP", n->mtu);
		finding_set_value(f, "%u", n->mtu);
		return;
	}
	f = doctor_find(d, "mtu", FINDING_COSTS,
			"MTU %u%s%s: %s native XDP above %" PRId64
			"; \"network\" then ends at TC, after the skb was made",
			mtu, *n->peer ? " of the other end, " : "", n->peer,
			is_ena(n) ? "ena refuses" : "most drivers refuse",
			limit);
	finding_set_value(f, "%u", mtu);
	if (!*n->peer)
		finding_mend(f, PREPARE "ip link set dev %s mtu %" PRId64,
			     n->name, limit);
	else if (n->peer_is_here)
		finding_mend(f, PREPARE "ip link set dev %s mtu %" PRId64,
			     n->peer, limit);
	else
		finding_mend(f,
			     "ip link set dev %s mtu %" PRId64
			     ", in its network namespace",
			     n->peer, limit);
}

static void judge_program(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	if (!n->xdp_program)
		return;
	f = doctor_find(d, "xdp_program", FINDING_COSTS,
			"XDP program %u of somebody else is attached to %s and "
			"is not replaced: \"network\" ends at TC, and the "
			"bypass engine has no way in",
			n->xdp_program, n->name);
	finding_set_value(f, "%u", n->xdp_program);
	finding_mend(f,
		     "ip link set dev %s %s off, or end whoever holds it "
		     "(bpftool link), if nobody needs it",
		     n->name, n->xdp_is_generic ? "xdpgeneric" : "xdpdrv");
}

static void judge_xdp(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	judge_program(d, n);
	if (!n->xdp_features.known)
		return;
	if (!(n->xdp_features.value & XDP_BASIC)) {
		f = doctor_find(d, "xdp", FINDING_COSTS,
				"%s has no native XDP: \"network\" ends at TC, "
				"after the skb was made, and the bypass engine "
				"has no way in",
				n->name);
		finding_set_value(f, "none");
		return;
	}
	if (n->xdp_features.value & XDP_NDO_XMIT) {
		f = doctor_find(d, "xdp", FINDING_GOOD,
				"native XDP, and %s takes redirected frames",
				n->name);
		finding_set_value(f, "native, redirect");
		return;
	}
	f = doctor_find(d, "xdp", FINDING_GOOD,
			"native XDP; redirected frames not before a program is "
			"attached");
	finding_set_value(f, "native");
}

static void judge_queues(struct doctor *d, const struct nic_facts *n)
{
	int64_t now = n->queues.value, max = n->queues_max.value;
	struct finding *f;

	if (!n->queues.known)
		return;
	if (is_ena(n) && 2 * now > max) {
		f = doctor_find(d, "queues", FINDING_COSTS,
				"%" PRId64 " of %" PRId64
				" queues are in use and most versions of ena "
				"want half of them free for native XDP; "
				"without it \"network\" ends at TC",
				now, max);
		finding_mend(f, PREPARE "ethtool -L %s combined %" PRId64,
			     n->name, max > 1 ? max / 2 : 1);
	} else {
		f = doctor_find(d, "queues", FINDING_GOOD,
				"%" PRId64 " of %" PRId64 " queues receive",
				now, max);
	}
	finding_set_value(f, "%" PRId64 " of %" PRId64, now, max);
}

static void judge_rss(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	if (!n->rss_queues.known)
		return;
	f = doctor_find(d, "rss", FINDING_GOOD,
			"a flow's replies come in on one of %" PRId64
			" queues, by the hash of its 5-tuple",
			n->rss_queues.value);
	finding_set_value(f, "%" PRId64, n->rss_queues.value);
}

static void judge_lro(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	if (!n->lro.known)
		return;
	if (!n->lro.value) {
		f = doctor_find(d, "lro", FINDING_GOOD, "lro is off");
		finding_set_value(f, "off");
		return;
	}
	f = doctor_find(d, "lro", FINDING_COSTS,
			"lro is on: some drivers refuse native XDP with it; "
			"single probes are not merged");
	finding_set_value(f, "on");
	finding_mend(f, PREPARE "ethtool -K %s lro off", n->name);
}

/* Drivers that can turn it off do so for XDP. virtio_net refuses where the host
 * has not given it the means (virtnet_xdp_set(): CTRL_GUEST_OFFLOADS), and then
 * ethtool cannot either. */
static void judge_gro_hw(struct doctor *d, const struct nic_facts *n)
{
	bool refuses = n->gro_hw.value && n->gro_hw_is_fixed &&
		       !strcmp(n->driver, "virtio_net");
	struct finding *f;

	if (!n->gro_hw.known)
		return;
	f = doctor_find(d, "gro_hw", refuses ? FINDING_COSTS : FINDING_GOOD,
			refuses ? "the host merges TCP segments for %s and "
				  "cannot be told to stop: virtio_net refuses "
				  "native XDP then"
				: "rx-gro-hw of %s is no obstacle to native "
				  "XDP",
			n->name);
	finding_set_value(f, n->gro_hw.value ? "on" : "off");
	if (refuses)
		finding_set_fix(f, PREFLIGHT_GUEST_OFFLOADS);
}

static void judge_hardware_stamps(struct doctor *d, const struct nic_facts *n)
{
	int64_t filters = n->rx_filters.value;
	const char *words = "the driver does not say whether it stamps";
	struct finding *f;

	if (!n->has_device)
		return;
	if (n->rx_filters.known && (filters & (1 << FILTER_ALL))) {
		f = doctor_find(d, "hw_stamps", FINDING_GOOD,
				"%s can stamp every received packet; now %s",
				n->name, n->stamps_all.value ? "on" : "off");
		finding_set_value(f, "all");
		finding_set_fix(f, "xrtt probe --hw-stamps");
		return;
	}
	if (n->rx_filters.known)
		words = filters & ~(1 << FILTER_NONE)
				? "it stamps packets of some protocols only"
				: "it stamps no received packet";
	f = doctor_find(d, "hw_stamps", FINDING_COSTS,
			"%s: %s; what passes between NIC and XDP (DMA, "
			"moderation, NAPI) stays in \"network\"",
			n->name, words);
	finding_set_value(f, n->rx_filters.known ? "none" : "unknown");
	if (is_ena(n))
		finding_set_fix(f, "Amazon's own driver (amzn-drivers) has "
				   "them on some instances");
}

static void judge_phc(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	if (!n->has_device || !n->phc.known)
		return;
	if (n->phc.value >= 0) {
		f = doctor_find(d, "phc", FINDING_GOOD,
				"%s has a clock of its own: /dev/ptp%" PRId64,
				n->name, n->phc.value);
		finding_set_value(f, "ptp%" PRId64, n->phc.value);
		return;
	}
	f = doctor_find(d, "phc", is_ena(n) ? FINDING_COSTS : FINDING_GOOD,
			"%s shows no clock of its own%s", n->name,
			is_ena(n) ? ": nothing but chrony's figures bounds "
				    "this host's clock"
				  : "");
	finding_set_value(f, "none");
	if (is_ena(n) && *n->bus)
		finding_mend(f,
			     "devlink dev param set pci/%s name enable_phc "
			     "value true cmode driverinit; devlink dev reload "
			     "pci/%s (restarts the NIC; on instances that have "
			     "one, from Linux 6.17 on)",
			     n->bus, n->bus);
}

/* What it stands on and is part of, in pre-flight's words. */
static void judge_around(struct doctor *d, const struct nic_facts *n)
{
	static const char *const ids[] = {
		"ssh_route",   "bond", "bond_port", "bridge",
		"bridge_port", "vlan", "stacked",   "veth_peer",
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		const struct preflight_finding *p =
			preflight_find(&n->around, ids[i]);
		struct finding *f;

		if (!p || p->level == PREFLIGHT_NOTE)
			continue;
		f = doctor_find(d, ids[i], FINDING_COSTS, "%s", p->text);
		finding_mend(f, "%s%s",
			     strncmp(p->fix, "--", 2) ? "" : "xrtt probe ",
			     p->fix);
	}
}

void doctor_judge_nic(struct doctor *d, const struct nic_facts *n)
{
	struct finding *f;

	if (!n->there) {
		f = doctor_find(d, "interface", FINDING_COSTS,
				"no interface was looked at: none has a "
				"default route");
		finding_set_fix(f, "xrtt doctor -I IFACE");
		return;
	}
	judge_driver(d, n);
	judge_link(d, n);
	judge_around(d, n);
	judge_mtu(d, n);
	judge_xdp(d, n);
	judge_queues(d, n);
	judge_rss(d, n);
	doctor_judge_moderation(d, n);
	judge_lro(d, n);
	judge_gro_hw(d, n);
	judge_hardware_stamps(d, n);
	judge_phc(d, n);
}
