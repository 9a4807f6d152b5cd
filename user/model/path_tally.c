// SPDX-License-Identifier: GPL-2.0-only
#include "model/path_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/path_parts.h"

struct path_tally *path_tally_create(unsigned int flows, unsigned int max_hop)
{
	size_t cells = (size_t)flows * (max_hop + 1);
	struct path_tally *t = calloc(1, sizeof(*t) + cells * sizeof(*t->cell));

	if (!t)
		return NULL;
	t->flows = flows;
	t->max_hop = max_hop;
	for (unsigned int f = 0; f < flows; f++) {
		t->last[f] = max_hop;
		t->routers[f] = -1;
	}
	for (size_t i = 0; i < cells; i++)
		t->cell[i].ttl = (struct ttl_range){ -1, -1, -1, -1 };
	return t;
}

void path_tally_destroy(struct path_tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < (size_t)t->flows * (t->max_hop + 1); i++)
		free(t->cell[i].answer);
	free(t->network.ns);
	free(t->remote.ns);
	free(t);
}

/* ---- adding ---------------------------------------------------------------*/

static unsigned int name_of(struct path_cell *c, const struct path_sample *s)
{
	unsigned int i = 0;

	while (i < c->names && strcmp(c->name[i].address, s->address))
		i++;
	if (i == PATH_NAMES)
		i--;
	else if (i == c->names)
		strcpy(c->name[c->names++].address, s->address);
	c->name[i].n++;
	c->name[i].answer = s->answer;
	return i;
}

static int cell_answer(struct path_cell *c, const struct path_sample *s)
{
	if (c->answers == c->room) {
		size_t room = c->room ? 2 * c->room : 16;
		void *more = realloc(c->answer, room * sizeof(*c->answer));

		if (!more)
			return -ENOMEM;
		c->answer = more;
		c->room = room;
	}
	c->answer[c->answers++] =
		(struct path_took){ name_of(c, s), s->rtt_ns };
	path_widen(s->ttl, &c->ttl.min, &c->ttl.max);
	path_widen(s->remote_ttl, &c->ttl.remote_min, &c->ttl.remote_max);
	if (s->has_quote) {
		c->has_quote = true;
		c->quote = s->quote;
		c->rewritten = c->rewritten || s->rewritten;
	}
	return 0;
}

static void count(struct path_cell *c, const struct path_sample *s)
{
	struct probes *p = &c->probes;

	p->planned++;
	if (s->status == PROBE_UNSENT) {
		p->unsent++;
		return;
	}
	p->sent++;
	p->duplicate += s->duplicates;
	p->received += s->status == PROBE_OK;
	p->late += s->status == PROBE_LATE;
	p->unrecorded += s->status == PROBE_UNRECORDED;
	p->lost += s->status == PROBE_LOST;
	c->run = s->status == PROBE_LOST ? c->run + 1 : 0;
	if (c->run > c->longest_run)
		c->longest_run = c->run;
}

/* How many routers there are says where the target will be met. */
static void note_whole_way(struct path_tally *t, const struct path_sample *s)
{
	if (s->remote_ttl < 0)
		return;
	t->routers[s->flow] = 255 - s->remote_ttl;
	if (!t->ended[s->flow])
		t->last[s->flow] = t->routers[s->flow] + 1;
}

/* Where the path goes no further, or does after all. */
static void note_hop(struct path_tally *t, const struct path_sample *s)
{
	unsigned int *ended = &t->ended[s->flow];
	unsigned int *last = &t->last[s->flow];

	if (s->answer == PATH_ROUTER) {
		if (s->hop >= *last)
			*last = s->hop + 1;
		if (*ended && s->hop >= *ended)
			*ended = 0;
	} else if (!*ended || s->hop < *ended) {
		*ended = s->hop;
		*last = s->hop;
	}
}

static void note_end(struct path_tally *t, const struct path_sample *s)
{
	if (s->hop == PATH_FULL)
		note_whole_way(t, s);
	else
		note_hop(t, s);
	if (t->last[s->flow] > t->max_hop)
		t->last[s->flow] = t->max_hop;
}

static int note_whole(struct path_tally *t, const struct path_sample *s)
{
	int err;

	if (s->answer != PATH_TARGET)
		return 0;
	err = path_values_add(&t->network, s->rtt_ns - s->remote_ns);
	if (!err && s->has_remote)
		err = path_values_add(&t->remote, s->remote_ns);
	return err;
}

int path_tally_add(struct path_tally *t, const struct path_sample *s)
{
	struct path_cell *c = path_cell(t, s->flow, s->hop);
	int err = 0;

	if (s->status == PROBE_OK) {
		err = cell_answer(c, s);
		if (!err && s->hop == PATH_FULL)
			err = note_whole(t, s);
		if (!err)
			note_end(t, s);
	}
	if (!err)
		count(c, s);
	return err;
}

unsigned int path_tally_last(const struct path_tally *t, unsigned int flow)
{
	return t->last[flow];
}
