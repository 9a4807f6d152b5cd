// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/doctor_host.h"

#define FILTER_ALL 1 /* include/uapi/linux/net_tstamp.h */
#define XDP_BASIC 1  /* include/uapi/linux/netdev.h */

/* What a stamp's figures are taken from. */
struct row {
	enum stage ends; /* the stage that ends with it, STAGES: none */
	enum budget_program program; /* BUDGET_PROGRAMS: none of ours */
};

static const struct row rows[STAMPS] = {
	[STAMP_APP_TX] = { STAGES, BUDGET_PROGRAMS },
	[STAMP_TC_TX] = { STAGE_APP_TO_TC, BUDGET_TC_EGRESS },
	[STAMP_DRV_TX] = { STAGE_TC_TO_DRIVER, BUDGET_PROGRAMS },
	[STAMP_REMOTE_RX] = { STAGES, BUDGET_PROGRAMS },
	[STAMP_REMOTE_TX] = { STAGE_REMOTE, BUDGET_PROGRAMS },
	[STAMP_HW_RX] = { STAGES, BUDGET_PROGRAMS },
	[STAMP_XDP_RX] = { STAGE_NETWORK, BUDGET_XDP },
	[STAMP_TC_RX] = { STAGE_XDP_TO_TC, BUDGET_TC_INGRESS },
	[STAMP_SOCK_RX] = { STAGE_TC_TO_SOCKET, BUDGET_SOCKET },
	[STAMP_APP_RX] = { STAGE_SOCKET_TO_APP, BUDGET_PROGRAMS },
};

struct view {
	const struct stamp_facts *stamps;
	const struct host_facts *host;
	struct doctor *doctor;
};

static void set_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

#define SET(array, text) set_text(array, sizeof(array), text)

/* ---- from probes that came back ------------------------------------------ */

static const struct null_figure *figure_of(const struct null_cell *c,
					   enum stamp which)
{
	if (which == STAMP_APP_TX)
		return &c->lateness;
	if (which == STAMP_TC_RX && c->rx == STAMP_TC_RX)
		return &c->stage[STAGE_NETWORK];
	if (rows[which].ends == STAGES)
		return NULL;
	return &c->stage[rows[which].ends];
}

/* Of the engine that an application's packets are like, where it has it. */
static void take_jitter(struct doctor_stamp *s, const struct stamp_look *look,
			enum stamp which)
{
	for (int i = 0; i < ENGINES && !s->has_jitter; i++) {
		const struct null_figure *f = figure_of(&look->cell[i], which);

		if (!f || !f->n || !look->cell[i].delivered[which])
			continue;
		s->has_jitter = true;
		s->jitter_ns = (double)(f->p99 - f->p50);
	}
}

/* Where a probe meets both a network and a stamp, the network is no part of the
 * stamp's jitter. */
static bool is_path(enum stamp which, const struct null_cell *socket)
{
	return which == STAMP_XDP_RX ||
	       (which == STAMP_TC_RX && socket->rx == STAMP_TC_RX);
}

static const struct null_cell *best_cell(const struct stamp_look *look,
					 enum stamp which)
{
	const struct null_cell *best = NULL;
	double ratio, most = -1;

	for (int i = 0; i < ENGINES; i++) {
		const struct null_cell *c = &look->cell[i];

		if (!c->probes.received)
			continue;
		ratio = (double)c->delivered[which] /
			(double)c->probes.received;
		if (ratio > most)
			best = c;
		most = fmax(ratio, most);
	}
	return best;
}

static bool can_stamp_all(const struct nic_facts *n)
{
	return n->rx_filters.known && (n->rx_filters.value & (1 << FILTER_ALL));
}

static const char *why_absent(const struct view *v, enum stamp which,
			      const struct null_cell *best)
{
	const struct nic_facts *n = &v->host->nic;

	if (which == STAMP_HW_RX && v->stamps->peer.measured && n->has_device)
		return can_stamp_all(n) ? "not tried: xrtt probe --hw-stamps "
					  "turns them on and uses them"
					: "the NIC stamps no received packets "
					  "(rx_filters)";
	if (which == STAMP_HW_RX)
		return "no hardware: a veth has no clock of its own";
	if ((which == STAMP_TC_TX || which == STAMP_DRV_TX) && *best->tx_why)
		return best->tx_why;
	if ((which == STAMP_XDP_RX || which == STAMP_TC_RX) && *best->rx_why)
		return best->rx_why;
	if (which == STAMP_REMOTE_RX || which == STAMP_REMOTE_TX)
		return "the far host sent none";
	return "none came";
}

