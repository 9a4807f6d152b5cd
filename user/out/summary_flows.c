// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "out/summary_parts.h"

/* ---- flows --------------------------------------------------------------- */

static void take_flow(struct summary *s, const json_t *value,
		      struct flow_result *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(INT, "source_port", flow_result, source_port),
		SUMMARY_FIELD(INDEX, "class", flow_result, flow_class),
		{},
	};

	summary_fields(s, value, field, out);
	summary_probes(s, value, &out->probes);
	summary_loss(s, value, &out->loss);
	summary_duration(s, value, "network_ns", &out->network);
}

static void take_segment(struct summary *s, const json_t *value,
			 struct flow_segment *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(INT, "flow", flow_segment, flow),
		SUMMARY_FIELD(INDEX, "class", flow_segment, flow_class),
		SUMMARY_FIELD(FLAG, "censored", flow_segment, censored),
		SUMMARY_FIELD(SIGNED, "from_ns", flow_segment, segment.from_ns),
		SUMMARY_FIELD(SIGNED, "to_ns", flow_segment, segment.to_ns),
		SUMMARY_FIELD(SIGNED, "min_ns", flow_segment, segment.min_ns),
		SUMMARY_FIELD(SIGNED, "below_ns", flow_segment,
			      segment.below_ns),
		SUMMARY_FIELD(COUNT, "probes", flow_segment, segment.probes),
		{},
	};

	summary_fields(s, value, field, out);
}

/* ---- classes ------------------------------------------------------------- */

static void take_dwell(struct summary *s, const json_t *object,
		       struct dwell *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "n", dwell, n),
		SUMMARY_FIELD(COUNT, "censored", dwell, censored),
		SUMMARY_FIELD(NUMBER, "mean", dwell, mean),
		SUMMARY_FIELD(NUMBER, "median", dwell, median),
		{},
	};
	const json_t *value = summary_member(s, object, "dwell_s");

	summary_fields(s, value, field, out);
	summary_interval(s, value, "ci95", &out->ci95);
}

static void take_class(struct summary *s, const json_t *value,
		       struct flow_class *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(SIGNED, "min_ns", flow_class, min_ns),
		SUMMARY_FIELD(SIGNED, "below_ns", flow_class, below_ns),
		SUMMARY_FIELD(NUMBER, "share", flow_class, share),
		{},
	};
	const json_t *members = summary_member(s, value, "flows");
	size_t n = json_array_size(members);

	summary_fields(s, value, field, out);
	take_dwell(s, value, &out->dwell);
	out->flow = summary_array(s, n, sizeof(*out->flow));
	if (!out->flow)
		return;
	out->flows = n;
	for (size_t i = 0; i < n; i++)
		out->flow[i] = json_integer_value(json_array_get(members, i));
}

/* ---- events -------------------------------------------------------------- */

static enum watch_way way_of(const json_t *value)
{
	const char *text = json_string_value(value);

	for (int i = WATCH_WAY_FORWARD; text && i <= WATCH_WAY_BOTH; i++) {
		if (!strcmp(watch_way_name(i), text))
			return i;
	}
	return WATCH_WAY_UNKNOWN;
}

static void take_event(struct summary *s, const json_t *value,
		       struct flow_event *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(INT, "flow", flow_event, flow),
		SUMMARY_FIELD(SIGNED, "time_ns", flow_event, event.time_ns),
		SUMMARY_FIELD(SIGNED, "time_lo_ns", flow_event,
			      event.time_lo_ns),
		SUMMARY_FIELD(SIGNED, "time_hi_ns", flow_event,
			      event.time_hi_ns),
		SUMMARY_FIELD(SIGNED, "told_ns", flow_event, event.told_ns),
		SUMMARY_FIELD(SIGNED, "from_ns", flow_event, event.from_ns),
		SUMMARY_FIELD(SIGNED, "to_ns", flow_event, event.to_ns),
		{},
	};

	summary_fields(s, value, field, out);
	out->event.way = way_of(summary_member(s, value, "direction"));
}

