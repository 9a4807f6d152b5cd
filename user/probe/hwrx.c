// SPDX-License-Identifier: GPL-2.0-only
#include "probe/hwrx.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/hwtstamp.h"
#include "model/hwbar.h"
#include "probe/hwread.h"
#include "probe/run.h"

struct hwrx {
	struct tune *tune;
	int phc;	  /* the number of its clock */
	bool is_on;	  /* the NIC's stamps are used */
	bool has_control; /* the socket's last control reply bore a stamp */
	nic_t control;
	struct hwread read;
	struct hwbar bars;
	char why[WHY_SIZE];
};

/* ---- on and off ---------------------------------------------------------- */

/* NULL if the interface can do it; else why it cannot. */
static const char *look(struct hwrx *h, const char *ifname)
{
	struct hwtstamp_info info;
	int err;

	err = hwtstamp_read_info(ifname, &info);
	if (err == -EOPNOTSUPP)
		return "the driver tells of none (ethtool -T)";
	if (err)
		return tune_error(err);
	if (!info.can_stamp_all)
		return "the driver cannot stamp every packet (ethtool -T: "
		       "receive filter modes without \"all\")";
	if (info.phc < 0)
		return "the driver names no clock that they would be of "
		       "(ethtool -T: PTP Hardware Clock)";
	h->phc = info.phc;
	err = hwread_open(&h->read, info.phc);
	if (err == -ENOENT)
		return "its clock's device /dev/ptp* is missing";
	return err ? tune_error(err) : NULL;
}

static const char *turn_on(struct hwrx *h, const struct iface *wire,
			   const struct tune_sink *sink)
{
	uint64_t now;
	int err;

	h->tune = tune_open(wire, sink, &err);
	if (h->tune)
		err = tune_hwtstamp(h->tune);
	if (!err)
		err = hwtstamp_read(wire->name, &now);
	if (err)
		return tune_error(err);
	return hwtstamp_has_all(now) ? NULL : "the setting did not take";
}

enum session_end hwrx_open(struct run *r, char *why)
{
	static const struct tune_sink nobody;
	const struct tune_sink *sink = r->plan->sink ? r->plan->sink : &nobody;
	const char *no;
	struct hwrx *h;

	if (!r->plan->hw_stamps)
		return SESSION_MEASURED;
	h = calloc(1, sizeof(*h));
	if (!h) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	r->hw = h;
	hwread_init(&h->read);
	hwbar_init(&h->bars);
	no = look(h, r->wire.name);
	if (!no)
		no = turn_on(h, &r->wire, sink);
	h->is_on = !no;
	if (no) {
		snprintf(h->why, sizeof(h->why), "%s", no);
		tune_say(sink, "%s: no hardware stamps: %s", r->wire.name,
			 h->why);
	}
	return SESSION_MEASURED;
}

void hwrx_close(struct run *r)
{
	if (!r->hw)
		return;
	tune_close(r->hw->tune);
	hwread_close(&r->hw->read);
	free(r->hw);
	r->hw = NULL;
}

bool hwrx_is_on(const struct run *r)
{
	return r->hw && r->hw->is_on;
}

bool hwrx_wants_program(const struct run *r)
{
	return hwrx_is_on(r) &&
	       (run_uses(r, ENGINE_BYPASS) || r->plan->engine_auto);
}

void hwrx_open_flow(const struct run *r, struct channel *c)
{
	if (!hwrx_is_on(r))
		return;
	channel_want_hw_rx(c);
	if (!r->hw->read.clock.count)
		hwread_now(&r->hw->read);
}

/* ---- whether they come --------------------------------------------------- */

void hwrx_note_control(struct run *r, const struct channel *c)
{
	if (!r->hw || !c->has_hw_rx)
		return;
	r->hw->has_control = true;
	r->hw->control = c->hw_rx;
}

bool hwrx_wants_control(const struct run *r)
{
	struct nic_state state;

	if (!hwrx_is_on(r))
		return false;
	if (run_uses(r, ENGINE_SOCKET) && !r->hw->has_control)
		return true;
	return run_uses(r, ENGINE_BYPASS) && !prober_nic(r->prober, &state) &&
	       !state.stamped;
}

/* What XDP has seen of the NIC's stamps, or `why` it cannot. */
struct seen {
	struct nic_state state;
	const char *why;
};

/* NULL, or why the engine does not get them. */
static const char *engine_lacks(const struct run *r, enum engine engine,
				const struct seen *xdp)
{
	const struct hwclock *c = &r->hw->read.clock;
	nic_t stamp = r->hw->control;

	if (c->count < 2)
		return "the NIC's clock could not be read before the first "
		       "probe";
	if (engine == ENGINE_SOCKET && !r->hw->has_control)
		return "none came with the replies before the first probe";
	if (engine == ENGINE_BYPASS) {
		if (xdp->why)
			return xdp->why;
		if (!xdp->state.stamped)
			return xdp->state.refused
				       ? "the driver hands none to XDP"
				       : "none came to XDP before the first "
					 "probe";
		stamp.ns = xdp->state.last;
	}
	if (!hwclock_spans(c, stamp))
		return "those that come are not of the clock that the driver "
		       "names";
	return NULL;
}

