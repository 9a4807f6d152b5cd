// SPDX-License-Identifier: GPL-2.0-only
#include "out/json_clock.h"

static json_t *clock_event_value(const struct clock_event *e)
{
	const struct json_pair pair[] = {
		{ "from_ns", json_value_signed(e->from_ns) },
		{ "to_ns", json_value_signed(e->to_ns) },
		{ "ppm", json_value_number(e->ppm) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *clock_events_value(const struct clock_steering *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->events; i++)
		all = json_value_append(all, clock_event_value(&s->event[i]));
	return all;
}

static json_t *known_steering(const struct clock_steering *s)
{
	const struct json_pair pair[] = {
		{ "readings", json_value_unsigned(s->readings) },
		{ "median_ppm", json_value_number(s->median_ppm) },
		{ "departure_ppm", json_value_number(s->departure_ppm) },
		{ "floor_ppm", json_value_number(s->floor_ppm) },
		{ "departures", json_value_unsigned(s->departures) },
		{ "events", clock_events_value(s) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *steering_value(const struct clock_steering *s)
{
	return s->known ? known_steering(s) : json_null();
}

static json_t *known_reading(const struct clock_reading *r)
{
	const struct json_pair pair[] = {
		{ "p50_ns", json_value_signed(r->p50_ns) },
		{ "p99_ns", json_value_signed(r->p99_ns) },
		{ "granularity_ns", json_value_signed(r->granularity_ns) },
		{ "cpus_online", json_value_unsigned(r->cpus_online) },
		{ "cpus", json_value_unsigned(r->cpus) },
		{ "cpu_offset_ns", r->has_offset
					   ? json_value_signed(r->offset_ns)
					   : json_null() },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *reading_value(const struct clock_reading *r)
{
	return r->known ? known_reading(r) : json_null();
}

static json_t *known_nic(const struct clock_nic *n)
{
	const struct json_pair pair[] = {
		{ "phc", json_integer(n->phc) },
		{ "readings", json_value_unsigned(n->readings) },
		{ "steps", json_value_unsigned(n->steps) },
		{ "rate_ppm", json_value_number(n->rate_ppm) },
		{ "stamps", json_value_unsigned(n->stamps) },
		{ "bar_ns", json_value_number(n->bar_ns) },
		{ "bar_max_ns", json_value_number(n->bar_max_ns) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *nic_value(const struct clock_nic *n)
{
	return n->known ? known_nic(n) : json_null();
}

json_t *json_clock_value(const struct clock_state *c)
{
	const struct json_pair pair[] = {
		{ "disciplined", json_boolean(c->disciplined) },
		{ "source", json_value_text(c->source) },
		{ "rate_ppm", json_value_number(c->rate_ppm) },
		{ "how", json_value_text(c->how) },
		{ "reference",
		  json_value_text(*c->reference ? c->reference : NULL) },
		{ "tai_offset_s", c->tai_offset_s > 0
					  ? json_integer(c->tai_offset_s)
					  : json_null() },
		{ "realtime_steps", json_value_unsigned(c->realtime_steps) },
		{ "steering", steering_value(&c->steering) },
		{ "reading", reading_value(&c->reading) },
		{ "nic", nic_value(&c->nic) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}
