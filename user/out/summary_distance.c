// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/verdict.h"
#include "out/summary_parts.h"

static void take_place(struct summary *s, const json_t *object, const char *key,
		       struct site *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(NUMBER, "lat", site, at.lat),
		SUMMARY_FIELD(NUMBER, "lon", site, at.lon),
		SUMMARY_FIELD(NUMBER, "uncertainty_km", site, uncertainty_km),
		{},
	};
	const json_t *value = summary_member(s, object, key);
	const char *name = json_string_value(json_object_get(value, "name"));
	const char *code = json_string_value(json_object_get(value, "region"));

	memset(out, 0, sizeof(*out));
	summary_fields(s, value, field, out);
	snprintf(out->name, sizeof(out->name), "%s", name ? name : "");
	out->region = code ? region_find(code) : NULL;
}

void summary_distance(struct summary *s, const json_t *object,
		      struct result *out)
{
	const json_t *value = summary_member(s, object, "distance");
	struct site from, to;

	out->has_distance = value && !json_is_null(value);
	if (out->has_distance) {
		take_place(s, value, "from", &from);
		take_place(s, value, "to", &to);
		distance_fill(&out->distance, &from, &to);
	}
	distance_judge(out);
	application_judge(out);
}

static void take_verdict(struct summary *s, const json_t *value,
			 struct verdict *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "code", verdict, code),
		SUMMARY_FIELD(TEXT, "text", verdict, text),
		{},
	};

	summary_fields(s, value, field, out);
}

static void take_parts(struct summary *s, const json_t *value,
		       struct parts *out)
{
	for (int i = 0; i < PARTS; i++) {
		summary_range(s, value, part_name(i), &out->share[i]);
		out->known = out->known || isfinite(out->share[i].value);
	}
}

static void take_slowest(struct summary *s, const json_t *value,
			 struct slowest *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "probes", slowest, n),
		SUMMARY_FIELD(NUMBER, "share", slowest, share),
		{},
	};
	const char *stage = json_string_value(json_object_get(value, "stage"));

	summary_fields(s, value, field, out);
	for (int i = 0; stage && i < STAGES; i++) {
		if (!strcmp(stage_name(i), stage))
			out->stage = i;
	}
}

void summary_verdicts(struct summary *s, const json_t *object,
		      struct result *out)
{
	const json_t *value = summary_member(s, object, "verdict");
	const json_t *level = summary_member(s, value, "level");
	const json_t *tail = summary_member(s, value, "tail");

	take_verdict(s, level, &out->level);
	take_parts(s, summary_member(s, level, "share"), &out->parts);
	take_verdict(s, tail, &out->tail);
	take_slowest(s, tail, &out->slowest);
}
