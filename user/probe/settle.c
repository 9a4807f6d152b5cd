// SPDX-License-Identifier: GPL-2.0-only
/* What came of the probes. */
#include <math.h>

#include "model/account.h"
#include "probe/run.h"
#include "probe/tcp.h"

void run_answered(struct run *r, struct flow *f, struct pending *p)
{
	struct sample s;

	/* The NIC's stamp has no place before the probe is settled. */
	if (!r->observer->answered || !window_is_complete(p) || hwrx_is_on(r))
		return;
	window_peek(&f->window, p, &r->rules[p->engine], &s);
	r->observer->answered(r->observer->data, &s);
}

static void note_answer(struct run *r, const struct slot *slot)
{
	uint64_t rx = window_first_rx(slot, &r->rules[ENGINE_BYPASS]);
	span_t rtt = span_ns(rx - slot->drv_tx);

	r->answered++;
	r->answered_bypass++;
	r->last_answer = (mono_t){ rx };
	if (rtt.ns > r->longest_rtt.ns)
		r->longest_rtt = rtt;
	r->remote_error = slot->remote_error;
}

/* Numbers are a flow's own; of `both` neither engine sees all of the
 * reflector's. */
static void note_arrival(struct run *r, enum engine engine,
			 const struct slot *record)
{
	const uint32_t *number =
		record->remote_tx ? &record->reflector_seq : NULL;

	if (r->tracks) {
		tracks_arrived(r->tracks, record->session, record->seq, number);
		return;
	}
	collector_arrived(r->collector[engine], record->seq,
			  r->total ? NULL : number);
	if (r->total)
		account_arrival(r->total, record->seq, number,
				record->reflector_seq);
}

static void take_record(void *data, const struct slot *record)
{
	struct run *r = data;
	struct flow *f;
	struct pending *p;

	if (record->session >= r->flows)
		return;
	f = &r->flow[record->session];
	p = window_find(&f->window, record->seq);
	if (!p || window_slot(&f->window, p)->nonce != record->nonce)
		return;
	p->flags |= PENDING_RECORD;
	tcp_count(f, record);
	if (p->engine == ENGINE_BYPASS)
		note_answer(r, record);
	note_arrival(r, p->engine, record);
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

	if (!window_is_answered(p))
		return span_ns(2 * timeout.ns);
	return r->plan->flood ? span_ns(0) : timeout;
}

static bool is_due(const struct run *r, const struct flow *f,
		   const struct pending *p, mono_t now)
{
	if (p->engine == ENGINE_BYPASS && !bypass_is_taken(r, p))
		return false;
	if (p->engine == ENGINE_SOCKET && !(p->flags & PENDING_TRIED))
		return false;
	if (!window_has_left(&f->window, p))
		return true;
	return mono_sub(now, window_sent_at(&f->window, p)).ns >
		       watch(r, p).ns &&
	       !hwrx_is_waiting(r, f, p, now);
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

static void settle_probe(struct run *r, struct flow *f, struct pending *p,
			 mono_t now)
{
	struct sample s;

	if (r->abandoned)
		p->flags |= PENDING_ABANDONED;
	if (p->engine == ENGINE_BYPASS && !window_is_answered(p) &&
	    window_has_left(&f->window, p) && bypass_missed(r, f, p))
		p->flags |= PENDING_NOT_LEFT;
	window_settle(&f->window, &r->rules[p->engine], now, &s);
	hwrx_place(r, f, p, &s);
	mark_stolen(r, window_slot(&f->window, p), &s);
	collector_settled(r->collector[s.engine], &s);
	if (r->total)
		account_settle(r->total, &s);
	if (r->tracks)
		tracks_settled(r->tracks, &s, &r->rules[s.engine].ends);
	if (hwrx_is_on(r) && r->observer->answered && window_is_complete(p))
		r->observer->answered(r->observer->data, &s);
	if (r->observer->settled)
		r->observer->settled(r->observer->data, &s);
}

/* Of all flows, so that samples come in sending order. */
static struct pending *oldest(struct run *r, struct flow **f)
{
	struct queue *q = &r->order;
	struct pending *p;

	*f = r->flow;
	if (!q->at)
		return window_oldest(&r->flow->window);
	for (; q->head != q->tail; q->head++) {
		const struct queued *first = &q->at[q->head & q->mask];

		*f = &r->flow[first->flow];
		p = window_find(&(*f)->window, first->seq);
		if (p)
			return p;
	}
	return NULL;
}

void run_settle(struct run *r, mono_t now, bool all)
{
	struct flow *f, *collected = NULL;
	struct pending *p;

	if (r->bypass) {
		prober_consume(r->prober, take_record, r);
		bypass_count(r, now);
	}
	while ((p = oldest(r, &f)) && (all || is_due(r, f, p, now))) {
		/* After a stall of ours its answer may be here, unread. */
		if (!all && f != collected && !window_is_complete(p)) {
			run_collect(r, f);
			collected = f;
			continue;
		}
		settle_probe(r, f, p, now);
	}
}
