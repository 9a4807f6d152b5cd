/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path and the reflector of account_test.c, packet by packet, sharing
 * nothing with what is tested.
 */
#ifndef XRTT_ACCOUNT_WORLD_H
#define XRTT_ACCOUNT_WORLD_H

#include <string.h>

#include "model/account.h"

#define MAX_PROBES 300000

enum fate {
	ARRIVES,
	LOST_THERE,
	LOST_BACK,
	REFUSED,
	UNSENT,
	LATE,
	LOST_HERE,
	UNRECORDED,
};

/* A path and a reflector, simulated packet by packet. */
struct world {
	size_t n;
	uint32_t seq0, there0; /* first numbers of sender and reflector */
	bool stateless, counts, unnumbered;
	enum fate fate[MAX_PROBES];
	/* When each packet gets there and back, in units of sending. */
	int delay_there[MAX_PROBES], delay_back[MAX_PROBES];
	bool twice_there[MAX_PROBES]; /* right behind itself */
	struct probes probes;
	struct loss loss;
	bool stateful;
};

struct event {
	int64_t when;
	size_t probe;
	uint32_t number;
	bool is_first;
};

static struct world w;
static struct event event[2 * MAX_PROBES];
static uint32_t number[MAX_PROBES];

static void world_new(size_t n)
{
	memset(&w, 0, sizeof(w));
	w.n = n;
	w.there0 = 1000;
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	if (x->number != y->number)
		return (int32_t)(x->number - y->number);
	return (int)x->probe - (int)y->probe;
}

/* What the reflector does; returns its answers in `event`. */
static size_t reflect(uint32_t *rx, uint32_t *tx)
{
	uint32_t next = w.there0;
	size_t n = 0, answers = 0;

	for (size_t i = 0; i < w.n; i++) {
		if (w.fate[i] == UNSENT || w.fate[i] == LOST_THERE)
			continue;
		event[n++] =
			(struct event){ 10 * (int64_t)i + 10 * w.delay_there[i],
					i, 0, true };
		if (w.twice_there[i]) {
			event[n] = event[n - 1];
			event[n].when++;
			event[n++].is_first = false;
		}
	}
	qsort(event, n, sizeof(*event), by_time);
	*rx += n;
	for (size_t i = 0; i < n; i++) {
		struct event e = event[i];

		if (w.fate[e.probe] == REFUSED)
			continue;
		++*tx;
		e.number = w.stateless ? w.seq0 + (uint32_t)e.probe : next++;
		if (e.is_first)
			number[e.probe] = e.number;
		e.when += 10 * w.delay_back[e.probe];
		if (w.fate[e.probe] != LOST_BACK)
			event[answers++] = e;
	}
	return answers;
}

#endif
