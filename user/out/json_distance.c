// SPDX-License-Identifier: GPL-2.0-only
#include "out/json_distance.h"

#include <math.h>

#include "model/verdict.h"
#include "out/json_value.h"

#define SCHEMA "xrtt-distance/1"

/* ---- intervals ----------------------------------------------------------- */

static json_t *ends_value(const struct range *range)
{
	const struct ci ci = {
		.lo = { isfinite(range->lo), range->lo },
		.hi = { isfinite(range->hi), range->hi },
	};

	return json_value_interval(&ci);
}

static json_t *known_range(const struct range *range)
{
	const struct json_pair pair[] = {
		{ "value", json_value_number(range->value) },
		{ "interval", ends_value(range) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *json_range_value(const struct range *range)
{
	return isfinite(range->value) ? known_range(range) : json_null();
}

/* ---- distance ------------------------------------------------------------ */

static json_t *place_value(const struct site *p)
{
	const struct region *r = p->region;
	const struct json_pair pair[] = {
		{ "name", json_value_text(p->name) },
		{ "region", json_value_text(r ? r->code : NULL) },
		{ "city", json_value_text(r ? r->city : NULL) },
		{ "lat", json_value_number(p->at.lat) },
		{ "lon", json_value_number(p->at.lon) },
		{ "uncertainty_km", json_value_number(p->uncertainty_km) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *floors_value(const struct distance *d)
{
	struct json_pair pair[FLOORS + 1] = {};

	for (int i = 0; i < FLOORS; i++)
		pair[i] =
			(struct json_pair){ floor_name(i),
					    json_range_value(&d->floor_ns[i]) };
	return json_value_object(pair);
}

static json_t *measurement_value(const struct distance *d, int which)
{
	const struct reference_method *m = &reference_methods[which];
	const struct json_pair pair[] = {
		{ "source", json_string(m->source) },
		{ "statistic", json_string(m->statistic) },
		{ "method", json_string(m->method) },
		{ "date", json_string(m->date) },
		{ "rtt_ns", json_value_number(d->reference->ms[which] * 1e6) },
		{ "inflation", json_range_value(&d->others_inflation[which]) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *others_value(const struct distance *d)
{
	json_t *all = json_array();

	for (int i = 0; d->reference && i < REFERENCE_MEASUREMENTS; i++)
		if (isfinite(d->reference->ms[i]))
			all = json_value_append(all, measurement_value(d, i));
	return all;
}

static json_t *known_distance(const struct distance *d)
{
	const struct json_pair pair[] = {
		{ "from", place_value(&d->from) },
		{ "to", place_value(&d->to) },
		{ "km", json_range_value(&d->km) },
		{ "floors_ns", floors_value(d) },
		{ "inflation", json_range_value(&d->inflation) },
		{ "below_vacuum", json_boolean(d->below_vacuum) },
		{ "others_ns", ends_value(&d->others_ns) },
		{ "others", others_value(d) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *json_distance_value(const struct distance *d)
{
	return d ? known_distance(d) : json_null();
}

/* ---- application --------------------------------------------------------- */

static json_t *calls_value(const struct application *a)
{
	json_t *all = json_array();

	for (int i = 0; i < APPLICATION_CALLS; i++) {
		const struct json_pair pair[] = {
			{ "calls", json_integer(application_calls[i]) },
			{ "sequential_ns",
			  json_value_number(a->sequential_ns[i]) },
			{ "at_once_ns", json_value_number(a->rtt_ns) },
			{ "saved_ns", json_value_number(a->saved_ns[i]) },
			{ NULL, NULL },
		};

		all = json_value_append(all, json_value_object(pair));
	}
	return all;
}

static json_t *windows_value(const struct application *a)
{
	json_t *all = json_array();

	for (int i = 0; i < APPLICATION_RATES; i++) {
		const struct json_pair pair[] = {
			{ "gbit_s", json_integer(application_gbit_s[i]) },
			{ "octets", json_value_number(round(a->window[i])) },
			{ NULL, NULL },
		};

		all = json_value_append(all, json_value_object(pair));
	}
	return all;
}

static json_t *known_cost(const struct application *a)
{
	const struct json_pair pair[] = {
		{ "rtt_ns", json_value_number(a->rtt_ns) },
		{ "calls", calls_value(a) },
		{ "tcp_tls13_connect_ns", json_value_number(a->connect_ns) },
		{ "tcp_tls13_first_answer_ns",
		  json_value_number(a->first_answer_ns) },
		{ "quorum_write_ns", json_value_number(a->quorum_ns) },
		{ "bandwidth_delay", windows_value(a) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *cost_value(const struct application *a)
{
	return isfinite(a->rtt_ns) ? known_cost(a) : json_null();
}

static json_t *known_costs(const struct application_cost *cost)
{
	const struct json_pair pair[] = {
		{ "basis", json_string(cost->basis) },
		{ "p50", cost_value(&cost->p50) },
		{ "p99", cost_value(&cost->p99) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *json_application_value(const struct application_cost *cost)
{
	return cost->basis ? known_costs(cost) : json_null();
}

static json_t *outlook_value(const struct application_outlook *outlook)
{
	const struct json_pair pair[] = {
		{ "fibre_nominal", cost_value(&outlook->fibre) },
		{ "others_least", cost_value(&outlook->others_lo) },
		{ "others_most", cost_value(&outlook->others_hi) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

/* ---- verdicts ------------------------------------------------------------ */

static json_t *share_value(const struct parts *parts)
{
	static const struct range unknown = { NAN, NAN, NAN };
	struct json_pair pair[PARTS + 1] = {};

	for (int i = 0; i < PARTS; i++)
		pair[i] = (struct json_pair){
			part_name(i),
			json_range_value(parts->known ? &parts->share[i]
						      : &unknown)
		};
	return json_value_object(pair);
}

static json_t *level_value(const struct result *r)
{
	const struct json_pair pair[] = {
		{ "code", json_value_text(r->level.code) },
		{ "text", json_value_text(r->level.text) },
		{ "share", share_value(&r->parts) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *tail_value(const struct result *r)
{
	const struct slowest *s = &r->slowest;
	const struct json_pair pair[] = {
		{ "code", json_value_text(r->tail.code) },
		{ "text", json_value_text(r->tail.text) },
		{ "stage",
		  json_value_text(s->n ? stage_name(s->stage) : NULL) },
		{ "share", json_value_number(s->n ? s->share : NAN) },
		{ "probes", json_value_unsigned(s->n) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *json_verdicts_value(const struct result *r)
{
	const struct json_pair pair[] = {
		{ "level", level_value(r) },
		{ "tail", tail_value(r) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

int json_distance_write(FILE *to, const struct distance *d,
			const struct application_outlook *outlook)
{
	const struct json_pair pair[] = {
		{ "schema", json_string(SCHEMA) },
		{ "distance", json_distance_value(d) },
		{ "application", outlook_value(outlook) },
		{ NULL, NULL },
	};

	return json_value_write(to, json_value_object(pair));
}
