// SPDX-License-Identifier: GPL-2.0-only
#include "model/preflight_judge.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct preflight_finding *preflight_add(const struct judge *j, const char *id,
					unsigned int blocks, const char *format,
					...)
{
	static struct preflight_finding nowhere;
	struct preflight *all = j->out;
	struct preflight_finding *f = &nowhere;
	va_list args;

	if (all->count < PREFLIGHT_FINDINGS)
		f = &all->finding[all->count++];
	*f = (struct preflight_finding){ .id = id, .blocks = blocks };
	if (blocks & j->facts->wanted)
		f->level = PREFLIGHT_BLOCKS;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	return f;
}

void preflight_fix(struct preflight_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->fix, sizeof(f->fix), format, args);
	va_end(args);
}

void preflight_cost(struct preflight_finding *f)
{
	if (f->level < PREFLIGHT_COSTS)
		f->level = PREFLIGHT_COSTS;
}

/* ---- native XDP ---------------------------------------------------------- */

static void fix_by_step(const struct preflight_facts *f,
			struct preflight_finding *finding)
{
	struct preflight_step step;
	const char *dev;

	if (!preflight_step(f, &step))
		return;
	dev = step.on_peer ? f->peer.name : f->ifname;
	switch (step.setting) {
	case PREFLIGHT_SET_MTU:
		preflight_fix(finding, "ip link set dev %s mtu %u%s", dev,
			      step.value,
			      step.on_peer && !f->peer.is_here
				      ? ", in its network namespace"
				      : "");
		break;
	case PREFLIGHT_SET_RX:
		preflight_fix(finding, "ethtool -L %s rx %u", dev, step.value);
		break;
	case PREFLIGHT_SET_COMBINED:
		preflight_fix(finding, "ethtool -L %s combined %u", dev,
			      step.value);
		break;
	case PREFLIGHT_SET_LRO:
		preflight_fix(finding, "ethtool -K %s lro off", dev);
		break;
	case PREFLIGHT_SET_GRO_HW:
		preflight_fix(finding, "ethtool -K %s rx-gro-hw off", dev);
		break;
	}
}

static void judge_mtu(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;

	if (f->peer.known)
		fix_by_step(f, preflight_add(
				       j, "xdp_mtu", ALL,
				       "the MTU of %s, the other end of %s, is "
				       "too large for native XDP: %u",
				       f->peer.name, f->ifname, f->peer.mtu));
	else
		fix_by_step(f, preflight_add(
				       j, "xdp_mtu", ALL,
				       "the MTU of %s is too large for native "
				       "XDP: %u",
				       f->ifname, f->mtu));
}

static void judge_queues(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	const struct preflight_channels *c = &f->channels;
	struct preflight_finding *finding;

	if (f->peer.known) {
		finding = preflight_add(
			j, "xdp_queues", ALL,
			"%s has %u receive queues, fewer than %s has to "
			"send from: native XDP needs one each",
			f->ifname, c->rx, f->peer.name);
		fix_by_step(f, finding);
		if (!*finding->fix && c->rx)
			preflight_fix(finding, "ethtool -L %s tx %u%s",
				      f->peer.name, c->rx,
				      f->peer.is_here
					      ? ""
					      : ", in its network namespace");
		return;
	}
	finding = preflight_add(
		j, "xdp_queues", ALL,
		"too few free queues on %s for native XDP: %u of %u in "
		"use",
		f->ifname, c->combined, c->max_combined);
	fix_by_step(f, finding);
}

static void judge_taken(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	struct preflight_finding *finding;

	if (!f->xdp_id) {
		preflight_add(
			j, "xdp_taken", ALL,
			"another XDP program is or was on %s just now (bpftool "
			"net)",
			f->ifname);
		return;
	}
	finding = preflight_add(
		j, "xdp_taken", ALL,
		"another XDP program is attached to %s (id %u, %s), and "
		"stays",
		f->ifname, f->xdp_id, f->xdp_is_generic ? "generic" : "native");
	preflight_fix(finding,
		      "ip link set dev %s %s off, or end whoever holds it "
		      "(bpftool link)",
		      f->ifname, f->xdp_is_generic ? "xdpgeneric" : "xdpdrv");
}

static const char *offered(const struct preflight_facts *f)
{
	return f->offer ? f->offer : "--prepare";
}

static void judge_spared(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	bool surely = preflight_restart(f) == PREFLIGHT_RESTARTS;

	preflight_fix(preflight_add(j, "ssh_route", ALL,
				    "this ssh session comes in over %s, and "
				    "attaching native XDP "
				    "%s",
				    f->ifname,
				    surely ? "restarts the NIC"
					   : "might restart the NIC (its "
					     "driver is not known "
					     "here)"),
		      "%s", offered(f));
}

/* virtio's word for it covers checksums as well, and where it refuses it cannot
 * turn either off (virtnet_xdp_set()). */
static void judge_gro_hw(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;
	struct preflight_finding *finding;

	finding = preflight_add(j, "gro_hw", ALL,
				"%s merges received segments (GRO-HW): its "
				"driver refuses native XDP",
				f->ifname);
	fix_by_step(f, finding);
	if (!*finding->fix && !strcmp(f->driver, "virtio_net"))
		preflight_fix(finding, PREFLIGHT_GUEST_OFFLOADS);
}

