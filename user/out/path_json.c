// SPDX-License-Identifier: GPL-2.0-only
#include "out/path_json.h"

#include "out/json.h"
#include "out/json_value.h"

static const char *const answer_names[PATH_ANSWERS] = {
	[PATH_ROUTER] = "router",
	[PATH_TARGET] = "target",
	[PATH_CLOSED] = "target_closed",
	[PATH_BARRED] = "barred",
};

static json_t *number_if(bool known, int64_t value)
{
	return known ? json_value_signed(value) : json_null();
}

static json_t *ttl_value(const struct ttl_range *t)
{
	const struct json_pair pair[] = {
		{ "min", number_if(t->min >= 0, t->min) },
		{ "max", number_if(t->max >= 0, t->max) },
		{ "remote_min", number_if(t->remote_min >= 0, t->remote_min) },
		{ "remote_max", number_if(t->remote_max >= 0, t->remote_max) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *loss_value(const struct probes *p, const struct loss *l)
{
	const struct ci unknown = { 0 };
	const struct json_pair pair[] = {
		{ "ratio",
		  p->sent ? json_value_number(l->ratio) : json_null() },
		{ "ci95", json_value_interval(p->sent ? &l->ci95 : &unknown) },
		{ "longest_run", json_value_unsigned(l->longest_run) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *labels_value(const struct mpls_label *label, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct json_pair pair[] = {
			{ "label", json_integer(label[i].label) },
			{ "traffic_class",
			  json_integer(label[i].traffic_class) },
			{ "bottom", json_boolean(label[i].is_bottom) },
			{ "ttl", json_integer(label[i].ttl) },
			{ NULL, NULL },
		};

		all = json_value_append(all, json_value_object(pair));
	}
	return all;
}

static json_t *others_value(const struct path_hop *h)
{
	json_t *all = json_array();

	for (size_t i = 0; i < h->others && i < PATH_OTHERS; i++)
		all = json_value_append(all, json_value_text(h->other[i]));
	return all;
}

static json_t *quote_value(const struct path_hop *h)
{
	const struct quote *q = &h->quote;
	const struct json_pair pair[] = {
		{ "type", json_integer(q->type) },
		{ "code", json_integer(q->code) },
		{ "ttl", json_integer(q->ttl) },
		{ "extensions", json_boolean(q->has_extensions) },
		{ "rewritten", json_boolean(h->rewritten) },
		{ NULL, NULL },
	};

	return h->has_quote ? json_value_object(pair) : json_null();
}

static json_t *hop_value(const struct path_hop *h)
{
	const struct json_pair pair[] = {
		{ "hop", json_integer(h->hop) },
		{ "flow", json_integer(h->flow) },
		{ "address", json_value_known_text(h->address) },
		{ "answer",
		  json_value_text(h->known ? answer_names[h->answer] : NULL) },
		{ "others", others_value(h) },
		{ "rtt_ns", json_value_duration(&h->times.rtt) },
		{ "probes", json_value_probes(&h->probes) },
		{ "loss", loss_value(&h->probes, &h->loss) },
		{ "ttl", ttl_value(&h->ttl) },
		{ "mpls", labels_value(h->quote.label, h->quote.labels) },
		{ "quote", quote_value(h) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *hops_value(const struct path *path)
{
	json_t *all = json_array();

	for (size_t i = 0; i < path->hops; i++)
		all = json_value_append(all, hop_value(&path->hop[i]));
	return all;
}

static json_t *bits_value(uint64_t bits)
{
	json_t *all = json_array();

	for (int i = 0; i < PATH_FLOWS_MOST; i++) {
		if (bits >> i & 1)
			all = json_value_append(all, json_integer(i));
	}
	return all;
}

static json_t *router_value(const struct path_node *n)
{
	const struct json_pair pair[] = {
		{ "hop", json_integer(n->hop) },
		{ "address", json_value_known_text(n->address) },
		{ "answer",
		  json_value_text(n->known ? answer_names[n->answer] : NULL) },
		{ "flows", bits_value(n->flows) },
		{ "rtt_ns", json_value_duration(&n->times.rtt) },
		{ "probes", json_value_probes(&n->probes) },
		{ "loss", loss_value(&n->probes, &n->loss) },
		{ "ttl", ttl_value(&n->ttl) },
		{ "mpls", labels_value(n->label, n->labels) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *routers_value(const struct path *path)
{
	json_t *all = json_array();

	for (size_t i = 0; i < path->nodes; i++)
		all = json_value_append(all, router_value(&path->node[i]));
	return all;
}

static json_t *flow_value(const struct path *path, unsigned int flow)
{
	const struct path_flow *f = &path->flow[flow];
	const struct json_pair pair[] = {
		{ "flow", json_integer(flow) },
		{ "source_port", json_integer(f->source_port) },
		{ "flow_label", number_if(f->flow_label >= 0, f->flow_label) },
		{ "route", json_integer(f->route) },
		{ "target_hop", number_if(f->last, f->last) },
		{ "routers", number_if(f->routers >= 0, f->routers) },
		{ "rtt_ns", json_value_duration(&f->times.rtt) },
		{ "probes", json_value_probes(&f->probes) },
		{ "loss", loss_value(&f->probes, &f->loss) },
		{ "ttl", ttl_value(&f->ttl) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *flows_value(const struct path *path)
{
	json_t *all = json_array();

	for (unsigned int f = 0; f < path->flows; f++)
		all = json_value_append(all, flow_value(path, f));
	return all;
}

static json_t *mtu_value(const struct path_mtu *m)
{
	static const char *const source[] = {
		[PATH_MTU_PROBED] = "probed",
		[PATH_MTU_INTERFACE] = "interface",
		[PATH_MTU_TOLD] = "told",
	};
	bool known = m->source != PATH_MTU_UNKNOWN;
	const struct json_pair pair[] = {
		{ "value", number_if(known, m->value) },
		{ "source", json_value_text(source[m->source]) },
		{ "told_by", json_value_known_text(m->address) },
		{ "interface", json_integer(m->interface) },
		{ "kernel", number_if(m->kernel, m->kernel) },
		{ "passed", number_if(m->passed, m->passed) },
		{ "lost", number_if(m->lost, m->lost) },
		{ "probes", json_integer(m->probes) },
		{ NULL, NULL },
	};

	return m->looked ? json_value_object(pair) : json_null();
}

static json_t *conclusions_value(const struct path *path)
{
	json_t *all = json_array();

	for (size_t i = 0; i < path->findings; i++) {
		const struct json_pair pair[] = {
			{ "code", json_string(path->finding[i].code) },
			{ "text", json_value_text(path->finding[i].text) },
			{ NULL, NULL },
		};

		all = json_value_append(all, json_value_object(pair));
	}
	return all;
}

int path_json_write(FILE *to, const struct path *path)
{
	const struct json_pair pair[] = {
		{ "hops", hops_value(path) },
		{ "routers", routers_value(path) },
		{ "flows", flows_value(path) },
		{ "routes", json_integer(path->routes) },
		{ "rounds", json_integer(path->rounds) },
		{ "max_hop", json_integer(path->max_hop) },
		{ "beyond", json_value_unsigned(path->beyond) },
		{ "mtu", mtu_value(&path->mtu) },
		{ "conclusions", conclusions_value(path) },
		{ NULL, NULL },
	};

	return json_value_write(
		to, json_value_with(json_result_value(&path->base), pair));
}
