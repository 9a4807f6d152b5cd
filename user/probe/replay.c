// SPDX-License-Identifier: GPL-2.0-only
#include "probe/replay.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/account.h"
#include "model/flows.h"
#include "model/verdict.h"
#include "probe/collect.h"
#include "probe/tracks.h"

struct arrival {
	mono_t at;
	enum engine engine;
	unsigned int flow;
	uint32_t seq;
	bool is_numbered;
	uint32_t number; /* the reflector's */
};

struct replay {
	struct replay_setup setup;
	struct collector *collector[ENGINES];
	struct account *total; /* both engines' */
	struct tracks *tracks;
	size_t arrivals, room;
	struct arrival *arrival;
	mono_t last; /* stamp of all */
	/* What results have of it. */
	struct flows *flows;
	struct segment *segment[ENGINES + 1];
	struct result *judged[ENGINES + 1];
};

static bool is_both(const struct replay *r)
{
	return r->setup.uses[ENGINE_SOCKET] && r->setup.uses[ENGINE_BYPASS];
}

/* ---- made and unmade ----------------------------------------------------- */

static int open_engine(struct replay *r, enum engine engine)
{
	struct collector *c = collector_create(r->collector[ENGINE_SOCKET]);

	if (!c)
		return -ENOMEM;
	r->collector[engine] = c;
	collector_set_ends(c, &r->setup.ends[engine]);
	collector_set_origin(c, r->setup.origin);
	if (!r->setup.flows)
		return 0;
	collector_forgo_segments(c);
	r->tracks = tracks_create(r->setup.flows, collector_pool(c));
	if (!r->tracks || tracks_watch(r->tracks, r->setup.bar_ns))
		return -ENOMEM;
	tracks_set_origin(r->tracks, r->setup.origin);
	return 0;
}

struct replay *replay_create(const struct replay_setup *setup)
{
	struct replay *r = calloc(1, sizeof(*r));
	int err = r ? 0 : -ENOMEM;

	if (r)
		r->setup = *setup;
	for (int i = 0; !err && i < ENGINES; i++) {
		if (setup->uses[i])
			err = open_engine(r, i);
	}
	if (!err && is_both(r)) {
		r->total = account_create();
		err = r->total ? 0 : -ENOMEM;
	}
	if (!err)
		return r;
	replay_destroy(r);
	return NULL;
}

void replay_destroy(struct replay *r)
{
	if (!r)
		return;
	for (int i = 0; i <= ENGINES; i++) {
		if (r->judged[i])
			verdict_release(r->judged[i]);
		free(r->segment[i]);
	}
	tracks_release(r->flows);
	tracks_destroy(r->tracks);
	account_destroy(r->total);
	for (int i = 0; i < ENGINES; i++)
		collector_destroy(r->collector[i]);
	free(r->arrival);
	free(r);
}

/* ---- samples ------------------------------------------------------------- */

static bool arrived_at(const struct sample *s, mono_t *at)
{
	for (enum stamp i = STAMP_HW_RX; i < STAMPS; i++) {
		if (sample_has(s, i)) {
			*at = s->at[i];
			return true;
		}
	}
	return false;
}