void hwrx_set_ends(struct run *r)
{
	struct hwrx *h = r->hw;
	const char *no = NULL;
	struct seen xdp;

	if (!h || !h->is_on)
		return;
	/* Before the reading, which is to be later than what it has seen. */
	xdp.why = prober_nic(r->prober, &xdp.state);
	hwread_now(&h->read);
	for (int i = 0; !no && i < ENGINES; i++) {
		if (run_uses(r, i))
			no = engine_lacks(r, i, &xdp);
		if (no)
			snprintf(h->why, sizeof(h->why), "%s engine: %s",
				 engine_name(i), no);
	}
	h->is_on = !no;
	for (int i = 0; !no && i < ENGINES; i++)
		r->rules[i].ends.rx = STAMP_HW_RX;
}

bool hwrx_is_end(const struct run *r, enum engine engine)
{
	return r->rules[engine].ends.rx == STAMP_HW_RX;
}

void hwrx_hooks(const struct run *r, enum engine engine, struct hooks *out)
{
	if (!r->hw)
		return;
	if (hwrx_is_end(r, engine)) {
		out->rx = STAMP_HW_RX;
		out->rx_how = "the NIC's stamps";
		out->rx_why = NULL;
	} else {
		fallback_set(&out->fallbacks.at[FALLBACK_HW_RX],
			     "the NIC's stamps", out->rx_how, r->hw->why);
	}
}

/* ---- the NIC's clock ----------------------------------------------------- */

mono_t hwrx_due(const struct run *r)
{
	if (!hwrx_is_on(r))
		return (mono_t){ INT64_MAX };
	return r->hw->read.due;
}

void hwrx_poll(struct run *r, mono_t now, bool has_room)
{
	if (hwrx_is_on(r))
		hwread_poll(&r->hw->read, now, has_room);
}

int64_t hwrx_room_ns(const struct run *r)
{
	return hwrx_is_on(r) ? hwread_room_ns(&r->hw->read) : 0;
}

void hwrx_end(struct run *r)
{
	if (hwrx_is_on(r))
		hwread_now(&r->hw->read);
}

/* ---- a probe's stamp ----------------------------------------------------- */

void hwrx_note_answer(const struct channel *c, struct pending *p)
{
	if (!c->has_hw_rx)
		return;
	p->hw_rx = c->hw_rx;
	p->flags |= PENDING_HW_RX;
}

/* 0 or as hwclock_locate() has it. */
static int locate(const struct run *r, const struct flow *f,
		  const struct pending *p, struct hwclock_place *out)
{
	const struct slot *slot = window_slot(&f->window, p);
	mono_t seen = { window_first_rx(slot, &r->rules[p->engine]) };
	nic_t stamp = { slot->hw_rx };

	if (p->engine == ENGINE_SOCKET)
		stamp = p->hw_rx;
	if (!seen.ns ||
	    (p->engine == ENGINE_SOCKET ? !(p->flags & PENDING_HW_RX)
					: !slot->hw_rx))
		return -ENOENT;
	return hwclock_locate(&r->hw->read.clock, stamp, seen, out);
}

bool hwrx_is_waiting(const struct run *r, const struct flow *f,
		     const struct pending *p, mono_t now)
{
	const struct slot *slot = window_slot(&f->window, p);
	mono_t seen = { window_first_rx(slot, &r->rules[p->engine]) };
	struct hwclock_place place;
	int err;

	if (!hwrx_is_on(r) || !seen.ns || mono_sub(now, seen).ns > HWRX_WAIT_NS)
		return false;
	err = locate(r, f, p, &place);
	return err == -EAGAIN || (!err && !place.is_settled);
}

void hwrx_place(struct run *r, const struct flow *f, const struct pending *p,
		struct sample *s)
{
	struct hwclock_place place;

	if (!hwrx_is_on(r) || locate(r, f, p, &place))
		return;
	sample_set(s, STAMP_HW_RX, place.at);
	s->hw_bar = place.bar;
	hwbar_add(&r->hw->bars, place.bar);
	if (s->status == PROBE_OK && !(s->flags & SAMPLE_DISORDER) &&
	    !sample_in_order(s, &r->rules[p->engine].ends))
		s->flags |= SAMPLE_DISORDER | SAMPLE_HW_DISORDER;
}

/* ---- for the budget and the report --------------------------------------- */

void hwrx_fact(const struct run *r, struct budget_fact *out)
{
	*out = (struct budget_fact){ .kind = BUDGET_NONE };
	if (!r->hw || !r->hw->bars.n)
		return;
	*out = (struct budget_fact){
		.kind = 'A',
		.at[BUDGET_P50] = hwbar_most(&r->hw->bars),
		.at[BUDGET_P99] = r->hw->bars.max.ns,
		.how = "the NIC's clock read all through the run: half a "
		       "reading's bracket, and the bends between readings",
	};
}

void hwrx_gap(struct budget_fact *out)
{
	if (!isfinite(out->at[BUDGET_P50]))
		return;
	out->kind = 'B';
	out->how = "taken to be no more than a hop over a veth of ours takes: "
		   "stamped by the NIC, before its interrupt moderation";
}

void hwrx_report(const struct run *r, struct clock_nic *out)
{
	const struct hwrx *h = r->hw;

	*out = (struct clock_nic){ 0 };
	if (!h || !h->is_on)
		return;
	*out = (struct clock_nic){
		.known = true,
		.phc = h->phc,
		.readings = h->read.clock.count,
		.steps = h->read.clock.steps,
		.rate_ppm = hwclock_rate_ppm(&h->read.clock),
		.stamps = h->bars.n,
		.bar_ns = h->bars.n ? hwbar_most(&h->bars) : NAN,
		.bar_max_ns = h->bars.n ? (double)h->bars.max.ns : NAN,
	};
}