/* What the driver said, or would be likely to. */
static void judge_refusal(const struct judge *j)
{
	const struct preflight_facts *f = j->facts;

	switch (f->refusal) {
	case PREFLIGHT_MTU:
		judge_mtu(j);
		break;
	case PREFLIGHT_QUEUES:
		judge_queues(j);
		break;
	case PREFLIGHT_LRO:
		fix_by_step(f, preflight_add(
				       j, "lro", ALL,
				       "%s merges received segments (LRO): its "
				       "driver refuses native XDP",
				       f->ifname));
		break;
	case PREFLIGHT_GRO_HW:
		judge_gro_hw(j);
		break;
	case PREFLIGHT_TAKEN:
		judge_taken(j);
		break;
	case PREFLIGHT_SPARED:
		judge_spared(j);
		break;
	case PREFLIGHT_NONE:
		preflight_add(j, "xdp_none", ALL,
			      "the driver of %s has no native XDP%s%s",
			      f->ifname, *f->driver ? ": " : "", f->driver);
		break;
	case PREFLIGHT_OTHER:
		preflight_add(j, "xdp_refused", ALL,
			      "%s refused native XDP: %s", f->ifname,
			      *f->reason ? f->reason
					 : strerror(-f->refusal_errno));
		break;
	case PREFLIGHT_UNTRIED:
	case PREFLIGHT_ACCEPTED:
		break;
	}
}

/* Nobody has asked the driver, so what is known of all. */
static enum preflight_refusal likely(const struct preflight_facts *f)
{
	enum preflight_refusal refusal;

	if (f->refusal != PREFLIGHT_UNTRIED)
		return f->refusal;
	if (f->xdp_id)
		return PREFLIGHT_TAKEN;
	if (*f->lower || !strcmp(f->kind, "bridge"))
		return PREFLIGHT_NONE;
	refusal = preflight_classify(f, -EINVAL, "");
	if (refusal == PREFLIGHT_MTU)
		return refusal;
	if (refusal == PREFLIGHT_QUEUES && !strcmp(f->driver, "ena"))
		return refusal;
	if (f->peer.known && f->channels.known &&
	    f->channels.rx < f->peer.tx_queues)
		return PREFLIGHT_QUEUES;
	return PREFLIGHT_UNTRIED;
}

/* ---- the plan ------------------------------------------------------------ */

static void judge_plan(const struct judge *j, bool xdp)
{
	static const char *const disturbs[] = {
		[PREFLIGHT_STAYS_UP] = "the link stays up",
		[PREFLIGHT_MAY_RESTART] = "that may take the carrier down for "
					  "a moment, here and at the end",
		[PREFLIGHT_RESTARTS] = "that takes the carrier down for a "
				       "moment, here and at the end",
	};
	const struct preflight_facts *f = j->facts;

	if (xdp && (f->wanted & (PREFLIGHT_XDP | PREFLIGHT_REFLECT)))
		preflight_add(j, "plan", 0, "native XDP and tc on %s: %s",
			      f->ifname, disturbs[preflight_restart(f)]);
	else
		preflight_add(j, "plan", 0,
			      "tc on %s: nothing there is changed", f->ifname);
}

/* The first of those that keep native XDP out. */
static void explain(const struct judge *j, const struct preflight_finding *f)
{
	const char *lead = "", *offer = "";
	struct preflight_step step;
	char *to = j->out->why_not_xdp;

	if (preflight_step(j->facts, &step) && !j->facts->may_prepare &&
	    (!step.on_peer || j->facts->peer.is_here)) {
		lead = ", or ";
		offer = offered(j->facts);
	}
	if (*f->fix)
		snprintf(to, sizeof(j->out->why_not_xdp), "%s (%s%s%s)",
			 f->text, f->fix, lead, offer);
	else
		snprintf(to, sizeof(j->out->why_not_xdp), "%s", f->text);
}

static int compare(const void *a, const void *b)
{
	const struct preflight_finding *x = a, *y = b;

	return (int)y->level - (int)x->level;
}

void preflight_judge(const struct preflight_facts *facts, struct preflight *out)
{
	struct preflight_facts f = *facts;
	const struct judge j = { &f, out };

	memset(out, 0, sizeof(*out));
	f.refusal = likely(facts);
	judge_refusal(&j);
	if (out->count)
		explain(&j, &out->finding[0]);
	preflight_judge_around(&j);
	judge_plan(&j, !*out->why_not_xdp);
	qsort(out->finding, out->count, sizeof(*out->finding), compare);
}

const struct preflight_finding *preflight_find(const struct preflight *all,
					       const char *id)
{
	for (size_t i = 0; i < all->count; i++) {
		if (!strcmp(all->finding[i].id, id))
			return &all->finding[i];
	}
	return NULL;
}

const char *preflight_level_name(enum preflight_level level)
{
	static const char *const names[] = { "note", "costs", "blocks" };

	return names[level];
}
