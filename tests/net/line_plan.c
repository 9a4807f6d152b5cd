// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "line.h"

/* Cells a memory time is cut into: jitter moves in steps, these are small. */
#define AR_STEPS 256

struct plan_item {
	uint32_t dir;
	uint32_t first;
	uint32_t last;
	uint32_t hold_ns;
	enum line_action action; /* LINE_PASS: only held longer */
};

static int item_parse_verb(const char *verb, const char *time,
			   struct plan_item *item)
{
	static const struct {
		const char *name;
		enum line_action action;
	} verbs[] = {
		{ "drop", LINE_DROP },
		{ "dup", LINE_DUP },
		{ "swap", LINE_SWAP },
	};
	uint64_t ns;

	if (!strcmp(verb, "hold")) {
		if (line_time_parse(time, &ns) || ns > UINT32_MAX)
			return -EINVAL;
		item->hold_ns = ns;
		return 0;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verb, verbs[i].name) || *time)
			continue;
		item->action = verbs[i].action;
		return 0;
	}
	return -EINVAL;
}

static int item_parse(const char *line, struct plan_item *item)
{
	char dir[4], numbers[32], verb[8], time[32] = "", rest[2] = "";
	int end = 0;

	*item = (struct plan_item){ .action = LINE_PASS };
	if (sscanf(line, "%3s %31s %7s %31s %1s", dir, numbers, verb, time,
		   rest) < 3 ||
	    *rest)
		return -EINVAL;
	if (strcmp(dir, "ab") && strcmp(dir, "ba"))
		return -EINVAL;
	item->dir = dir[0] == 'b';
	if (sscanf(numbers, "%u..%u%n", &item->first, &item->last, &end) != 2) {
		end = 0;
		sscanf(numbers, "%u%n", &item->first, &end);
		item->last = item->first;
	}
	if (!end || numbers[end] || item->first > item->last ||
	    item->last >= LINE_CELLS)
		return -EINVAL;
	return item_parse_verb(verb, time, item);
}

static int item_apply(const struct plan_item *item, struct line_cell *cells)
{
	for (uint32_t n = item->first; n <= item->last; n++) {
		struct line_cell *cell = &cells[item->dir * LINE_CELLS + n];

		if (item->action != LINE_PASS && cell->action != LINE_PASS)
			return -EEXIST;
		if (item->action != LINE_PASS)
			cell->action = item->action;
		if (item->hold_ns)
			cell->hold_ns = item->hold_ns;
	}
	return 0;
}

static int plan_check(const struct line_cell *cells)
{
	for (uint32_t i = 1; i < 2 * LINE_CELLS; i++) {
		if (i % LINE_CELLS && cells[i].action == LINE_SWAP &&
		    cells[i - 1].action == LINE_SWAP) {
			fprintf(stderr,
				"line: the plan swaps %s %u and the one before"
				": leave out one\n",
				i < LINE_CELLS ? "ab" : "ba", i % LINE_CELLS);
			return -EINVAL;
		}
	}
	return 0;
}

int line_plan_load(const char *path, struct line_cell *cells)
{
	FILE *file = fopen(path, "r");
	struct plan_item item;
	char line[128];
	int number = 0;
	int err = 0;

	if (!file) {
		err = -errno;
		fprintf(stderr, "line: plan %s: %s\n", path, strerror(-err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "#\n")] = 0;
		if (!line[strspn(line, " \t")])
			continue;
		err = item_parse(line, &item);
		if (!err)
			err = item_apply(&item, cells);
		if (err)
			fprintf(stderr,
				"line: plan %s, line %d: '%s' %s (numbers are "
				"below %u)\n",
				path, number, line,
				err == -EEXIST ? "plans a frame twice"
					       : "is not understood",
				LINE_CELLS);
	}
	fclose(file);
	return err ? err : plan_check(cells);
}

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* In (0, 1]. */
static double random_unit(uint64_t *state)
{
	return ((random_next(state) >> 11) + 1) * 0x1p-53;
}

static void random_normals(uint64_t *state, double pair[2])
{
	double radius = sqrt(-2 * log(random_unit(state)));
	double angle = 2 * M_PI * random_unit(state);

	pair[0] = radius * cos(angle);
	pair[1] = radius * sin(angle);
}

/* Half the squares' sum of two normals is exponential of mean 1; its
 * correlation is theirs squared, hence the 2. */
static double ar_next(uint64_t *state, double now[2], bool is_first)
{
	double keep = is_first ? 0 : exp(-1.0 / (2 * AR_STEPS));
	double fresh[2];

	random_normals(state, fresh);
	for (int i = 0; i < 2; i++)
		now[i] = keep * now[i] + sqrt(1 - keep * keep) * fresh[i];
	return (now[0] * now[0] + now[1] * now[1]) / 2;
}

int line_jitter_fill(const struct line_options *o, struct line_cell *cells,
		     uint64_t *step_ns)
{
	double now[2] = { 0 };

	*step_ns = 0;
	if (o->jitter == LINE_JITTER_NONE)
		return 0;
	if (o->jitter_ns > 100000000) {
		fprintf(stderr, "line: jitter: 100ms is the most\n");
		return -EINVAL;
	}
	if (o->jitter == LINE_JITTER_AR)
		*step_ns = o->memory_ns / AR_STEPS + 1;
	for (uint32_t dir = 0; dir < 2; dir++) {
		uint64_t state = o->seed * 2 + dir;

		for (uint32_t i = 0; i < LINE_CELLS; i++) {
			double unit;

			if (o->jitter == LINE_JITTER_UNIFORM)
				unit = random_unit(&state);
			else if (o->jitter == LINE_JITTER_EXP)
				unit = -log(random_unit(&state));
			else
				unit = ar_next(&state, now, !i);
			cells[dir * LINE_CELLS + i].jitter_ns =
				unit * o->jitter_ns;
		}
	}
	return 0;
}