static int note_arrival(struct replay *r, const struct sample *s)
{
	struct arrival *more = r->arrival;
	mono_t at;

	if (!arrived_at(s, &at))
		return 0;
	if (r->arrivals == r->room) {
		r->room = r->room ? 2 * r->room : 4096;
		more = realloc(r->arrival, r->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->arrival = more;
	}
	r->arrival[r->arrivals++] = (struct arrival){
		.at = at,
		.engine = s->engine,
		.flow = s->flow,
		.seq = s->seq,
		.is_numbered = s->has_reflector_seq,
		.number = s->reflector_seq,
	};
	return 0;
}

static void note_last(struct replay *r, const struct sample *s)
{
	for (int i = 0; i < STAMPS; i++) {
		if (i != STAMP_REMOTE_RX && i != STAMP_REMOTE_TX &&
		    sample_has(s, i) && mono_before(r->last, s->at[i]))
			r->last = s->at[i];
	}
}

int replay_add(struct replay *r, const struct sample *s)
{
	if (s->engine >= ENGINES || !r->collector[s->engine] ||
	    (r->tracks && s->flow >= r->setup.flows))
		return -EINVAL;
	collector_settled(r->collector[s->engine], s);
	if (r->total)
		account_settle(r->total, s);
	if (r->tracks)
		tracks_settled(r->tracks, s, &r->setup.ends[s->engine]);
	note_last(r, s);
	return note_arrival(r, s);
}

/* ---- results ------------------------------------------------------------- */

static int by_arrival(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return (x->at.ns > y->at.ns) - (x->at.ns < y->at.ns);
}

/* As settle.c's note_arrival(). */
static void tell_arrivals(struct replay *r)
{
	if (r->arrivals)
		qsort(r->arrival, r->arrivals, sizeof(*r->arrival), by_arrival);
	for (size_t i = 0; i < r->arrivals; i++) {
		const struct arrival *a = &r->arrival[i];
		const uint32_t *number = a->is_numbered ? &a->number : NULL;

		if (r->tracks) {
			tracks_arrived(r->tracks, a->flow, a->seq, number);
			continue;
		}
		collector_arrived(r->collector[a->engine], a->seq,
				  r->total ? NULL : number);
		if (r->total)
			account_arrival(r->total, a->seq, a->is_numbered,
					a->number);
	}
	r->arrivals = 0;
}

static int fill_flows(struct replay *r, struct result *out)
{
	const struct flows *old = out->flows;
	int err;

	tracks_total(r->tracks, out);
	r->flows = calloc(1, sizeof(*r->flows));
	if (!r->flows)
		return -ENOMEM;
	err = tracks_report(r->tracks, r->flows);
	for (unsigned int i = 0; !err && old && i < r->flows->flows; i++)
		r->flows->flow[i].source_port = old->flow[i].source_port;
	if (!err)
		err = tracks_classify(r->flows, r->setup.bar_ns);
	out->flows = r->flows;
	return err;
}

/* The place of a result among those that a replay has something of. */
static int place(const struct result *whole, const struct result *one)
{
	return one == whole ? ENGINES : (int)(one - whole->engines);
}

static int fill_one(struct replay *r, struct result *whole, struct result *one)
{
	enum engine engine = one->engine;
	int err = 0;

	if (!r->collector[engine])
		return -EINVAL;
	collector_report(r->collector[engine], one);
	r->segment[place(whole, one)] = one->segment;
	one->run.duration_ns = mono_sub(r->last, r->setup.origin).ns;
	if (!r->last.ns)
		one->run.duration_ns = 0;
	if (r->tracks)
		err = fill_flows(r, one);
	return err;
}

int replay_fill(struct replay *r, struct result *result)
{
	int err;

	tell_arrivals(r);
	err = fill_one(r, result, result);
	for (int i = 0; !err && result->engines && i < ENGINES; i++)
		err = fill_one(r, result, &result->engines[i]);
	if (!err && result->engines && r->total)
		account_report(r->total, &result->probes, &result->loss);
	if (!err)
		replay_judge(r, result);
	return err;
}

static void judge_one(struct replay *r, struct result *whole,
		      struct result *one)
{
	one->has_distance = whole->has_distance;
	one->distance = whole->distance;
	distance_judge(one);
	application_judge(one);
	if (!r->collector[one->engine])
		return;
	if (r->judged[place(whole, one)])
		verdict_release(one);
	collector_judge(r->collector[one->engine], one);
	r->judged[place(whole, one)] = one;
}

void replay_judge(struct replay *r, struct result *result)
{
	judge_one(r, result, result);
	for (int i = 0; result->engines && i < ENGINES; i++)
		judge_one(r, result, &result->engines[i]);
}
