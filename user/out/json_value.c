// SPDX-License-Identifier: GPL-2.0-only
#include "out/json_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Enough digits for a nanosecond in a day, few enough to print 0.1 as 0.1. */
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(15))

/* Enough to be read back as the same double. */
#define EXACT_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(17))

static const char *const level_name[LEVELS] = {
	[LEVEL_P50] = "p50",
	[LEVEL_P90] = "p90",
	[LEVEL_P99] = "p99",
	[LEVEL_P999] = "p999",
};

json_t *json_value_with(json_t *object, const struct json_pair *pair)
{
	bool is_whole = object;

	for (; pair->key; pair++)
		if (json_object_set_new(object, pair->key, pair->value))
			is_whole = false;
	if (is_whole)
		return object;
	json_decref(object);
	return NULL;
}

json_t *json_value_object(const struct json_pair *pair)
{
	return json_value_with(json_object(), pair);
}

json_t *json_value_append(json_t *array, json_t *value)
{
	if (!json_array_append_new(array, value))
		return array;
	json_decref(array);
	return NULL;
}

json_t *json_value_signed(int64_t value)
{
	char digits[24];

	if (value < JSON_INTEGER_END && value > -JSON_INTEGER_END)
		return json_integer(value);
	snprintf(digits, sizeof(digits), "%" PRId64, value);
	return json_string(digits);
}

json_t *json_value_unsigned(uint64_t value)
{
	char digits[24];

	if (value < JSON_INTEGER_END)
		return json_integer((json_int_t)value);
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return json_string(digits);
}

json_t *json_value_number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == rint(value) && fabs(value) < (double)JSON_INTEGER_END)
		return json_integer((json_int_t)value);
	return json_real(value);
}

json_t *json_value_text(const char *text)
{
	json_t *value;
	char *copy;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	copy = strdup(text);
	for (char *c = copy; c && *c; c++)
		if (*c & 0x80)
			*c = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

json_t *json_value_known_text(const char *text)
{
	return json_value_text(*text ? text : NULL);
}

json_t *json_value_probes(const struct probes *p)
{
	const struct json_pair pair[] = {
		{ "planned", json_value_unsigned(p->planned) },
		{ "sent", json_value_unsigned(p->sent) },
		{ "unsent", json_value_unsigned(p->unsent) },
		{ "received", json_value_unsigned(p->received) },
		{ "late", json_value_unsigned(p->late) },
		{ "lost", json_value_unsigned(p->lost) },
		{ "lost_in_host", json_value_unsigned(p->lost_in_host) },
		{ "unrecorded", json_value_unsigned(p->unrecorded) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *bound_value(const struct bound *bound)
{
	return bound->finite ? json_value_number(bound->value) : json_null();
}

json_t *json_value_interval(const struct ci *ci)
{
	json_t *ends = json_value_append(json_array(), bound_value(&ci->lo));

	return json_value_append(ends, bound_value(&ci->hi));
}

static json_t *intervals_value(const struct duration *d)
{
	struct json_pair pair[LEVELS + 1] = { 0 };

	for (int i = 0; i < LEVELS; i++)
		pair[i] =
			(struct json_pair){ level_name[i],
					    json_value_interval(&d->ci95[i]) };
	return json_value_object(pair);
}

static json_t *term_value(const struct budget_term *term)
{
	const char kind[2] = { term->kind, '\0' };
	const struct json_pair pair[] = {
		{ "name", json_value_text(term->name) },
		{ "ns", json_value_number(term->ns) },
		{ "kind", json_value_text(kind) },
		{ "shape",
		  json_string(term->lengthens ? "lengthens" : "symmetric") },
		{ "common", json_boolean(term->common) },
		{ "how", json_value_text(term->how) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *terms_value(const struct instrument *in)
{
	json_t *terms = json_array();

	for (size_t i = 0; in->known && i < in->terms; i++)
		terms = json_value_append(terms, term_value(&in->term[i]));
	return terms;
}

static json_t *instrument_value(const struct instrument *in)
{
	const struct json_pair pair[] = {
		{ "minus", json_value_number(in->known ? in->minus : NAN) },
		{ "plus", json_value_number(in->known ? in->plus : NAN) },
		{ "bounded", json_boolean(in->known && in->bounded) },
		{ "terms", terms_value(in) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *instruments_value(const struct duration *d)
{
	const struct json_pair pair[] = {
		{ "p50", instrument_value(&d->at_p50) },
		{ "p99", instrument_value(&d->at_p99) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *known_duration(const struct duration *d)
{
	const double *q = d->quantile;
	const struct json_pair pair[] = {
		{ "n", json_value_unsigned(d->n) },
		{ "n_eff", json_value_number(d->n_eff) },
		{ "min", json_value_signed(d->min) },
		{ "p50", json_value_number(q[LEVEL_P50]) },
		{ "p90", json_value_number(q[LEVEL_P90]) },
		{ "p99", json_value_number(q[LEVEL_P99]) },
		{ "p999", json_value_number(q[LEVEL_P999]) },
		{ "max", json_value_signed(d->max) },
		{ "mean", json_value_number(d->mean) },
		{ "stddev", json_value_number(d->stddev) },
		{ "ci95", intervals_value(d) },
		{ "instrument", instruments_value(d) },
		{ "bin_ns", json_value_signed(d->bin_ns) },
		{ "short_memory", json_boolean(d->short_memory) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *json_value_duration(const struct duration *d)
{
	return d->n ? known_duration(d) : json_null();
}

static json_t *common_value(const struct difference *d)
{
	json_t *names = json_array();

	for (size_t i = 0; i < d->left_out; i++)
		names = json_value_append(names, json_value_text(d->common[i]));
	return names;
}

json_t *json_value_difference(const struct difference *d)
{
	bool bounded = isfinite(d->minus) && isfinite(d->plus);
	const struct json_pair pair[] = {
		{ "value", json_value_number(d->known ? d->value : NAN) },
		{ "minus", json_value_number(d->known ? d->minus : NAN) },
		{ "plus", json_value_number(d->known ? d->plus : NAN) },
		{ "bounded", json_boolean(d->known && bounded) },
		{ "left_out", common_value(d) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

char *json_value_dump(json_t *value)
{
	char *text = value ? json_dumps(value, DUMP_FLAGS) : NULL;

	json_decref(value);
	return text;
}

char *json_value_dump_exact(json_t *value)
{
	char *text = value ? json_dumps(value, EXACT_FLAGS) : NULL;

	json_decref(value);
	return text;
}

int json_value_write(FILE *to, json_t *value)
{
	char *text = json_value_dump(value);
	int err = 0;

	if (!text)
		return -ENOMEM;
	errno = 0;
	if (fprintf(to, "%s\n", text) < 0 || fflush(to) || ferror(to))
		err = errno ? -errno : -EIO;
	free(text);
	return err;
}
