// SPDX-License-Identifier: GPL-2.0-only
#include "out/json_flows.h"

static json_t *class_value(int flow_class)
{
	return flow_class < 0 ? json_null() : json_integer(flow_class);
}

/* ---- flows --------------------------------------------------------------- */

static json_t *flow_value(size_t number, const struct flow_result *f)
{
	const struct json_pair pair[] = {
		{ "flow", json_value_unsigned(number) },
		{ "source_port", json_integer(f->source_port) },
		{ "class", class_value(f->flow_class) },
		{ "probes", json_value_all_probes(&f->probes) },
		{ "loss", json_value_loss(&f->loss, f->probes.sent) },
		{ "network_ns", json_value_duration(&f->network) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *flows_value(const struct flows *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->flows; i++)
		all = json_value_append(all, flow_value(i, &f->flow[i]));
	return all;
}

/* ---- segments ------------------------------------------------------------ */

static json_t *segment_value(const struct flow_segment *s)
{
	const struct json_pair pair[] = {
		{ "flow", json_value_unsigned(s->flow) },
		{ "class", class_value(s->flow_class) },
		{ "from_ns", json_value_signed(s->segment.from_ns) },
		{ "to_ns", json_value_signed(s->segment.to_ns) },
		{ "censored", json_boolean(s->censored) },
		{ "min_ns", json_value_signed(s->segment.min_ns) },
		{ "below_ns", json_value_signed(s->segment.below_ns) },
		{ "probes", json_value_unsigned(s->segment.probes) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *segments_value(const struct flows *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->segments; i++)
		all = json_value_append(all, segment_value(&f->segment[i]));
	return all;
}

/* ---- classes ------------------------------------------------------------- */

static json_t *dwell_value(const struct dwell *d)
{
	const struct json_pair pair[] = {
		{ "n", json_value_unsigned(d->n) },
		{ "censored", json_value_unsigned(d->censored) },
		{ "mean", json_value_number(d->mean) },
		{ "ci95", json_value_interval(&d->ci95) },
		{ "median", json_value_number(d->median) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *members_value(const struct flow_class *c)
{
	json_t *all = json_array();

	for (size_t i = 0; i < c->flows; i++)
		all = json_value_append(all, json_integer(c->flow[i]));
	return all;
}

static json_t *path_value(size_t number, const struct flow_class *c)
{
	const struct json_pair pair[] = {
		{ "class", json_value_unsigned(number) },
		{ "min_ns", json_value_signed(c->min_ns) },
		{ "below_ns", json_value_signed(c->below_ns) },
		{ "flows", members_value(c) },
		{ "share", json_value_number(c->share) },
		{ "dwell_s", dwell_value(&c->dwell) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *classes_value(const struct flows *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->classes; i++)
		all = json_value_append(all, path_value(i, &f->class[i]));
	return all;
}

/* ---- events -------------------------------------------------------------- */

static json_t *time_value(const struct result *r, int64_t time_ns)
{
	int64_t tai_offset_ns = r->clock.tai_offset_s * NSEC_PER_SEC;
	char text[TIME_TEXT];

	time_text((real_t){ r->run.origin_tai_ns - tai_offset_ns + time_ns },
		  text);
	return json_string(text);
}

static json_t *event_value(const struct result *r, const struct flow_event *f)
{
	const struct watch_event *e = &f->event;
	const struct json_pair pair[] = {
		{ "flow", json_value_unsigned(f->flow) },
		{ "time", time_value(r, e->time_ns) },
		{ "time_ns", json_value_signed(e->time_ns) },
		{ "time_lo_ns", json_value_signed(e->time_lo_ns) },
		{ "time_hi_ns", json_value_signed(e->time_hi_ns) },
		{ "told_ns", json_value_signed(e->told_ns) },
		{ "direction", json_value_text(watch_way_name(e->way)) },
		{ "from_ns", json_value_signed(e->from_ns) },
		{ "to_ns", json_value_signed(e->to_ns) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *events_value(const struct result *r, const struct flows *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->events; i++)
		all = json_value_append(all, event_value(r, &f->event[i]));
	return all;
}

/* ---- mine ---------------------------------------------------------------- */

static json_t *positive_value(int64_t ns)
{
	return ns > 0 ? json_value_signed(ns) : json_null();
}

static json_t *connection_value(const struct mine *m)
{
	const struct json_pair pair[] = {
		{ "local_port", json_integer(m->local_port) },
		{ "remote_port", json_integer(m->remote_port) },
		{ "min_rtt_ns", positive_value(m->min_rtt_ns) },
		{ "rtt_ns", positive_value(m->rtt_ns) },
		{ "class", class_value(m->flow_class) },
		{ "hosts_ns", m->flow_class < 0
				      ? json_null()
				      : json_value_signed(m->hosts_ns) },
		{ "faster_hosts_ns",
		  m->faster_hosts_ns < 0
			  ? json_null()
			  : json_value_signed(m->faster_hosts_ns) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

/* null: nobody looked. */
static json_t *mine_value(const struct flows *f)
{
	json_t *all = f->has_mine ? json_array() : json_null();

	for (size_t i = 0; f->has_mine && i < f->mines; i++)
		all = json_value_append(all, connection_value(&f->mine[i]));
	return all;
}

json_t *json_flows_with(json_t *summary, const struct result *r)
{
	const struct flows *f = r->flows;

	if (!f)
		return summary;
	return json_value_with(
		summary, (const struct json_pair[]){
				 { "flows", flows_value(f) },
				 { "segments", segments_value(f) },
				 { "classes", classes_value(f) },
				 { "events", events_value(r, f) },
				 { "bar_ns", json_value_number(f->bar_ns) },
				 { "flow_hours", json_value_number(f->hours) },
				 { "mine", mine_value(f) },
				 { NULL, NULL },
			 });
}
