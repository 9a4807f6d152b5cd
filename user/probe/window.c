// SPDX-License-Identifier: GPL-2.0-only
#include "probe/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/stamptime.h"
#include "wire.h"

int window_create(struct window *w, struct slot *slots, uint32_t count,
		  uint32_t flow)
{
	memset(w, 0, sizeof(*w));
	w->pending = calloc(count, sizeof(*w->pending));
	if (!w->pending)
		return -ENOMEM;
	w->slots = slots;
	w->mask = count - 1;
	for (uint32_t i = 0; i < count; i++)
		slots[i].session = flow;
	return 0;
}

void window_destroy(struct window *w)
{
	free(w->pending);
	w->pending = NULL;
}

static struct slot *slot_at(const struct window *w, uint32_t seq)
{
	return &w->slots[seq & w->mask];
}

struct pending *window_next(struct window *w, mono_t now)
{
	struct pending *p;
	mono_t quiet;

	/* The numbers beyond are not for probes: once in 2^32 the window
	 * drains and starts over. */
	if (w->next == SEQ_CONTROL && w->head == w->next)
		w->head = w->next = 0;
	if (w->next == SEQ_CONTROL || w->next - w->head > w->mask)
		return NULL;
	p = &w->pending[w->next & w->mask];
	quiet = mono_add(p->closed, span_ns(SLOT_QUIET_NS));
	if (p->closed.ns && mono_before(now, quiet))
		return NULL;
	memset(p, 0, sizeof(*p));
	p->seq = w->next++;
	return p;
}

static struct slot *slot_renew(struct window *w, const struct pending *p,
			       enum slot_engine engine)
{
	struct slot *slot = slot_at(w, p->seq);
	struct slot fresh = {
		.seq = p->seq,
		.nonce = p->nonce,
		.session = slot->session,
		.engine = engine,
	};

	__atomic_store_n(&slot->state, SLOT_FREE, __ATOMIC_SEQ_CST);
	*slot = fresh;
	return slot;
}

void window_arm(struct window *w, struct pending *p, uint64_t nonce)
{
	struct slot *slot;

	p->engine = ENGINE_SOCKET;
	p->nonce = nonce;
	slot = slot_renew(w, p, SLOT_SOCKET);
	__atomic_store_n(&slot->state, SLOT_ARMED, __ATOMIC_SEQ_CST);
}

void window_prepare(struct window *w, struct pending *p)
{
	p->engine = ENGINE_BYPASS;
	slot_renew(w, p, SLOT_BYPASS);
}

void window_withdraw(struct window *w, uint32_t seq)
{
	w->next = seq;
}

const struct slot *window_slot(const struct window *w, const struct pending *p)
{
	return slot_at(w, p->seq);
}

struct pending *window_find(struct window *w, uint32_t seq)
{
	if (seq - w->head >= w->next - w->head)
		return NULL;
	return &w->pending[seq & w->mask];
}

struct pending *window_oldest(struct window *w)
{
	return window_find(w, w->head);
}

uint64_t window_first_rx(const struct slot *slot,
			 const struct outcome_rules *rules)
{
	return rules->rx_at_tc ? slot->tc_rx : slot->xdp_rx;
}

/* Unless it was us who stopped looking. */
static enum probe_status lost_in_host(const struct pending *p)
{
	return p->flags & PENDING_ABANDONED ? PROBE_UNRECORDED
					    : PROBE_LOST_IN_HOST;
}

static enum probe_status outcome_unrecorded(const struct pending *p,
					    const struct slot *slot,
					    const struct outcome_rules *rules)
{
	if (slot->flags & SLOT_UNRECORDED)
		return PROBE_UNRECORDED;
	if (p->flags & PENDING_APP_RX)
		return PROBE_UNRECORDED;
	if (window_first_rx(slot, rules))
		return lost_in_host(p);
	if (!slot->tc_tx)
		return PROBE_UNSENT;
	if (rules->tx_stamps && !(p->flags & PENDING_DRV_SEEN))
		return PROBE_UNSENT;
	return p->flags & PENDING_ABANDONED ? PROBE_UNRECORDED : PROBE_LOST;
}

static enum probe_status bypass_outcome(const struct pending *p,
					const struct slot *slot,
					const struct outcome_rules *rules)
{
	int64_t took = window_first_rx(slot, rules) - slot->drv_tx;

	if (!slot->drv_tx || p->flags & PENDING_NOT_LEFT)
		return PROBE_UNSENT;
	if (p->flags & PENDING_RECORD)
		return took > rules->timeout.ns ? PROBE_LATE : PROBE_OK;
	/* Its one receive hook has seen it and must have passed it on. */
	if (window_first_rx(slot, rules) || p->flags & PENDING_ABANDONED)
		return PROBE_UNRECORDED;
	return PROBE_LOST;
}