static void take_look(const struct view *v, const struct stamp_look *look,
		      enum stamp which)
{
	struct doctor_stamp *s = &v->doctor->stamp[which];
	const struct null_cell *best = best_cell(look, which);

	if (!best)
		return;
	s->known = true;
	s->delivered = best->delivered[which] > 0;
	SET(s->where, look->link);
	*s->why = '\0';
	if (!s->delivered)
		SET(s->why, why_absent(v, which, best));
	else if (best->delivered[which] < best->probes.received)
		snprintf(s->why, sizeof(s->why),
			 "with %" PRIu64 " of %" PRIu64 " answered probes",
			 best->delivered[which], best->probes.received);
}

/* ---- without a target ---------------------------------------------------- */

static void set_absent(struct doctor_stamp *s, const char *where,
		       const char *why)
{
	s->known = true;
	s->delivered = false;
	s->has_jitter = false;
	SET(s->where, where);
	SET(s->why, why);
}

static void set_untried(struct doctor_stamp *s, const char *where,
			const char *why)
{
	s->known = s->delivered = false;
	SET(s->where, where);
	SET(s->why, why);
}

/* Frames to nobody show whether the driver stamps what it sends. */
static void take_frames(const struct view *v)
{
	const struct tx_stamp_facts *t = &v->stamps->nic_tx;
	struct doctor_stamp *s = &v->doctor->stamp[STAMP_DRV_TX];

	if (!t->tried && *t->why)
		set_untried(s, v->host->nic.name, t->why);
	if (!t->tried || !t->asked)
		return;
	s->known = true;
	s->delivered = t->stamped > 0;
	SET(s->where, v->host->nic.name);
	*s->why = '\0';
	if (t->stamped < t->asked)
		snprintf(s->why, sizeof(s->why),
			 t->stamped ? "with %u of %u frames"
				    : "%u of %u frames were stamped",
			 t->stamped, t->asked);
	s->has_jitter = t->stamped;
	s->jitter_ns = t->jitter_ns;
}

/* What can be said of the interface's own receiving without changing it. */
static void take_interface(const struct view *v)
{
	const struct nic_facts *n = &v->host->nic;
	struct doctor_stamp *xdp = &v->doctor->stamp[STAMP_XDP_RX];
	struct doctor_stamp *hw = &v->doctor->stamp[STAMP_HW_RX];

	if (n->xdp_program)
		set_absent(xdp, n->name,
			   "somebody else's XDP program is attached");
	else if (n->xdp_features.known && !(n->xdp_features.value & XDP_BASIC))
		set_absent(xdp, n->name, "the driver has no native XDP");
	else
		set_untried(xdp, n->name,
			    "not tried: attaching native XDP restarts some "
			    "drivers' queues (ena); name a target to try");
	if (!n->has_device)
		set_absent(hw, n->name, "no hardware: no clock of its own");
	else if (can_stamp_all(n))
		set_untried(hw, n->name,
			    n->stamps_all.value
				    ? "on; not tried: xrtt probe --hw-stamps "
				      "uses them"
				    : "the NIC can; not tried: turning it on "
				      "restarts it (xrtt probe --hw-stamps)");
	else
		set_absent(hw, n->name,
			   "the NIC stamps no received packets (rx_filters)");
}

/* ---- costs --------------------------------------------------------------- */

static double cost_of(const struct view *v, enum stamp which)
{
	const struct stamp_facts *s = v->stamps;
	const struct clock_reading *r = &v->host->timekeeping.state.reading;
	const struct null_figure *held =
		&s->cable.cell[ENGINE_SOCKET].stage[STAGE_REMOTE];

	if (which == STAMP_APP_TX || which == STAMP_APP_RX)
		return r->known ? (double)r->p50_ns : NAN;
	if (which == STAMP_REMOTE_TX)
		return held->n ? (double)held->p50 : NAN;
	if (which == STAMP_DRV_TX)
		return s->cable_tx.has_cost ? s->cable_tx.cost_ns : NAN;
	if (rows[which].program == BUDGET_PROGRAMS)
		return NAN;
	return s->program[rows[which].program];
}

static void take_cost(const struct view *v, enum stamp which)
{
	struct doctor_stamp *s = &v->doctor->stamp[which];
	double cost = cost_of(v, which);

	s->has_cost = isfinite(cost);
	s->cost_ns = s->has_cost ? cost : 0;
}

