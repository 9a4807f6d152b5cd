/* SPDX-License-Identifier: GPL-2.0-only */
/* In one dimension only neighbours are ever joined. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/classes_parts.h"

/* Groups of neighbours: the first member of each stands for it. */
struct cluster {
	struct classes_group sum;
	size_t previous, next;
	unsigned int joins; /* so far: pairs of before are void */
	bool gone;
};

struct pair {
	double spread;
	size_t left;
	unsigned int joins[2];
};

struct linkage {
	struct cluster *cluster;
	size_t n;
	struct pair *heap; /* the closest pair first */
	size_t pairs;
};

static bool is_before(const struct pair *a, const struct pair *b)
{
	if (a->spread != b->spread)
		return a->spread < b->spread;
	return a->left < b->left;
}

static void heap_push(struct linkage *l, struct pair pair)
{
	size_t i = l->pairs++;

	while (i && is_before(&pair, &l->heap[(i - 1) / 2])) {
		l->heap[i] = l->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	l->heap[i] = pair;
}

static struct pair heap_pop(struct linkage *l)
{
	struct pair first = l->heap[0], last = l->heap[--l->pairs];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < l->pairs) {
		if (child + 1 < l->pairs &&
		    is_before(&l->heap[child + 1], &l->heap[child]))
			child++;
		if (!is_before(&l->heap[child], &last))
			break;
		l->heap[i] = l->heap[child];
		i = child;
	}
	l->heap[i] = last;
	return first;
}

/* The cluster at `left` and the one after it, if they may be one. */
static void offer(struct linkage *l, size_t left, double bar)
{
	const struct cluster *c = &l->cluster[left];
	struct pair pair = { .left = left };

	if (c->next == l->n)
		return;
	pair.spread = classes_spread(&c->sum, &l->cluster[c->next].sum);
	pair.joins[0] = c->joins;
	pair.joins[1] = l->cluster[c->next].joins;
	if (pair.spread <= bar)
		heap_push(l, pair);
}

static void join(struct linkage *l, const struct pair *pair, double bar)
{
	struct cluster *c = &l->cluster[pair->left], *gone;

	if (c->gone || c->next == l->n || c->joins != pair->joins[0] ||
	    l->cluster[c->next].joins != pair->joins[1])
		return;
	gone = &l->cluster[c->next];
	classes_join(&c->sum, &gone->sum);
	gone->gone = true;
	c->joins++;
	c->next = gone->next;
	if (c->next < l->n)
		l->cluster[c->next].previous = pair->left;
	offer(l, pair->left, bar);
	if (c->previous != SIZE_MAX)
		offer(l, c->previous, bar);
}

static void begin(struct linkage *l, const struct classes_work *w, double bar)
{
	for (size_t i = 0; i < l->n; i++)
		l->cluster[i] = (struct cluster){
			.sum = { w->member[i].min, w->member[i].least, 0 },
			.previous = i ? i - 1 : SIZE_MAX,
			.next = i + 1,
		};
	for (size_t i = 0; i < l->n; i++)
		offer(l, i, bar);
}

static void number(const struct linkage *l, struct classes_work *w)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->cluster[i].gone) {
			w->group[w->groups] = l->cluster[i].sum;
			w->group[w->groups].id = w->groups;
			w->groups++;
		}
		w->member[i].group = w->groups - 1;
	}
}

int classes_link(struct classes_work *w, double bar)
{
	struct linkage l = { .n = w->sure };
	struct pair pair;
	int err = -ENOMEM;

	if (!l.n)
		return 0;
	/* Every join offers two more. */
	l.cluster = calloc(l.n, sizeof(*l.cluster));
	l.heap = calloc(3 * l.n, sizeof(*l.heap));
	if (!l.cluster || !l.heap)
		goto out;
	begin(&l, w, bar);
	while (l.pairs) {
		pair = heap_pop(&l);
		join(&l, &pair, bar);
	}
	number(&l, w);
	err = 0;
out:
	free(l.cluster);
	free(l.heap);
	return err;
}
