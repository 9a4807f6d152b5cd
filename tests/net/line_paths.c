// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "line.h"

/* "ab 40000..40003 hold 3ms", "ba 40000 hold 4ms at 2.5s" */
struct path_item {
	uint32_t dir;
	uint32_t first;
	uint32_t last;
	uint64_t hold_ns;
	uint64_t at_ns;
};

static int item_parse(const char *line, struct path_item *item)
{
	char dir[4], ports[32], verb[8], hold[32], at[4] = "", when[32] = "";
	char rest[2] = "";
	int end = 0;

	*item = (struct path_item){ 0 };
	if (sscanf(line, "%3s %31s %7s %31s %3s %31s %1s", dir, ports, verb,
		   hold, at, when, rest) < 4 ||
	    *rest || strcmp(verb, "hold") || (*at && strcmp(at, "at")) ||
	    !*at != !*when)
		return -EINVAL;
	if (strcmp(dir, "ab") && strcmp(dir, "ba"))
		return -EINVAL;
	item->dir = dir[0] == 'b';
	if (sscanf(ports, "%u..%u%n", &item->first, &item->last, &end) != 2) {
		end = 0;
		sscanf(ports, "%u%n", &item->first, &end);
		item->last = item->first;
	}
	if (!end || ports[end] || !item->first || item->first > item->last ||
	    item->last > UINT16_MAX || line_time_parse(hold, &item->hold_ns))
		return -EINVAL;
	return *when ? line_time_parse(when, &item->at_ns) : 0;
}

/* The ports' lane: a new one, or the one that they have, all of it. */
static int lane_find(const struct path_item *item, struct line_paths *p)
{
	uint8_t lane = p->lane_of_port[item->first];
	uint32_t members = 0;

	for (uint32_t port = 0; lane && port <= UINT16_MAX; port++)
		members += p->lane_of_port[port] == lane;
	if (lane && members != item->last - item->first + 1)
		return -EINVAL;
	for (uint32_t port = item->first; port <= item->last; port++)
		if (p->lane_of_port[port] != lane)
			return -EINVAL;
	if (lane)
		return lane;
	if (p->lanes == LINE_LANES)
		return -ENOSPC;
	lane = p->lanes++;
	for (uint32_t port = item->first; port <= item->last; port++)
		p->lane_of_port[port] = lane;
	return lane;
}

static int item_apply(const struct path_item *item, struct line_paths *p)
{
	int lane = lane_find(item, p);
	struct line_step *step;
	uint32_t *steps;

	if (lane < 0)
		return lane;
	steps = &p->steps[item->dir][lane];
	step = p->step[item->dir][lane];
	if (*steps == LINE_STEPS ||
	    (*steps && step[*steps - 1].at_ns >= item->at_ns))
		return -EINVAL;
	step[(*steps)++] = (struct line_step){ item->at_ns, item->hold_ns };
	return 0;
}

int line_paths_load(const char *path, struct line_paths *p)
{
	FILE *file = fopen(path, "r");
	struct path_item item;
	char line[128];
	int number = 0;
	int err = 0;

	if (!file) {
		err = -errno;
		fprintf(stderr, "line: paths %s: %s\n", path, strerror(-err));
		return err;
	}
	p->lanes = 1;
	while (!err && fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "#\n")] = 0;
		if (!line[strspn(line, " \t")])
			continue;
		err = item_parse(line, &item);
		if (!err)
			err = item_apply(&item, p);
		if (err)
			fprintf(stderr,
				"line: paths %s, line %d: '%s' is not "
				"understood (the same ports in every line of a "
				"path, %u paths and %u holds each way at most, "
				"in order of time)\n",
				path, number, line, LINE_LANES - 1, LINE_STEPS);
	}
	fclose(file);
	return err;
}
