// SPDX-License-Identifier: GPL-2.0-only
#include "probe/null_store.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/machine.h"
#include "host/state.h"

#define SCHEMA "xrtt-null/1"
#define FILE_MAX (256 * 1024)

/* No duration here, nor what makes one up, is longer than a day; no count of a
 * run's is larger than 2^40. */
#define DURATION_MAX (86400 * NSEC_PER_SEC)
#define COUNT_MAX (INT64_C(1) << 40)
#define PPS_MAX 1e9

/* Everything below returns whether it was as it must be. */

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return false;
		/* C1 controls, in UTF-8: a terminal may obey them too. */
		if (*text == '\xc2' && (unsigned char)text[1] < 0xa0)
			return false;
	}
	return true;
}

/* null is "" where it may be. */
static bool take_text(const json_t *object, const char *key, char *out,
		      size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strlen(text) >= size || !is_printable(text))
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool take_text_or_null(const json_t *object, const char *key, char *out)
{
	*out = '\0';
	return json_is_null(json_object_get(object, key)) ||
	       take_text(object, key, out, NULL_TEXT);
}

static bool take_integer(const json_t *object, const char *key, int64_t min,
			 int64_t max, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return false;
	*out = json_integer_value(value);
	return *out >= min && *out <= max;
}

static bool take_count(const json_t *object, const char *key, uint64_t *out)
{
	int64_t value;

	if (!take_integer(object, key, 0, COUNT_MAX, &value))
		return false;
	*out = value;
	return true;
}

static bool take_figure(const json_t *object, const char *key, int64_t min,
			struct null_figure *out)
{
	const json_t *value = json_object_get(object, key);
	const struct {
		const char *key;
		int64_t *to;
	} part[] = {
		{ "min", &out->min }, { "p1", &out->p1 },
		{ "p50", &out->p50 }, { "p99", &out->p99 },
		{ "max", &out->max },
	};

	memset(out, 0, sizeof(*out));
	if (json_is_null(value))
		return true;
	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		if (!take_integer(value, part[i].key, min, DURATION_MAX,
				  part[i].to))
			return false;
	}
	return take_count(value, "n", &out->n) && out->n &&
	       null_figure_is_ordered(out);
}

static bool take_probes(const json_t *object, struct probes *out)
{
	const json_t *value = json_object_get(object, "probes");
	const struct {
		const char *key;
		uint64_t *to;
	} part[] = {
		{ "planned", &out->planned },
		{ "sent", &out->sent },
		{ "unsent", &out->unsent },
		{ "received", &out->received },
		{ "late", &out->late },
		{ "lost", &out->lost },
		{ "lost_in_host", &out->lost_in_host },
		{ "unrecorded", &out->unrecorded },
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		if (!take_count(value, part[i].key, part[i].to))
			return false;
	}
	return out->planned == out->sent + out->unsent &&
	       out->sent == out->received + out->late + out->lost +
				    out->lost_in_host + out->unrecorded;
}