/* In order of time, a flow's n-th shift begins its n-th segment but one. */
static void number_segments(struct summary *s, struct flows *f)
{
	size_t *last = summary_array(s, f->flows, sizeof(*last));

	for (size_t i = 0; last && i < f->events; i++)
		f->event[i].segment = ++last[f->event[i].flow];
}

/* ---- mine ---------------------------------------------------------------- */

static void take_connection(struct summary *s, const json_t *value,
			    struct mine *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(SIGNED, "min_rtt_ns", mine, min_rtt_ns),
		SUMMARY_FIELD(SIGNED, "rtt_ns", mine, rtt_ns),
		SUMMARY_FIELD(INDEX, "class", mine, flow_class),
		SUMMARY_FIELD(SIGNED, "hosts_ns", mine, hosts_ns),
		SUMMARY_FIELD(SIGNED, "faster_hosts_ns", mine, faster_hosts_ns),
		{},
	};

	summary_fields(s, value, field, out);
	out->local_port =
		json_integer_value(summary_member(s, value, "local_port"));
	out->remote_port =
		json_integer_value(summary_member(s, value, "remote_port"));
	if (!summary_has(value, "faster_hosts_ns"))
		out->faster_hosts_ns = -1;
}

/* ---- all ----------------------------------------------------------------- */

/* An array of one kind of thing, each element read by `take`. */
#define TAKE_ALL(s, object, key, out, count, take) \
	do { \
		const json_t *all_ = summary_member(s, object, key); \
		size_t n_ = json_array_size(all_); \
\
		(out) = summary_array(s, n_, sizeof(*(out))); \
		(count) = (out) ? n_ : 0; \
		for (size_t i_ = 0; i_ < (count); i_++) \
			take(s, json_array_get(all_, i_), &(out)[i_]); \
	} while (0)

static bool is_class(const struct flows *f, int flow_class)
{
	return flow_class < 0 || (size_t)flow_class < f->classes;
}

/* Everything that is a number of something else is one of those there are. */
static bool is_consistent(const struct flows *f)
{
	bool good = true;

	for (size_t i = 0; i < f->flows; i++)
		good = good && is_class(f, f->flow[i].flow_class);
	for (size_t i = 0; i < f->segments; i++)
		good = good && f->segment[i].flow < f->flows &&
		       is_class(f, f->segment[i].flow_class);
	for (size_t i = 0; i < f->classes; i++) {
		for (size_t j = 0; j < f->class[i].flows; j++)
			good = good && f->class[i].flow[j] < f->flows;
	}
	for (size_t i = 0; i < f->events; i++)
		good = good && f->event[i].flow < f->flows;
	for (size_t i = 0; i < f->mines; i++)
		good = good && is_class(f, f->mine[i].flow_class);
	return good;
}

void summary_flows(struct summary *s, const json_t *object, struct result *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(NUMBER, "bar_ns", flows, bar_ns),
		SUMMARY_FIELD(NUMBER, "flow_hours", flows, hours),
		{},
	};
	struct flows *f;

	if (!json_object_get(object, "flows"))
		return;
	f = summary_array(s, 1, sizeof(*f));
	out->flows = f;
	if (!f)
		return;
	summary_fields(s, object, field, f);
	TAKE_ALL(s, object, "flows", f->flow, f->flows, take_flow);
	TAKE_ALL(s, object, "segments", f->segment, f->segments, take_segment);
	TAKE_ALL(s, object, "classes", f->class, f->classes, take_class);
	TAKE_ALL(s, object, "events", f->event, f->events, take_event);
	f->has_mine = summary_has(object, "mine");
	TAKE_ALL(s, object, "mine", f->mine, f->mines, take_connection);
	if (!is_consistent(f))
		s->wrong = "flows";
	else
		number_segments(s, f);
}
