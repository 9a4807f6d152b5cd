// SPDX-License-Identifier: GPL-2.0-only
/* The socket engine: what an application would see, stamped on its way. */
#include <errno.h>

#include "probe/run.h"

static void take_tx_stamp(struct run *r, struct flow *f,
			  const struct channel_event *event,
			  const struct realmap *now)
{
	struct pending *p = window_find(&f->window, event->seq);

	if (event->seq >= SEQ_CONTROL) {
		/* Too late to change the rules once the run has begun. */
		r->rules.tx_stamps |= !r->origin.ns;
		return;
	}
	if (!p || p->flags & PENDING_DRV_SEEN)
		return;
	p->flags |= PENDING_DRV_SEEN;
	if (now && realmap_convert(&p->map, now, event->stamp, &p->drv_tx))
		p->flags |= PENDING_DRV_TX;
}

void engine_drain_events(struct run *r, struct flow *f)
{
	struct channel_event event;
	struct realmap now;
	bool known;

	while (channel_next_event(&f->channel, &event)) {
		switch (event.note) {
		case CHANNEL_TX_STAMP:
			known = !realmap_read(&r->realmap, &now);
			take_tx_stamp(r, f, &event, known ? &now : NULL);
			break;
		case CHANNEL_PORT_UNREACHABLE:
			r->counts.port_unreachable++;
			break;
		case CHANNEL_UNREACHABLE:
			r->counts.unreachable++;
			break;
		}
	}
}

/* An ICMP error may still slip in and be reported in place of sending. */
static int send_once_more(struct channel *c, const struct packet_template *t,
			  struct pending *p)
{
	int err;

	channel_clear_error(c);
	p->app_tx = mono_now();
	err = channel_send(c, t, p->seq);
	if (!err || err == -ENOBUFS || err == -EAGAIN || err == -EMSGSIZE)
		return err;
	p->app_tx = mono_now();
	return channel_send(c, t, p->seq);
}

void engine_send(struct run *r, mono_t due)
{
	struct flow *f = &r->flow[r->planned % r->flows];
	struct pending *p = window_next(&f->window, mono_now());
	uint64_t nonce;
	int err;

	r->planned++;
	/* Catching up after a stall of ours: what is over makes room. */
	if (!p) {
		engine_settle(r, mono_now(), false);
		p = window_next(&f->window, mono_now());
	}
	if (!p) {
		r->counts.slot_refused++;
		collector_refused(r->collector);
		return;
	}
	p->due = due;
	if (realmap_read(&r->realmap, &p->map))
		p->map.offset = span_ns(0); /* converts nothing */
	nonce = packet_finish(&f->packet, p->seq, tai_now_ns());
	window_arm(&f->window, p, nonce);
	err = send_once_more(&f->channel, &f->packet, p);
	if (err)
		r->counts.send_errors++;
	else
		p->flags |= PENDING_SENT;
	engine_drain_events(r, f);
}

/* As soon as both the application and the last hook have seen the reply. */
static void report_answer(struct run *r, struct flow *f, struct pending *p)
{
	const uint32_t both = PENDING_RECORD | PENDING_APP_RX;
	struct sample s;

	if (!r->observer->answered || (p->flags & both) != both)
		return;
	window_peek(&f->window, p, &r->rules, &s);
	r->observer->answered(r->observer->data, &s);
}

static void take_answer(struct run *r, struct flow *f,
			const struct packet_answer *a, mono_t now)
{
	struct pending *p = window_find(&f->window, a->seq);
	span_t rtt;

	if (!p || p->nonce != a->nonce || p->flags & PENDING_APP_RX)
		return;
	p->app_rx = now;
	p->flags |= PENDING_APP_RX;
	r->answered++;
	r->last_answer = now;
	rtt = mono_sub(now, p->app_tx);
	if (rtt.ns > r->longest_rtt.ns)
		r->longest_rtt = rtt;
	r->remote_error = a->remote_error;
	report_answer(r, f, p);
}

static void receive(struct run *r, struct flow *f)
{
	uint8_t octets[PACKET_MAX];
	struct packet_answer a;
	mono_t now;
	int len;

	for (;;) {
		len = channel_receive(&f->channel, octets, sizeof(octets));
		now = mono_now();
		if (len == -EAGAIN || len == -EINTR)
			return;
		/* Others tell of an ICMP error, counted from the queue. */
		if (len >= 0 && packet_read(&f->packet, octets, len, &a))
			take_answer(r, f, &a, now);
	}
}

static void take_record(void *data, const struct slot *record)
{
	struct run *r = data;
	struct flow *f;
	struct pending *p;
	struct sample s;

	if (record->session >= r->flows)
		return;
	f = &r->flow[record->session];
	p = window_find(&f->window, record->seq);
	if (!p || p->nonce != record->nonce)
		return;
	p->record = *record;
	p->flags |= PENDING_RECORD;
	window_peek(&f->window, p, &r->rules, &s);
	collector_arrived(r->collector, &s);
	report_answer(r, f, p);
}

void engine_collect(struct run *r, struct flow *f)
{
	receive(r, f);
	engine_drain_events(r, f);
	prober_consume(r->prober, take_record, r);
}

/* An answered probe waits one timeout for duplicates, any other two for its
 * answer: one to be late, one more to be told from lost. */
static bool is_due(const struct run *r, const struct pending *p, mono_t now)
{
	span_t age = mono_sub(now, p->app_tx);

	if (!(p->flags & PENDING_SENT))
		return true;
	if (p->flags & PENDING_APP_RX)
		return age.ns > r->plan->timeout.ns;
	return age.ns > 2 * r->plan->timeout.ns;
}

void engine_settle(struct run *r, mono_t now, bool all)
{
	for (unsigned int i = 0; i < r->flows; i++) {
		struct window *w = &r->flow[i].window;
		struct pending *p;
		struct sample s;

		/* After a stall of ours its answer may be here, unread. */
		p = window_oldest(w);
		if (p && !(p->flags & PENDING_APP_RX) && is_due(r, p, now))
			engine_collect(r, &r->flow[i]);
		while ((p = window_oldest(w)) && (all || is_due(r, p, now))) {
			if (r->abandoned)
				p->flags |= PENDING_ABANDONED;
			window_settle(w, &r->rules, now, &s);
			collector_settled(r->collector, &s);
			if (r->observer->settled)
				r->observer->settled(r->observer->data, &s);
		}
	}
}
