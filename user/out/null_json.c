// SPDX-License-Identifier: GPL-2.0-only
#include "out/null_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "out/json_value.h"

#define SCHEMA "xrtt-null/1"

static json_t *figure_value(const struct null_figure *f)
{
	const struct json_pair pair[] = {
		{ "n", json_value_unsigned(f->n) },
		{ "min", json_value_signed(f->min) },
		{ "p1", json_value_signed(f->p1) },
		{ "p50", json_value_signed(f->p50) },
		{ "p99", json_value_signed(f->p99) },
		{ "max", json_value_signed(f->max) },
		{ NULL, NULL },
	};
	json_t *object = json_value_object(pair);

	if (f->n)
		return object;
	json_decref(object);
	return json_null();
}

static json_t *stages_value(const struct null_cell *c)
{
	struct json_pair pair[STAGES + 1] = { 0 };

	for (int i = 0; i < STAGES; i++)
		pair[i] = (struct json_pair){ stage_name(i),
					      figure_value(&c->stage[i]) };
	return json_value_object(pair);
}

static json_t *delivered_value(const struct null_cell *c)
{
	struct json_pair pair[STAMPS + 1] = { 0 };

	for (int i = 0; i < STAMPS; i++)
		pair[i] = (struct json_pair){
			stamp_name(i), json_value_unsigned(c->delivered[i])
		};
	return json_value_object(pair);
}

static json_t *hooks_value(const struct null_cell *c)
{
	const struct json_pair pair[] = {
		{ "tx", json_value_text(stamp_name(c->tx)) },
		{ "rx", json_value_text(stamp_name(c->rx)) },
		{ "tx_how", json_value_known_text(c->tx_how) },
		{ "rx_how", json_value_known_text(c->rx_how) },
		{ "tx_why", json_value_known_text(c->tx_why) },
		{ "rx_why", json_value_known_text(c->rx_why) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *cell_value(const struct null_cell *c)
{
	const struct json_pair pair[] = {
		{ "engine", json_string(engine_name(c->engine)) },
		{ "interval_ns", json_value_signed(c->interval_ns) },
		{ "why", json_value_known_text(c->why) },
		{ "probes", json_value_probes(&c->probes) },
		{ "achieved_pps", json_value_number(c->achieved_pps) },
		{ "hooks", hooks_value(c) },
		{ "network_ns", figure_value(&c->stage[STAGE_NETWORK]) },
		{ "remote_ns", figure_value(&c->stage[STAGE_REMOTE]) },
		{ "lateness_ns", figure_value(&c->lateness) },
		{ "stages_ns", stages_value(c) },
		{ "delivered", delivered_value(c) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *cells_value(const struct null_floor *floor)
{
	json_t *all = json_array();

	for (size_t i = 0; i < floor->cells; i++)
		all = json_value_append(all, cell_value(&floor->cell[i]));
	return all;
}

static json_t *machine_value(const struct machine *m)
{
	const struct json_pair pair[] = {
		{ "kernel", json_value_text(m->kernel) },
		{ "boot_id", json_value_text(m->boot_id) },
		{ "cpu", json_value_text(m->cpu) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *floor_value(const struct null_floor *floor)
{
	const struct json_pair pair[] = {
		{ "schema", json_string(SCHEMA) },
		{ "date", json_value_text(floor->date) },
		{ "version", json_value_text(floor->version) },
		{ "machine", machine_value(&floor->machine) },
		{ "duration_ns", json_value_signed(floor->duration_ns) },
		{ "interrupted", json_boolean(floor->interrupted) },
		{ "valid", json_boolean(!*floor->stale) },
		{ "stale", json_value_known_text(floor->stale) },
		{ "cells", cells_value(floor) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *null_json_value(const struct null_floor *floor)
{
	return floor ? floor_value(floor) : json_null();
}

char *null_json_text(const struct null_floor *floor)
{
	char *text = json_value_dump(null_json_value(floor));
	char *line = NULL;

	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}
