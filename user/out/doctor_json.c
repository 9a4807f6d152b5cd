// SPDX-License-Identifier: GPL-2.0-only
#include "out/doctor_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "out/json_value.h"
#include "out/null_json.h"

#define SCHEMA "xrtt-doctor/1"
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(15))

static json_t *text_or_null(const char *text)
{
	return json_value_text(*text ? text : NULL);
}

static json_t *stamp_value(enum stamp which, const struct doctor_stamp *s)
{
	const struct json_pair pair[] = {
		{ "name", json_string(stamp_name(which)) },
		{ "delivered",
		  s->known ? json_boolean(s->delivered) : json_null() },
		{ "cost_ns",
		  json_value_number(s->has_cost ? s->cost_ns : NAN) },
		{ "why", text_or_null(s->why) },
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
		{ "fix", text_or_null(f->fix) },
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

static json_t *doctor_value(const struct doctor *doctor)
{
	const struct json_pair pair[] = {
		{ "schema", json_string(SCHEMA) },
		{ "stamps", stamps_value(doctor) },
		{ "findings", findings_value(doctor) },
		{ "null",
		  null_json_value(doctor->has_null ? &doctor->null : NULL) },
		{ "stored", text_or_null(doctor->stored) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

int doctor_json_write(FILE *to, const struct doctor *doctor)
{
	json_t *value = doctor_value(doctor);
	char *text = value ? json_dumps(value, DUMP_FLAGS) : NULL;
	int err = 0;

	json_decref(value);
	if (!text)
		return -ENOMEM;
	errno = 0;
	if (fprintf(to, "%s\n", text) < 0 || fflush(to) || ferror(to))
		err = errno ? -errno : -EIO;
	free(text);
	return err;
}
