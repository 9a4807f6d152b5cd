// SPDX-License-Identifier: GPL-2.0-only
#include "model/joint.h"

#include <errno.h>
#include <stdlib.h>

#include "model/select.h"

#define ROOM_MIN 64

struct probe {
	int64_t stage[STAGES];
};

struct joint {
	size_t bound;
	size_t n, room;
	uint64_t seen;
	uint64_t stride; /* a power of 2 */
	struct probe *probe;
};

struct joint *joint_create(size_t bound)
{
	struct joint *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->bound = bound;
	j->stride = 1;
	j->probe = malloc(ROOM_MIN * sizeof(*j->probe));
	j->room = ROOM_MIN;
	if (j->probe)
		return j;
	free(j);
	return NULL;
}

void joint_destroy(struct joint *j)
{
	if (!j)
		return;
	free(j->probe);
	free(j);
}

static void grow(struct joint *j)
{
	size_t room = 2 * j->room < j->bound ? 2 * j->room : j->bound;
	struct probe *probe = realloc(j->probe, room * sizeof(*probe));

	if (!probe) {
		j->bound = j->room;
		return;
	}
	j->probe = probe;
	j->room = room;
}

static void thin(struct joint *j)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n; i += 2)
		j->probe[kept++] = j->probe[i];
	j->n = kept;
	j->stride *= 2;
}

void joint_add(struct joint *j, const span_t stage[STAGES], unsigned int have)
{
	uint64_t at = j->seen++;
	struct probe *p;

	if (at & (j->stride - 1))
		return;
	if (j->n == j->room && j->room < j->bound)
		grow(j);
	if (j->n >= j->bound)
		thin(j);
	if (at & (j->stride - 1))
		return;
	p = &j->probe[j->n++];
	for (int i = 0; i < STAGES; i++)
		p->stage[i] = have & 1u << i ? stage[i].ns : 0;
}

/* ---- reports ------------------------------------------------------------- */

struct ranked {
	int64_t total;
	const struct probe *probe;
};

static int slower(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->total > y->total) - (x->total < y->total);
}

static struct ranked *rank(const struct joint *j)
{
	struct ranked *all = malloc((j->n + 1) * sizeof(*all));

	for (size_t i = 0; all && i < j->n; i++) {
		all[i] = (struct ranked){ .probe = &j->probe[i] };
		for (int k = 0; k < STAGES; k++)
			all[i].total += j->probe[i].stage[k];
	}
	if (all)
		qsort(all, j->n, sizeof(*all), slower);
	return all;
}

/* Of those from the one rank to before the other, less `zero`. */
static void fill_means(const struct ranked *from, const struct ranked *to,
		       const int64_t zero[STAGES], struct joint_means *out)
{
	*out = (struct joint_means){ .n = to - from };
	for (; from < to; from++)
		for (int k = 0; k < STAGES; k++)
			out->stage[k] += from->probe->stage[k] - zero[k];
	for (int k = 0; out->n && k < STAGES; k++) {
		out->stage[k] /= (double)out->n;
		out->total += out->stage[k];
	}
}

int joint_middle(const struct joint *j, struct joint_means *out)
{
	static const int64_t zero[STAGES];
	struct ranked *all = rank(j);

	*out = (struct joint_means){ 0 };
	if (!all)
		return -ENOMEM;
	fill_means(all + 2 * j->n / 5, all + 3 * j->n / 5, zero, out);
	free(all);
	return 0;
}

static void find_medians(const struct joint *j, int64_t *scratch,
			 int64_t median[STAGES])
{
	const uint64_t middle = (j->n + 1) / 2;

	for (int k = 0; middle && k < STAGES; k++) {
		for (size_t i = 0; i < j->n; i++)
			scratch[i] = j->probe[i].stage[k];
		select_ranks(scratch, j->n, &middle, 1);
		median[k] = scratch[middle - 1];
	}
}

int joint_tail(const struct joint *j, struct joint_means *out)
{
	struct ranked *all = rank(j);
	int64_t *scratch = malloc((j->n + 1) * sizeof(*scratch));
	int64_t median[STAGES] = { 0 };
	int err = all && scratch ? 0 : -ENOMEM;

	*out = (struct joint_means){ 0 };
	if (!err) {
		find_medians(j, scratch, median);
		fill_means(all + j->n - j->n / 100, all + j->n, median, out);
	}
	free(scratch);
	free(all);
	return err;
}
