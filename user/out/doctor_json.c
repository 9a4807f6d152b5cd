// SPDX-License-Identifier: GPL-2.0-only
#include "out/doctor_json.h"

#include <math.h>

#include "out/json_value.h"
#include "out/null_json.h"

#define SCHEMA "xrtt-doctor/1"

static json_t *stamp_value(enum stamp which, const struct doctor_stamp *s)
{
	const struct json_pair pair[] = {
		{ "name", json_string(stamp_name(which)) },
		{ "delivered",
		  s->known ? json_boolean(s->delivered) : json_null() },
		{ "cost_ns",
		  json_value_number(s->has_cost ? s->cost_ns : NAN) },
		{ "jitter_ns",
		  json_value_number(s->has_jitter ? s->jitter_ns : NAN) },
		{ "where", json_value_known_text(s->where) },
		{ "why", json_value_known_text(s->why) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *stamps_value(const struct doctor *doctor)
{
	json_t *all = json_array();

	for (int i = 0; i < STAMPS; i++)
		all = json_value_append(all, stamp_value(i, &doctor->stamp[i]));
	return all;
}

static json_t *finding_value(const struct finding *f)
{
	const struct json_pair pair[] = {
		{ "id", json_string(f->id) },
		{ "level", json_string(finding_level_name(f->level)) },
		{ "text", json_value_text(f->text) },
		{ "fix", json_value_known_text(f->fix) },
		{ "value", json_value_known_text(f->value) },
		{ "cost_ns", json_value_number(f->cost_ns) },
		{ "cost_ppm", json_value_number(f->cost_ppm) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *findings_value(const struct doctor *doctor)
{
	json_t *all = json_array();

	for (size_t i = 0; i < doctor->findings; i++)
		all = json_value_append(all,
					finding_value(&doctor->finding[i]));
	return all;
}

static json_t *subject_value(const struct doctor_subject *s)
{
	const struct json_pair pair[] = {
		{ "ifname", json_value_known_text(s->ifname) },
		{ "driver", json_value_known_text(s->driver) },
		{ "kernel", json_value_known_text(s->kernel) },
		{ "clocksource", json_value_known_text(s->clocksource) },
		{ "target", json_value_known_text(s->target) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *doctor_value(const struct doctor *doctor)
{
	const struct json_pair pair[] = {
		{ "schema", json_string(SCHEMA) },
		{ "subject", subject_value(&doctor->subject) },
		{ "interrupted", json_boolean(doctor->interrupted) },
		{ "stamps", stamps_value(doctor) },
		{ "findings", findings_value(doctor) },
		{ "null",
		  null_json_value(doctor->has_null ? &doctor->null : NULL) },
		{ "stored", json_value_known_text(doctor->stored) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

int doctor_json_write(FILE *to, const struct doctor *doctor)
{
	return json_value_write(to, doctor_value(doctor));
}
