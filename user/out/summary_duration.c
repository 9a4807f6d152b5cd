// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "out/summary_parts.h"

static const char *const level_name[LEVELS] = {
	[LEVEL_P50] = "p50",
	[LEVEL_P90] = "p90",
	[LEVEL_P99] = "p99",
	[LEVEL_P999] = "p999",
};

/* ---- intervals ----------------------------------------------------------- */

static struct bound bound_of(const json_t *value)
{
	return (struct bound){ json_is_number(value),
			       json_is_number(value) ? json_number_value(value)
						     : NAN };
}

void summary_interval(struct summary *s, const json_t *object, const char *key,
		      struct ci *out)
{
	const json_t *ends = summary_member(s, object, key);

	out->lo = bound_of(json_array_get(ends, 0));
	out->hi = bound_of(json_array_get(ends, 1));
}

void summary_range(struct summary *s, const json_t *object, const char *key,
		   struct range *out)
{
	const json_t *value = summary_member(s, object, key);
	struct ci ends;

	*out = (struct range){ NAN, NAN, NAN };
	if (json_is_null(value))
		return;
	summary_fields(s, value,
		       (const struct summary_field[]){
			       SUMMARY_FIELD(NUMBER, "value", range, value),
			       {} },
		       out);
	summary_interval(s, value, "interval", &ends);
	out->lo = ends.lo.value;
	out->hi = ends.hi.value;
}

void summary_difference(struct summary *s, const json_t *value,
			struct difference *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(NUMBER, "value", difference, value),
		SUMMARY_FIELD(NUMBER, "minus", difference, minus),
		SUMMARY_FIELD(NUMBER, "plus", difference, plus),
		{},
	};
	const json_t *names = summary_member(s, value, "left_out");

	summary_fields(s, value, field, out);
	out->known = isfinite(out->value);
	for (size_t i = 0; i < json_array_size(names) && i < DIFFERENCE_COMMON;
	     i++)
		out->common[out->left_out++] =
			json_string_value(json_array_get(names, i));
}

/* ---- durations ----------------------------------------------------------- */

static void take_term(struct summary *s, const json_t *value,
		      struct budget_term *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "name", budget_term, name),
		SUMMARY_FIELD(NUMBER, "ns", budget_term, ns),
		SUMMARY_FIELD(FLAG, "common", budget_term, common),
		SUMMARY_FIELD(TEXT, "how", budget_term, how),
		{},
	};
	const char *kind = json_string_value(json_object_get(value, "kind"));
	const char *shape = json_string_value(json_object_get(value, "shape"));

	summary_fields(s, value, field, out);
	out->kind = kind ? *kind : '\0';
	out->lengthens = shape && !strcmp(shape, "lengthens");
}

static void take_instrument(struct summary *s, const json_t *object,
			    const char *key, struct instrument *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(NUMBER, "minus", instrument, minus),
		SUMMARY_FIELD(NUMBER, "plus", instrument, plus),
		SUMMARY_FIELD(FLAG, "bounded", instrument, bounded),
		{},
	};
	const json_t *value = summary_member(s, object, key);
	const json_t *terms = summary_member(s, value, "terms");
	size_t n = json_array_size(terms);

	summary_fields(s, value, field, out);
	out->known = n || isfinite(out->minus);
	out->term = summary_array(s, n, sizeof(*out->term));
	if (!out->term)
		return;
	out->terms = n;
	for (size_t i = 0; i < n; i++)
		take_term(s, json_array_get(terms, i), &out->term[i]);
}

void summary_duration(struct summary *s, const json_t *object, const char *key,
		      struct duration *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "n", duration, n),
		SUMMARY_FIELD(NUMBER, "n_eff", duration, n_eff),
		SUMMARY_FIELD(SIGNED, "min", duration, min),
		SUMMARY_FIELD(SIGNED, "max", duration, max),
		SUMMARY_FIELD(NUMBER, "mean", duration, mean),
		SUMMARY_FIELD(NUMBER, "stddev", duration, stddev),
		SUMMARY_FIELD(NUMBER, "p50", duration, quantile[LEVEL_P50]),
		SUMMARY_FIELD(NUMBER, "p90", duration, quantile[LEVEL_P90]),
		SUMMARY_FIELD(NUMBER, "p99", duration, quantile[LEVEL_P99]),
		SUMMARY_FIELD(NUMBER, "p999", duration, quantile[LEVEL_P999]),
		SUMMARY_FIELD(SIGNED, "bin_ns", duration, bin_ns),
		SUMMARY_FIELD(FLAG, "short_memory", duration, short_memory),
		{},
	};
	const json_t *value = summary_member(s, object, key), *part;

	memset(out, 0, sizeof(*out));
	if (!value || json_is_null(value))
		return;
	summary_fields(s, value, field, out);
	part = summary_member(s, value, "ci95");
	for (int i = 0; i < LEVELS; i++)
		summary_interval(s, part, level_name[i], &out->ci95[i]);
	part = summary_member(s, value, "instrument");
	take_instrument(s, part, "p50", &out->at_p50);
	take_instrument(s, part, "p99", &out->at_p99);
}

/* ---- accounts ------------------------------------------------------------ */

void summary_probes(struct summary *s, const json_t *object, struct probes *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "planned", probes, planned),
		SUMMARY_FIELD(COUNT, "sent", probes, sent),
		SUMMARY_FIELD(COUNT, "unsent", probes, unsent),
		SUMMARY_FIELD(COUNT, "received", probes, received),
		SUMMARY_FIELD(COUNT, "late", probes, late),
		SUMMARY_FIELD(COUNT, "lost", probes, lost),
		SUMMARY_FIELD(COUNT, "lost_in_host", probes, lost_in_host),
		SUMMARY_FIELD(COUNT, "unrecorded", probes, unrecorded),
		SUMMARY_FIELD(COUNT, "duplicate", probes, duplicate),
		SUMMARY_FIELD(COUNT, "duplicate_forward", probes,
			      duplicate_forward),
		SUMMARY_FIELD(COUNT, "duplicate_return", probes,
			      duplicate_return),
		SUMMARY_FIELD(COUNT, "reordered", probes, reordered),
		SUMMARY_FIELD(COUNT, "reordered_forward", probes,
			      reordered_forward),
		SUMMARY_FIELD(COUNT, "reordered_return", probes,
			      reordered_return),
		{},
	};
	const json_t *value = summary_member(s, object, "probes");

	summary_fields(s, value, field, out);
	out->has_duplicate_direction = summary_has(value, "duplicate_forward");
	out->has_direction = summary_has(value, "reordered_forward");
}

void summary_loss(struct summary *s, const json_t *object, struct loss *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(NUMBER, "ratio", loss, ratio),
		SUMMARY_FIELD(COUNT, "longest_run", loss, longest_run),
		SUMMARY_FIELD(COUNT, "forward", loss, forward),
		SUMMARY_FIELD(COUNT, "return", loss, back),
		SUMMARY_FIELD(COUNT, "refused_by_reflector", loss, refused),
		{},
	};
	const json_t *value = summary_member(s, object, "loss");

	summary_fields(s, value, field, out);
	summary_interval(s, value, "ci95", &out->ci95);
	out->has_direction = summary_has(value, "forward");
	out->has_refused = summary_has(value, "refused_by_reflector");
}
