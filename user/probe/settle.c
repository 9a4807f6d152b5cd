// SPDX-License-Identifier: GPL-2.0-only
/* What came of the probes. */
#include <math.h>

#include "model/account.h"
#include "probe/run.h"

/* The bypass engine has no reader to wait for. */
static bool is_answered(const struct pending *p)
{
	const uint16_t both = PENDING_RECORD | PENDING_APP_RX;

	if (p->engine == ENGINE_BYPASS)
		return p->flags & PENDING_RECORD;
	return (p->flags & both) == both;
}

void run_answered(struct run *r, struct flow *f, struct pending *p)
{
	struct sample s;

	if (!r->observer->answered || !is_answered(p))
		return;
	window_peek(&f->window, p, &r->rules[p->engine], &s);
	r->observer->answered(r->observer->data, &s);
}

static void note_answer(struct run *r, const struct slot *slot)
{
	span_t rtt = span_ns(slot->xdp_rx - slot->drv_tx);

	if (r->rules[ENGINE_BYPASS].rx_at_tc)
		rtt = span_ns(slot->tc_rx - slot->drv_tx);
	r->answered++;
	r->answered_bypass++;
	r->last_answer = (mono_t){ slot->drv_tx + rtt.ns };
	if (rtt.ns > r->longest_rtt.ns)
		r->longest_rtt = rtt;
	r->remote_error = slot->remote_error;
}

static void take_record(void *data, const struct slot *record)
{
	struct run *r = data;
	struct flow *f;
	struct pending *p;
	bool numbered;

	if (record->session >= r->flows)
		return;
	f = &r->flow[record->session];
	p = window_find(&f->window, record->seq);
	if (!p || window_slot(&f->window, p)->nonce != record->nonce)
		return;
	p->flags |= PENDING_RECORD;
	if (p->engine == ENGINE_BYPASS)
		note_answer(r, record);
	/* Of `both` neither engine sees all of the reflector's numbers. */
	numbered = record->remote_tx != 0;
	collector_arrived(r->collector[p->engine], record->seq,
			  numbered && !r->total ? &record->reflector_seq
						: NULL);
	if (r->total)
		account_arrival(r->total, record->seq, numbered,
				record->reflector_seq);
	run_answered(r, f, p);
}

void run_arrived(struct run *r, struct flow *f, bool error)
{
	socket_receive(r, f);
	if (error)
		socket_drain_events(r, f);
	prober_consume(r->prober, take_record, r);
}

void run_collect(struct run *r, struct flow *f)
{
	run_arrived(r, f, true);
}

/* How long a probe is watched after it left: an answered one for a timeout, for
 * duplicates, any other for two: one to be late, one more to be told from
 * lost. In a flood the slot is wanted back. */
static span_t watch(const struct run *r, const struct pending *p)
{
	span_t timeout = r->plan->timeout;

	if (!is_answered(p) && !(p->flags & PENDING_APP_RX))
		return span_ns(2 * timeout.ns);
	return r->plan->flood ? span_ns(0) : timeout;
}

static bool is_due(const struct run *r, const struct flow *f,
		   const struct pending *p, mono_t now)
{
	mono_t sent = window_sent_at(&f->window, p);

	if (p->engine == ENGINE_BYPASS && !bypass_is_taken(r, p))
		return false;
	if (p->engine == ENGINE_SOCKET && !(p->flags & PENDING_TRIED))
		return false;
	if (p->engine == ENGINE_SOCKET ? !(p->flags & PENDING_SENT) : !sent.ns)
		return true;
	return mono_sub(now, sent).ns > watch(r, p).ns;
}

/* The time that the bypass program was without its CPU right after a stamp, as
 * far as it is unlike the others': that of handing a frame over differs from
 * host to host. */
static void mark_stolen(struct run *r, const struct slot *slot,
			struct sample *s)
{
	double took = slot->tx_done - slot->drv_tx;
	double step = fmax(1, r->handing_ns / 64);

	if (s->engine != ENGINE_BYPASS || !slot->drv_tx ||
	    slot->tx_done < slot->drv_tx)
		return;
	/* A running median, from the least of the first few. */
	if (!r->handed++ || (r->handed < 16 && took < r->handing_ns))
		r->handing_ns = took;
	r->handing_ns += took > r->handing_ns ? step : -step;
	if (took <= r->handing_ns + BYPASS_GAP_NS)
		return;
	s->flags |= SAMPLE_STOLEN;
	s->stolen = span_ns(took - r->handing_ns);
}

static void settle_oldest(struct run *r, struct flow *f, mono_t now)
{
	struct pending *p = window_oldest(&f->window);
	struct sample s;

	if (r->abandoned)
		p->flags |= PENDING_ABANDONED;
	if (p->engine == ENGINE_BYPASS && !is_answered(p) &&
	    window_sent_at(&f->window, p).ns && bypass_missed(r, f, p))
		p->flags |= PENDING_NOT_LEFT;
	window_settle(&f->window, &r->rules[p->engine], now, &s);
	mark_stolen(r, window_slot(&f->window, p), &s);
	collector_settled(r->collector[s.engine], &s);
	if (r->total)
		account_settle(r->total, &s);
	if (r->observer->settled)
		r->observer->settled(r->observer->data, &s);
}

void run_settle(struct run *r, mono_t now, bool all)
{
	if (r->bypass) {
		prober_consume(r->prober, take_record, r);
		bypass_count(r, now);
	}
	for (unsigned int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];
		struct pending *p = window_oldest(&f->window);

		/* After a stall of ours its answer may be here, unread. */
		if (p && !is_answered(p) && is_due(r, f, p, now))
			run_collect(r, f);
		while ((p = window_oldest(&f->window)) &&
		       (all || is_due(r, f, p, now)))
			settle_oldest(r, f, now);
	}
}
