// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracks_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "model/account.h"
#include "model/distribution.h"

static size_t samples_each(unsigned int flows)
{
	size_t each = TRACKS_SAMPLES / flows;

	return each < DISTRIBUTION_BOUND ? each : DISTRIBUTION_BOUND;
}

struct tracks *tracks_create(unsigned int flows, struct page_pool *pool)
{
	struct tracks *t = calloc(1, sizeof(*t));
	bool complete;

	if (!t)
		return NULL;
	t->flows = flows;
	t->track = calloc(flows, sizeof(*t->track));
	complete = t->track;
	for (unsigned int i = 0; complete && i < flows; i++) {
		struct track *own = &t->track[i];

		own->account = account_create_within(ACCOUNT_WINDOW / flows);
		own->network = distribution_create(pool, samples_each(flows));
		complete = own->account && own->network;
	}
	if (complete)
		return t;
	tracks_destroy(t);
	return NULL;
}

void tracks_destroy(struct tracks *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; t->track && i < t->flows; i++) {
		account_destroy(t->track[i].account);
		distribution_destroy(t->track[i].network);
		watch_destroy(t->track[i].watch);
	}
	free(t->track);
	free(t->event);
	free(t);
}

void tracks_set_origin(struct tracks *t, mono_t origin)
{
	t->origin = origin;
}

int tracks_watch(struct tracks *t, double bar_ns)
{
	t->bar_ns = bar_ns;
	for (unsigned int i = 0; i < t->flows; i++) {
		t->track[i].watch = watch_create((int64_t)bar_ns);
		if (!t->track[i].watch)
			return -ENOMEM;
	}
	return 0;
}

double tracks_bar(const struct tracks *t)
{
	return t->bar_ns;
}

void tracks_arrived(struct tracks *t, unsigned int flow, uint32_t seq,
		    const uint32_t *reflector_seq)
{
	account_arrival(t->track[flow].account, seq, reflector_seq,
			reflector_seq ? *reflector_seq : 0);
}

void tracks_refused(struct tracks *t, unsigned int flow)
{
	t->track[flow].refused++;
}

void tracks_counters_start(struct tracks *t, unsigned int flow, uint32_t rx,
			   uint32_t tx)
{
	account_counters_start(t->track[flow].account, rx, tx);
}

void tracks_counters_end(struct tracks *t, unsigned int flow, uint32_t rx,
			 uint32_t tx)
{
	account_counters_end(t->track[flow].account, rx, tx);
}

bool tracks_are_stateful(const struct tracks *t)
{
	for (unsigned int i = 0; i < t->flows; i++) {
		if (account_is_stateful(t->track[i].account))
			return true;
	}
	return false;
}

/* ---- a path's changes ---------------------------------------------------- */

/* Both ways, each less what the two clocks were apart at first. */
static void fill_ways(struct tracks *t, const struct sample *s,
		      const struct wire_ends *ends, struct watch_sample *out)
{
	int64_t there, back;

	if (!sample_has(s, STAMP_REMOTE_RX) || !sample_has(s, STAMP_REMOTE_TX))
		return;
	there = s->remote_rx.ns - s->at[ends->tx].ns;
	back = s->at[ends->rx].ns - s->remote_tx.ns;
	if (!t->has_zero)
		t->zero_ns = there;
	t->has_zero = true;
	out->has_ways = true;
	out->forward_ns = there - t->zero_ns;
	out->return_ns = back + t->zero_ns;
}

/* The watch knows when probes were sent: what changed they met on their way. */
static void place_event(struct watch_event *e, int64_t answered_ns)
{
	int64_t shorter = e->from_ns < e->to_ns ? e->from_ns : e->to_ns;
	int64_t longer = e->from_ns < e->to_ns ? e->to_ns : e->from_ns;
	int64_t met = shorter / 2;

	if (e->way == WATCH_WAY_FORWARD)
		met = shorter / 4;
	if (e->way == WATCH_WAY_RETURN)
		met = shorter - shorter / 4;
	e->time_ns += met;
	e->time_hi_ns += longer;
	if (e->time_hi_ns > answered_ns)
		e->time_hi_ns = answered_ns;
	if (e->time_ns > e->time_hi_ns)
		e->time_ns = e->time_hi_ns;
}

/* Without memory an event is not kept; its segments are. */
static void keep_event(struct tracks *t, unsigned int flow,
		       const struct watch_event *event)
{
	const struct watch_segment *own;
	size_t segments = watch_segments(t->track[flow].watch, &own);

	if (t->events == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct flow_event *more =
			realloc(t->event, room * sizeof(*more));

		if (!more)
			return;
		t->event = more;
		t->room = room;
	}
	t->event[t->events++] = (struct flow_event){
		.flow = flow,
		.segment = segments - 1,
		.event = *event,
	};
}

static void watch_flow(struct tracks *t, const struct sample *s,
		       const struct wire_ends *ends, span_t network)
{
	struct watch_sample sample = {
		.at_ns = mono_sub(s->at[ends->tx], t->origin).ns,
		.network_ns = network.ns,
	};
	struct watch_event event;

	fill_ways(t, s, ends, &sample);
	if (!watch_add(t->track[s->flow].watch, &sample, &event))
		return;
	place_event(&event, mono_sub(s->at[ends->rx], t->origin).ns);
	keep_event(t, s->flow, &event);
}

void tracks_settled(struct tracks *t, const struct sample *s,
		    const struct wire_ends *ends)
{
	struct track *own = &t->track[s->flow];
	span_t network;

	account_settle(own->account, s);
	if (s->status != PROBE_OK || !sample_network(s, ends, &network))
		return;
	distribution_add(own->network, network);
	watch_flow(t, s, ends, network);
}
