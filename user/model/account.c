/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/account.h"

#include <stdlib.h>

#include "model/interval.h"

/* The highest of a sequence, unwrapped; the first number starts it. */
struct highest {
	bool has;
	int64_t value;
};

struct counters {
	bool has;
	uint32_t rx, tx;
};

struct account {
	struct probes probes;
	uint64_t run, longest_run;
	struct highest arrived, arrived_there; /* in order of arrival */
	bool differs; /* a reflector's number was not the sender's */
	/* In sending order, of the answered. */
	bool unnumbered; /* one had no reflector's number */
	struct highest there;
	int64_t lowest_there;
	uint64_t lost_before; /* the first answered */
	uint64_t lost_since;  /* the last answered */
	/* Reflector's numbers of the answered that no later one has overtaken
	 * yet: ascending, a ring whose oldest are dropped. */
	size_t window, first, pendings;
	struct counters start, end;
	int64_t pending[];
};

struct account *account_create_within(size_t window)
{
	struct account *a =
		calloc(1, sizeof(*a) + window * sizeof(*a->pending));

	if (a)
		a->window = window;
	return a;
}

struct account *account_create(void)
{
	return account_create_within(ACCOUNT_WINDOW);
}

void account_destroy(struct account *a)
{
	free(a);
}

/* Unwraps `seq` next to the highest; true if it is below that. */
static bool is_behind(struct highest *highest, uint32_t seq, int64_t *value)
{
	if (!highest->has)
		*highest = (struct highest){ true, seq };
	*value = highest->value + (int32_t)(seq - (uint32_t)highest->value);
	if (*value < highest->value)
		return true;
	highest->value = *value;
	return false;
}

void account_arrival(struct account *a, uint32_t seq, bool has_reflector_seq,
		     uint32_t reflector_seq)
{
	int64_t value;

	if (is_behind(&a->arrived, seq, &value))
		a->probes.reordered++;
	if (!has_reflector_seq)
		return;
	a->differs |= reflector_seq != seq;
	if (is_behind(&a->arrived_there, reflector_seq, &value))
		a->probes.reordered_return++;
}

static void settle_number(struct account *a, const struct sample *s)
{
	int64_t value;
	bool is_first = !a->there.has;

	if (!s->has_reflector_seq) {
		a->unnumbered = true;
		return;
	}
	a->differs |= s->reflector_seq != s->seq;
	is_behind(&a->there, s->reflector_seq, &value);
	if (is_first || value < a->lowest_there)
		a->lowest_there = value;
	while (a->pendings) {
		size_t top = (a->first + a->pendings - 1) % a->window;

		if (a->pending[top] < value)
			break;
		a->pendings--;
		a->probes.reordered_forward++;
	}
	if (a->pendings == a->window) {
		a->first = (a->first + 1) % a->window;
		a->pendings--;
	}
	a->pending[(a->first + a->pendings++) % a->window] = value;
}

static uint64_t answered(const struct probes *p)
{
	return p->received + p->late + p->lost_in_host + p->unrecorded;
}

static void settle_lost(struct account *a)
{
	a->probes.lost++;
	if (++a->run > a->longest_run)
		a->longest_run = a->run;
	if (answered(&a->probes))
		a->lost_since++;
	else
		a->lost_before++;
}

static uint64_t *status_count(struct probes *p, enum probe_status status)
{
	switch (status) {
	case PROBE_OK:
		return &p->received;
	case PROBE_LATE:
		return &p->late;
	case PROBE_LOST_IN_HOST:
		return &p->lost_in_host;
	default:
		return &p->unrecorded;
	}
}

void account_settle(struct account *a, const struct sample *s)
{
	struct probes *p = &a->probes;

	p->planned++;
	if (s->status == PROBE_UNSENT) {
		p->unsent++;
		return;
	}
	p->sent++;
	p->duplicate_forward += s->duplicate_forward;
	p->duplicate_return += s->duplicate_return;
	p->duplicate += (uint64_t)s->duplicate_forward + s->duplicate_return;
	if (s->status == PROBE_LOST) {
		settle_lost(a);
		return;
	}
	++*status_count(p, s->status);
	a->run = 0;
	a->lost_since = 0;
	settle_number(a, s);
}

void account_counters_start(struct account *a, uint32_t rx, uint32_t tx)
{
	a->start = (struct counters){ true, rx, tx };
}

void account_counters_end(struct account *a, uint32_t rx, uint32_t tx)
{
	a->end = (struct counters){ true, rx, tx };
}

static bool has_counters(const struct account *a)
{
	return a->start.has && a->end.has && a->probes.sent <= UINT32_MAX;
}

bool account_is_stateful(const struct account *a)
{
	return a->differs || has_counters(a);
}

static void direct_by_counters(const struct account *a, struct loss *l)
{
	const struct probes *p = &a->probes;
	int64_t reached = (uint32_t)(a->end.rx - a->start.rx);
	int64_t made = (uint32_t)(a->end.tx - a->start.tx);
	int64_t refused = reached - made;
	int64_t back = made - (int64_t)(answered(p) + p->duplicate_forward);
	int64_t forward = (int64_t)p->lost - back - refused;

	/* Fewer than we saw: the far host has begun to count anew. */
	l->has_refused = refused >= 0 && refused <= (int64_t)p->lost &&
			 made >= (int64_t)answered(p);
	if (!l->has_refused)
		return;
	l->refused = refused;
	l->has_direction = back >= 0 && forward >= 0;
	if (!l->has_direction)
		return;
	l->forward = forward;
	l->back = back;
}

static void direct_by_gaps(const struct account *a, struct loss *l)
{
	const struct probes *p = &a->probes;
	int64_t made, back;

	if (!a->differs || a->unnumbered || p->duplicate_forward ||
	    a->lost_before || a->lost_since)
		return;
	made = a->there.value - a->lowest_there + 1;
	back = made - (int64_t)answered(p);
	if (back < 0 || back > (int64_t)p->lost)
		return;
	l->has_direction = true;
	l->back = back;
	l->forward = p->lost - back;
}

void account_report(const struct account *a, struct probes *probes,
		    struct loss *loss)
{
	struct probes *p = probes;

	*p = a->probes;
	p->has_duplicate_direction = !p->duplicate || account_is_stateful(a);
	p->has_direction = !p->reordered || account_is_stateful(a);
	if (!account_is_stateful(a))
		p->reordered_forward = p->reordered_return =
			p->duplicate_forward = p->duplicate_return = 0;
	*loss = (struct loss){ .longest_run = a->longest_run };
	if (has_counters(a))
		direct_by_counters(a, loss);
	else
		direct_by_gaps(a, loss);
	if (!p->lost)
		loss->has_direction = true;
	if (p->sent)
		loss->ratio = (double)(p->lost - loss->refused) / p->sent;
	loss->ci95 = interval_ratio(p->lost - loss->refused, p->sent);
}