static bool take_engine(const json_t *object, enum engine *out)
{
	const char *text = json_string_value(json_object_get(object, "engine"));

	for (int i = ENGINE_SOCKET; text && i <= ENGINE_BYPASS; i++) {
		if (strcmp(text, engine_name(i)))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static bool take_stamp(const json_t *object, const char *key, enum stamp *out)
{
	const char *text = json_string_value(json_object_get(object, key));

	for (int i = 0; text && i < STAMPS; i++) {
		if (strcmp(text, stamp_name(i)))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static bool take_hooks(const json_t *object, struct null_cell *out)
{
	const json_t *value = json_object_get(object, "hooks");

	return take_stamp(value, "tx", &out->tx) &&
	       take_stamp(value, "rx", &out->rx) &&
	       take_text_or_null(value, "tx_how", out->tx_how) &&
	       take_text_or_null(value, "rx_how", out->rx_how) &&
	       take_text_or_null(value, "tx_why", out->tx_why) &&
	       take_text_or_null(value, "rx_why", out->rx_why);
}

static bool take_pace(const json_t *object, double *out)
{
	const json_t *value = json_object_get(object, "achieved_pps");

	*out = NAN;
	if (json_is_null(value))
		return true;
	*out = json_number_value(value);
	return json_is_number(value) && *out >= 0 && *out <= PPS_MAX;
}

/* Stages lie between stamps that are in order, so none is negative; a probe can
 * be early. */
static bool take_figures(const json_t *object, struct null_cell *out)
{
	const json_t *stages = json_object_get(object, "stages_ns");
	const json_t *delivered = json_object_get(object, "delivered");

	if (!take_figure(object, "lateness_ns", -DURATION_MAX,
			 &out->lateness) ||
	    out->lateness.n > out->probes.received)
		return false;
	for (int i = 0; i < STAGES; i++) {
		if (!take_figure(stages, stage_name(i), 0, &out->stage[i]) ||
		    out->stage[i].n > out->probes.received)
			return false;
	}
	for (int i = 0; i < STAMPS; i++) {
		if (!take_count(delivered, stamp_name(i), &out->delivered[i]) ||
		    out->delivered[i] > out->probes.received)
			return false;
	}
	return true;
}

static bool take_cell(const json_t *object, struct null_cell *out)
{
	return take_engine(object, &out->engine) &&
	       take_integer(object, "interval_ns", 1, DURATION_MAX,
			    &out->interval_ns) &&
	       take_text_or_null(object, "why", out->why) &&
	       take_probes(object, &out->probes) && take_hooks(object, out) &&
	       take_pace(object, &out->achieved_pps) &&
	       take_figures(object, out);
}

/* One cell for an engine and a rate. */
static bool is_new(const struct null_floor *floor, const struct null_cell *cell)
{
	for (size_t i = 0; i < floor->cells; i++) {
		if (floor->cell[i].engine == cell->engine &&
		    floor->cell[i].interval_ns == cell->interval_ns)
			return false;
	}
	return true;
}

static bool take_cells(const json_t *object, struct null_floor *out)
{
	const json_t *cells = json_object_get(object, "cells");
	size_t count = json_array_size(cells);

	if (!count || count > NULL_CELLS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct null_cell *cell = &out->cell[i];

		if (!take_cell(json_array_get(cells, i), cell) ||
		    !is_new(out, cell))
			return false;
		out->cells++;
	}
	return true;
}

static bool take_floor(const json_t *object, struct null_floor *out)
{
	const json_t *machine = json_object_get(object, "machine");
	const json_t *interrupted = json_object_get(object, "interrupted");
	struct machine *m = &out->machine;
	char schema[sizeof(SCHEMA)];

	out->interrupted = json_is_true(interrupted);
	return take_text(object, "schema", schema, sizeof(schema)) &&
	       !strcmp(schema, SCHEMA) && json_is_boolean(interrupted) &&
	       take_text(object, "date", out->date, sizeof(out->date)) &&
	       take_text(object, "version", out->version,
			 sizeof(out->version)) &&
	       take_text(machine, "kernel", m->kernel, MACHINE_TEXT) &&
	       take_text(machine, "boot_id", m->boot_id, MACHINE_TEXT) &&
	       take_text(machine, "cpu", m->cpu, MACHINE_TEXT) &&
	       take_integer(object, "duration_ns", 1, DURATION_MAX,
			    &out->duration_ns) &&
	       take_cells(object, out);
}

int null_parse(const char *text, size_t size, struct null_floor *out)
{
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	bool is_good;

	memset(out, 0, sizeof(*out));
	is_good = json_is_object(object) && take_floor(object, out);
	json_decref(object);
	if (is_good)
		return 0;
	memset(out, 0, sizeof(*out));
	return -EBADMSG;
}

int null_load(struct null_floor *out)
{
	char *text = malloc(FILE_MAX);
	struct machine now;
	int got;

	memset(out, 0, sizeof(*out));
	if (!text)
		return -ENOMEM;
	got = state_read(NULL_STORE, text, FILE_MAX);
	if (got == -EFBIG || got == -EINVAL)
		got = -EBADMSG;
	if (got >= 0)
		got = null_parse(text, got, out);
	free(text);
	if (got)
		return got;
	machine_read(&now);
	null_judge(out, &now, XRTT_VERSION);
	return 0;
}
