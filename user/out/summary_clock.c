// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>

#include "out/summary_parts.h"

static void take_event(struct summary *s, const json_t *value,
		       struct clock_event *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(SIGNED, "from_ns", clock_event, from_ns),
		SUMMARY_FIELD(SIGNED, "to_ns", clock_event, to_ns),
		SUMMARY_FIELD(NUMBER, "ppm", clock_event, ppm),
		{},
	};

	summary_fields(s, value, field, out);
}

static void take_steering(struct summary *s, const json_t *value,
			  struct clock_steering *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "readings", clock_steering, readings),
		SUMMARY_FIELD(NUMBER, "median_ppm", clock_steering, median_ppm),
		SUMMARY_FIELD(NUMBER, "departure_ppm", clock_steering,
			      departure_ppm),
		SUMMARY_FIELD(NUMBER, "floor_ppm", clock_steering, floor_ppm),
		SUMMARY_FIELD(COUNT, "departures", clock_steering, departures),
		{},
	};
	const json_t *events;

	out->known = value && !json_is_null(value);
	if (!out->known)
		return;
	summary_fields(s, value, field, out);
	out->median_lo_ppm = out->median_hi_ppm = NAN;
	events = summary_member(s, value, "events");
	for (size_t i = 0; i < json_array_size(events) && i < CLOCK_EVENTS; i++)
		take_event(s, json_array_get(events, i),
			   &out->event[out->events++]);
}

static void take_reading(struct summary *s, const json_t *value,
			 struct clock_reading *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(SIGNED, "p50_ns", clock_reading, p50_ns),
		SUMMARY_FIELD(SIGNED, "p99_ns", clock_reading, p99_ns),
		SUMMARY_FIELD(SIGNED, "granularity_ns", clock_reading,
			      granularity_ns),
		SUMMARY_FIELD(SIGNED, "cpu_offset_ns", clock_reading,
			      offset_ns),
		{},
	};

	out->known = value && !json_is_null(value);
	if (!out->known)
		return;
	summary_fields(s, value, field, out);
	out->cpus_online =
		json_integer_value(summary_member(s, value, "cpus_online"));
	out->cpus = json_integer_value(summary_member(s, value, "cpus"));
	out->has_offset = summary_has(value, "cpu_offset_ns");
}

static void take_nic(struct summary *s, const json_t *value,
		     struct clock_nic *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(INT, "phc", clock_nic, phc),
		SUMMARY_FIELD(COUNT, "readings", clock_nic, readings),
		SUMMARY_FIELD(COUNT, "steps", clock_nic, steps),
		SUMMARY_FIELD(NUMBER, "rate_ppm", clock_nic, rate_ppm),
		SUMMARY_FIELD(COUNT, "stamps", clock_nic, stamps),
		SUMMARY_FIELD(NUMBER, "bar_ns", clock_nic, bar_ns),
		SUMMARY_FIELD(NUMBER, "bar_max_ns", clock_nic, bar_max_ns),
		{},
	};

	out->known = value && !json_is_null(value);
	if (out->known)
		summary_fields(s, value, field, out);
}

void summary_clock(struct summary *s, const json_t *object,
		   struct clock_state *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(FLAG, "disciplined", clock_state, disciplined),
		SUMMARY_FIELD(TEXT, "source", clock_state, source),
		SUMMARY_FIELD(NUMBER, "rate_ppm", clock_state, rate_ppm),
		SUMMARY_FIELD(TEXT, "how", clock_state, how),
		SUMMARY_FIELD(INT, "tai_offset_s", clock_state, tai_offset_s),
		SUMMARY_FIELD(COUNT, "realtime_steps", clock_state,
			      realtime_steps),
		{},
	};
	const json_t *value = summary_member(s, object, "clock");
	const char *reference =
		json_string_value(json_object_get(value, "reference"));

	summary_fields(s, value, field, out);
	if (isnan(out->rate_ppm))
		out->rate_ppm = INFINITY;
	snprintf(out->reference, sizeof(out->reference), "%s",
		 reference ? reference : "");
	take_steering(s, summary_member(s, value, "steering"), &out->steering);
	take_reading(s, summary_member(s, value, "reading"), &out->reading);
	take_nic(s, summary_member(s, value, "nic"), &out->nic);
}
