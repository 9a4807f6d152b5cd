// SPDX-License-Identifier: GPL-2.0-only
#include "out/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/summary_parts.h"

#define SCHEMA "xrtt/1"

static void take_stages(struct summary *s, const json_t *object,
			struct result *out)
{
	const json_t *stages = summary_member(s, object, "stages_ns");
	const json_t *share = summary_member(s, object, "share");
	const json_t *host = summary_member(s, object, "host_stack_ns");

	for (int i = 0; i < STAGES; i++) {
		const struct summary_field field[] = {
			{ stage_name(i), SUMMARY_NUMBER,
			  offsetof(struct result, share) +
				  i * sizeof(out->share[0]) },
			{},
		};

		summary_duration(s, stages, stage_name(i), &out->stage[i]);
		summary_fields(s, share, field, out);
		out->has_share = out->has_share || isfinite(out->share[i]);
	}
	summary_duration(s, host, "out", &out->host_out);
	summary_duration(s, host, "in", &out->host_in);
}

static void take_segment(struct summary *s, const json_t *value,
			 struct segment *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(SIGNED, "from_ns", segment, from_ns),
		SUMMARY_FIELD(SIGNED, "to_ns", segment, to_ns),
		{},
	};

	summary_fields(s, value, field, out);
	summary_duration(s, value, "network_ns", &out->network);
	summary_range(s, value, "inflation", &out->inflation);
}

static void take_segments(struct summary *s, const json_t *object,
			  struct result *out)
{
	const json_t *all = summary_member(s, object, "segments");
	size_t n = json_array_size(all);

	out->segment = summary_array(s, n, sizeof(*out->segment));
	out->segments = out->segment ? n : 0;
	for (size_t i = 0; i < out->segments; i++)
		take_segment(s, json_array_get(all, i), &out->segment[i]);
}

static void take_result(struct summary *s, const json_t *object,
			struct result *out);

static void take_engines(struct summary *s, const json_t *object,
			 struct result *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "code", verdict, code),
		SUMMARY_FIELD(TEXT, "text", verdict, text),
		{},
	};
	const json_t *engines = summary_member(s, object, "engines");
	const json_t *closure = summary_member(s, object, "closure");
	const char *engine =
		json_string_value(summary_member(s, object, "engine"));

	if (engine && !strcmp(engine, engine_name(ENGINE_BYPASS)))
		out->engine = ENGINE_BYPASS;
	if (!json_is_object(engines))
		return;
	out->engines = summary_array(s, ENGINES, sizeof(*out->engines));
	if (!out->engines)
		return;
	for (int i = 0; i < ENGINES; i++)
		take_result(s, summary_member(s, engines, engine_name(i)),
			    &out->engines[i]);
	summary_difference(s, closure, &out->closure);
	summary_fields(s, closure, field, &out->closure_verdict);
}

/* What follows from the rest (distance_judge()) comes last. */
static void take_result(struct summary *s, const json_t *object,
			struct result *out)
{
	summary_hosts(s, object, out);
	summary_clock(s, object, &out->clock);
	summary_probes(s, object, &out->probes);
	summary_loss(s, object, &out->loss);
	summary_duration(s, object, "rtt_ns", &out->rtt);
	summary_duration(s, object, "network_ns", &out->network);
	summary_duration(s, object, "remote_ns", &out->remote);
	take_stages(s, object, out);
	take_engines(s, object, out);
	if (json_object_get(object, "flows"))
		summary_flows(s, object, out);
	else
		take_segments(s, object, out);
	summary_verdicts(s, object, out);
	summary_distance(s, object, out);
}

static bool has_schema(const json_t *root)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));

	return schema && !strcmp(schema, SCHEMA);
}

struct summary *summary_parse(const char *text, size_t size, char *why)
{
	struct summary *s = calloc(1, sizeof(*s));

	*why = '\0';
	if (s)
		s->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	if (!s) {
		snprintf(why, SUMMARY_WHY, "out of memory");
		return NULL;
	}
	if (!has_schema(s->root)) {
		snprintf(why, SUMMARY_WHY, "not of schema %s", SCHEMA);
	} else {
		take_result(s, s->root, &s->result);
		if (s->lacks_memory)
			snprintf(why, SUMMARY_WHY, "out of memory");
		else if (s->wrong)
			snprintf(why, SUMMARY_WHY,
				 "\"%s\" is missing or not what it must be",
				 s->wrong);
	}
	if (!*why)
		return s;
	summary_free(s);
	return NULL;
}

struct result *summary_result(struct summary *s)
{
	return &s->result;
}