static void fill_stamp(const struct view *v, enum stamp which)
{
	const struct stamp_facts *f = v->stamps;
	struct doctor_stamp *s = &v->doctor->stamp[which];

	if (f->cable.tried && !f->cable.measured)
		set_untried(s, "", f->cable.why);
	take_jitter(s, &f->cable, which);
	take_look(v, &f->cable, which);
	if (f->peer.measured) {
		if (!is_path(which, &f->peer.cell[ENGINE_SOCKET])) {
			s->has_jitter = false;
			take_jitter(s, &f->peer, which);
		}
		take_look(v, &f->peer, which);
	}
	take_cost(v, which);
}

/* ---- findings ------------------------------------------------------------ */

/* The one that did not work where the other did. */
static void judge_engines(struct doctor *d, const struct stamp_look *look)
{
	struct finding *f;

	for (int i = 0; i < ENGINES; i++) {
		const struct null_cell *c = &look->cell[i];

		if (!*c->why && c->probes.received)
			continue;
		f = doctor_find(d, "engine", FINDING_COSTS,
				"no probe by the %s engine over %s: %s",
				engine_name(i), look->link,
				*c->why ? c->why : "none came back");
		finding_set_value(f, "%s", engine_name(i));
	}
}

static void judge_cable(struct doctor *d, const struct stamp_look *cable)
{
	struct finding *f;

	if (!cable->tried)
		return;
	if (cable->measured) {
		judge_engines(d, cable);
		return;
	}
	f = doctor_find(d, "cable", FINDING_COSTS,
			"no probe went over a cable of our own: %s",
			cable->why);
	finding_set_value(f, "none");
}

static void judge_peer(struct doctor *d, const struct stamp_look *peer)
{
	struct finding *f;

	if (!peer->tried)
		return;
	if (!peer->measured) {
		f = doctor_find(d, "peer", FINDING_BLOCKS, "%s", peer->why);
		finding_set_value(f, "silent");
		finding_set_fix(f, "on the target: xrtt reflect -I IFACE "
				   "--allow THIS_HOST; and open UDP port 862 "
				   "to it");
		return;
	}
	f = doctor_find(d, "peer", FINDING_GOOD, "the target answers over %s",
			peer->link);
	finding_set_value(f, "answers");
	judge_engines(d, peer);
}

static void judge_tx_stamps(const struct view *v)
{
	const struct nic_facts *n = &v->host->nic;
	const struct doctor_stamp *s = &v->doctor->stamp[STAMP_DRV_TX];
	struct finding *f;

	if (!n->there || !s->known || strcmp(s->where, n->name))
		return;
	if (s->delivered) {
		f = doctor_find(v->doctor, "tx_stamps", FINDING_GOOD,
				"%s stamps what it sends", n->name);
		finding_set_value(f, "delivered");
		return;
	}
	f = doctor_find(v->doctor, "tx_stamps", FINDING_COSTS,
			"%s stamps nothing that it sends: waiting in the qdisc "
			"and the driver is booked as \"network\"",
			n->name);
	finding_set_value(f, "none");
	if (v->host->nic.tx_software.known && v->host->nic.tx_software.value)
		finding_mend(f, "ethtool -T %s (it claims to)", n->name);
}

void doctor_judge_stamps(struct doctor *doctor,
			 const struct stamp_facts *stamps,
			 const struct host_facts *host)
{
	const struct view v = { stamps, host, doctor };

	for (int i = 0; i < STAMPS; i++)
		fill_stamp(&v, i);
	if (host->nic.there && !stamps->peer.measured) {
		take_frames(&v);
		take_interface(&v);
	}
	judge_peer(doctor, &stamps->peer);
	judge_cable(doctor, &stamps->cable);
	judge_tx_stamps(&v);
}

void doctor_judge_host(struct doctor *doctor, const struct host_facts *host,
		       const struct stamp_facts *stamps)
{
	SET(doctor->subject.ifname, host->nic.there ? host->nic.name : "");
	SET(doctor->subject.driver, host->nic.there ? host->nic.driver : "");
	SET(doctor->subject.kernel, host->kernel.release);
	SET(doctor->subject.clocksource, host->timekeeping.source);
	doctor_judge_stamps(doctor, stamps, host);
	doctor_judge_nic(doctor, &host->nic);
	doctor_judge_traffic(doctor, &host->nic);
	doctor_judge_clock(doctor, &host->timekeeping);
	doctor_judge_processor(doctor, &host->processor, &host->nic);
	doctor_judge_kernel(doctor, &host->kernel);
}