static enum probe_status outcome(const struct pending *p,
				 const struct slot *slot,
				 const struct outcome_rules *rules)
{
	if (p->engine == ENGINE_BYPASS)
		return bypass_outcome(p, slot, rules);
	if (!(p->flags & PENDING_SENT))
		return PROBE_UNSENT;
	if (!(p->flags & PENDING_RECORD))
		return outcome_unrecorded(p, slot, rules);
	if (!(p->flags & PENDING_APP_RX))
		return lost_in_host(p);
	if (mono_sub(p->app_rx, p->app_tx).ns > rules->timeout.ns)
		return PROBE_LATE;
	return PROBE_OK;
}

static void put_stamp(struct sample *s, enum stamp which, uint64_t ns)
{
	if (ns)
		sample_set(s, which, (mono_t){ ns });
}

static void put_remote(struct sample *s, const struct slot *slot)
{
	bool ptp = slot->remote_error & STAMP_ERROR_PTP;

	if (stamptime_read(slot->remote_rx, ptp, &s->remote_rx))
		s->have |= 1u << STAMP_REMOTE_RX;
	if (stamptime_read(slot->remote_tx, ptp, &s->remote_tx))
		s->have |= 1u << STAMP_REMOTE_TX;
	s->has_reflector_seq = true;
	s->reflector_seq = slot->reflector_seq;
	s->remote_ttl = slot->remote_ttl ? slot->remote_ttl : -1;
}

static void put_stamps(struct sample *s, const struct pending *p,
		       const struct slot *slot)
{
	if (p->flags & PENDING_SENT)
		sample_set(s, STAMP_APP_TX, p->app_tx);
	put_stamp(s, STAMP_TC_TX, slot->tc_tx);
	put_stamp(s, STAMP_DRV_TX, slot->drv_tx);
	if (p->flags & PENDING_DRV_TX)
		sample_set(s, STAMP_DRV_TX, p->drv_tx);
	put_stamp(s, STAMP_XDP_RX, slot->xdp_rx);
	put_stamp(s, STAMP_TC_RX, slot->tc_rx);
	put_stamp(s, STAMP_SOCK_RX, slot->sock_rx);
	if (p->flags & PENDING_APP_RX)
		sample_set(s, STAMP_APP_RX, p->app_rx);
	if (slot->remote_rx || slot->remote_tx)
		put_remote(s, slot);
}

void window_peek(const struct window *w, const struct pending *p,
		 const struct outcome_rules *rules, struct sample *out)
{
	const struct slot *slot = slot_at(w, p->seq);

	memset(out, 0, sizeof(*out));
	out->seq = p->seq;
	out->flow = slot->session;
	out->engine = p->engine;
	out->due = p->due;
	out->status = outcome(p, slot, rules);
	out->ttl = slot->ttl ? slot->ttl : -1;
	out->remote_ttl = -1;
	put_stamps(out, p, slot);
	out->duplicate_forward = slot->duplicate_forward;
	out->duplicate_return = slot->duplicate_return;
	if (slot->duplicate_forward || slot->duplicate_return)
		out->flags |= SAMPLE_DUPLICATE;
	if (slot->flags & SLOT_AMBIGUOUS)
		out->flags |= SAMPLE_DISTURBED;
	if (out->status == PROBE_OK && !sample_in_order(out, &rules->ends))
		out->flags |= SAMPLE_DISORDER;
}

void window_settle(struct window *w, const struct outcome_rules *rules,
		   mono_t now, struct sample *out)
{
	struct pending *p = window_oldest(w);
	struct slot *slot = slot_at(w, p->seq);
	__u64 armed = SLOT_ARMED;

	/* After this no hook writes a stamp; a DONE slot stays as it is. */
	__atomic_compare_exchange_n(&slot->state, &armed, SLOT_EXPIRED, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	window_peek(w, p, rules, out);
	p->closed = now;
	if (p->flags & PENDING_RECORD)
		p->closed.ns = slot->sock_rx ? slot->sock_rx
					     : window_first_rx(slot, rules);
	w->head++;
}

mono_t window_sent_at(const struct window *w, const struct pending *p)
{
	if (p->engine == ENGINE_BYPASS)
		return (mono_t){ slot_at(w, p->seq)->drv_tx };
	return p->app_tx;
}

bool window_has_left(const struct window *w, const struct pending *p)
{
	if (p->engine == ENGINE_BYPASS)
		return window_sent_at(w, p).ns;
	return p->flags & PENDING_SENT;
}

bool window_is_answered(const struct pending *p)
{
	if (p->engine == ENGINE_BYPASS)
		return p->flags & PENDING_RECORD;
	return p->flags & PENDING_APP_RX;
}

bool window_is_complete(const struct pending *p)
{
	return window_is_answered(p) && p->flags & PENDING_RECORD;
}

bool window_all_answered(const struct window *w)
{
	for (uint32_t seq = w->head; seq != w->next; seq++) {
		const struct pending *p = &w->pending[seq & w->mask];

		if (window_has_left(w, p) && !window_is_answered(p))
			return false;
	}
	return true;
}
