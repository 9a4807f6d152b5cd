// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the schedule to the engines. The bypass engine wants its orders ahead of
 * their times; so, where it is used, every probe is planned that much ahead,
 * and those of the socket engine wait in a queue.
 */
#include "host/clock.h"
#include "probe/run.h"
#include "probe/tcp.h"

/* Longer than this host's threads mostly have to wait for a CPU. */
#define AHEAD_NS (50 * NSEC_PER_MSEC)
#define AHEAD_AGAIN_NS (5 * NSEC_PER_MSEC)
#define FLOOD_AGAIN_NS (20 * NSEC_PER_USEC)

/* Probes to catch up with before looking at what has come. */
#define BURST_MAX 32
#define FLOOD_BURST 4096

/* In a flood, orders that its program has not got round to. */
#define FLOOD_AHEAD 8192

/* Moves on to the next probe; ends it once the plan has no more. */
void run_schedule(struct run *r)
{
	const struct plan *plan = r->plan;
	span_t offset = r->plan->flood ? mono_sub(mono_now(), r->origin)
				       : schedule_next(&r->schedule);

	r->due = mono_add(r->origin, offset);
	if ((plan->count && r->planned >= plan->count) ||
	    (plan->duration.ns && offset.ns >= plan->duration.ns)) {
		r->sending = false;
		r->enough |= plan->flood && !plan->count;
	}
}

static enum engine next_engine(const struct run *r)
{
	if (r->plan->both)
		return r->planned / r->flows % ENGINES;
	return r->plan->engine;
}

static bool has_room(const struct run *r, enum engine engine)
{
	if (r->plan->flood && bypass_waiting(r->bypass) >= FLOOD_AHEAD)
		return false;
	if (engine == ENGINE_BYPASS)
		return bypass_room(r->bypass) > 0;
	return r->queue.tail - r->queue.head <= r->queue.mask;
}

static void refuse(struct run *r, unsigned int flow, enum engine engine)
{
	r->counts.slot_refused++;
	collector_refused(r->collector[engine]);
	if (r->tracks)
		tracks_refused(r->tracks, flow);
}

static void enqueue(struct queue *q, unsigned int flow, uint32_t seq)
{
	q->at[q->tail++ & q->mask] = (struct queued){ flow, seq };
}

/* False if there is no room for a probe now, but will be. */
static bool plan_probe(struct run *r, mono_t now)
{
	unsigned int number = r->planned % r->flows;
	struct flow *f = &r->flow[number];
	enum engine engine = next_engine(r);
	struct pending *p;

	if (!has_room(r, engine))
		return false;
	p = window_next(&f->window, now);
	/* Catching up after a stall of ours: what is over makes room. */
	if (!p) {
		run_settle(r, now, false);
		p = window_next(&f->window, now);
	}
	if (!p && r->plan->flood)
		return false;
	r->planned++;
	if (!p) {
		refuse(r, number, engine);
		return true;
	}
	p->due = r->plan->flood ? (mono_t){ 0 } : r->due;
	p->engine = engine;
	if (f->tcp && !tcp_take_port(r, f, p)) {
		window_withdraw(&f->window, p->seq);
		refuse(r, number, engine);
		return true;
	}
	if (r->order.at)
		enqueue(&r->order, number, p->seq);
	if (engine == ENGINE_BYPASS)
		bypass_plan(r, f, p);
	else
		enqueue(&r->queue, number, p->seq);
	return true;
}

static void plan_ahead(struct run *r, mono_t now)
{
	mono_t horizon = now;
	int most = r->plan->flood ? FLOOD_BURST : BURST_MAX;

	if (r->bypass) {
		horizon = mono_add(now, span_ns(AHEAD_NS));
		most = FLOOD_BURST;
	}
	while (r->sending && most-- && !mono_before(horizon, r->due) &&
	       plan_probe(r, now))
		run_schedule(r);
	if (r->bypass)
		bypass_publish(r->bypass);
}

static struct pending *queue_first(const struct run *r, struct flow **f)
{
	const struct queued *q;

	if (r->queue.head == r->queue.tail)
		return NULL;
	q = &r->queue.at[r->queue.head & r->queue.mask];
	*f = &r->flow[q->flow];
	return window_find(&(*f)->window, q->seq);
}

static void send_due(struct run *r, mono_t now)
{
	struct pending *p;
	struct flow *f;

	for (int i = 0; i < BURST_MAX; i++) {
		p = queue_first(r, &f);
		if (!p || mono_before(now, p->due))
			return;
		r->queue.head++;
		p->flags |= PENDING_TRIED;
		socket_send(r, f, p);
		now = mono_now();
	}
}

/* What was due and still waits will not be sent: it waits for nothing. */
static void give_up(struct window *w)
{
	for (uint32_t seq = w->head; seq != w->next; seq++)
		window_find(w, seq)->flags |= PENDING_TRIED;
}

/* The bypass engine has been stopped: what it has not taken and what is not due
 * yet was never asked for. */
static void withdraw(struct run *r, mono_t now)
{
	r->queue.head = r->queue.tail;
	for (unsigned int i = 0; i < r->flows; i++) {
		struct window *w = &r->flow[i].window;

		while (w->next != w->head) {
			struct pending *p = window_find(w, w->next - 1);

			if (p->flags & PENDING_TRIED ||
			    window_slot(w, p)->state != SLOT_FREE ||
			    (p->engine == ENGINE_BYPASS &&
			     bypass_is_taken(r, p)) ||
			    (p->due.ns && !mono_before(now, p->due)))
				break;
			window_withdraw(w, p->seq);
			r->planned--;
		}
		give_up(w);
	}
	/* Nor does it tell of the last one that it took. */
	r->bypass_ended = r->bypass;
}

bool run_is_sending(const struct run *r)
{
	struct flow *f;

	return r->sending || queue_first(r, &f) ||
	       (r->bypass && bypass_waiting(r->bypass));
}

mono_t run_send(struct run *r, mono_t now)
{
	mono_t wake = mono_add(now, span_ns(r->plan->flood ? FLOOD_AGAIN_NS
							   : AHEAD_AGAIN_NS));
	struct pending *p;
	struct flow *f;

	if ((r->interrupted || r->enough) && run_is_sending(r)) {
		if (r->bypass)
			bypass_stop(r->bypass);
		withdraw(r, now);
		r->sending = false;
	}
	plan_ahead(r, now);
	send_due(r, now);
	p = queue_first(r, &f);
	if (p && (!r->bypass || mono_before(p->due, wake)))
		return p->due;
	if (!r->bypass && r->sending)
		return r->due;
	return wake;
}
