// SPDX-License-Identifier: GPL-2.0-only
/* How long an interface keeps what it receives. */
#include <math.h>

#include "model/doctor_host.h"

#define RX_USECS "xrtt probe --tune, or: ethtool -C %s rx-usecs 0"
#define DEFERRAL "echo 0 > /sys/class/net/%s/napi_defer_hard_irqs"

static void mend_hold(struct finding *f, const struct nic_facts *n)
{
	const struct moderation_facts *m = &n->moderation;

	if (!m->deferred_ns)
		finding_mend(f, RX_USECS, n->name);
	else if (m->deferred_ns == m->held_ns)
		finding_mend(f, DEFERRAL, n->name);
	else
		finding_mend(f, RX_USECS "; and: " DEFERRAL, n->name, n->name);
}

/* The kernel refuses an ethtool -C that names what the driver has not, so each
 * command has only what is on. */
static void mend_moderation(struct finding *f, const struct nic_facts *n)
{
	switch (n->moderation.doubt) {
	case MODERATION_SURE:
		mend_hold(f, n);
		break;
	case MODERATION_ADAPTIVE:
		finding_mend(f,
			     "xrtt probe --tune, or: ethtool -C %s adaptive-rx "
			     "off rx-usecs 0",
			     n->name);
		break;
	case MODERATION_COUNTED:
		finding_mend(f,
			     "xrtt probe --tune, or: ethtool -C %s rx-frames 1",
			     n->name);
		break;
	case MODERATION_STACKED:
		finding_mend(f,
			     "xrtt doctor -I with what it stands on (ip link "
			     "show dev %s: behind the @)",
			     n->name);
		break;
	case MODERATION_THREADED:
		finding_mend(f, "echo 0 > /sys/class/net/%s/threaded", n->name);
		break;
	case MODERATION_UNSEEN:
		finding_set_fix(f, "run it where /sys is this network "
				   "namespace's: ip netns exec NAME xrtt "
				   "doctor");
		break;
	case MODERATION_UNTOLD:
		break;
	}
}

void doctor_judge_moderation(struct doctor *d, const struct nic_facts *n)
{
	const struct moderation_facts *m = &n->moderation;
	struct finding *f;

	if (m->known && !m->held_ns) {
		f = doctor_find(d, "moderation", FINDING_GOOD,
				"no received packet is held back");
		finding_set_value(f, "0");
		return;
	}
	if (m->known)
		f = doctor_find(d, "moderation", FINDING_COSTS,
				"%s holds a received packet for up to %.1f µs",
				n->name, (double)m->held_ns / 1e3);
	else
		f = doctor_find(d, "moderation", FINDING_COSTS,
				"how long %s holds a received packet is not "
				"bounded: %s",
				n->name, m->why);
	finding_set_value(f, "%s",
			  m->adaptive ? "adaptive"
			  : m->known  ? "held"
				      : "unknown");
	finding_set_cost(f, m->known ? (double)m->held_ns : NAN, NAN);
	mend_moderation(f, n);
}
