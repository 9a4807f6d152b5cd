// SPDX-License-Identifier: GPL-2.0-only
#include "out/json.h"

#include <inttypes.h>
#include <math.h>

#include "out/json_clock.h"
#include "out/json_distance.h"
#include "out/json_fallbacks.h"
#include "out/json_flows.h"
#include "out/json_value.h"
#include "out/null_json.h"
#include "out/preflight.h"

#define SCHEMA "xrtt/1"

static json_t *count_if(bool known, uint64_t count)
{
	return known ? json_value_unsigned(count) : json_null();
}

/* Where 0 or less means that there is none. */
static json_t *positive_value(int value)
{
	return value > 0 ? json_integer(value) : json_null();
}

static json_t *counts_value(const struct counts *c)
{
	const struct json_pair pair[] = {
		{ "stale", json_value_unsigned(c->stale) },
		{ "ring_full", json_value_unsigned(c->ring_full) },
		{ "disorder", json_value_unsigned(c->disorder) },
		{ "slot_refused", json_value_unsigned(c->slot_refused) },
		{ "tx_stamp_missing",
		  json_value_unsigned(c->tx_stamp_missing) },
		{ "hw_stamp_missing",
		  json_value_unsigned(c->hw_stamp_missing) },
		{ "hw_stamp_disorder",
		  json_value_unsigned(c->hw_stamp_disorder) },
		{ "send_errors", json_value_unsigned(c->send_errors) },
		{ "port_unreachable",
		  json_value_unsigned(c->port_unreachable) },
		{ "unreachable", json_value_unsigned(c->unreachable) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *hooks_value(const struct hooks *h)
{
	static const char *const name[STAMPS] = {
		[STAMP_TC_TX] = "tc", [STAMP_DRV_TX] = "drv",
		[STAMP_HW_RX] = "hw", [STAMP_XDP_RX] = "xdp",
		[STAMP_TC_RX] = "tc",
	};
	const struct json_pair pair[] = {
		{ "tx", json_value_text(name[h->tx]) },
		{ "rx", json_value_text(name[h->rx]) },
		{ "tx_how", json_value_text(h->tx_how) },
		{ "rx_how", json_value_text(h->rx_how) },
		{ "tx_why", json_value_text(h->tx_why) },
		{ "rx_why", json_value_text(h->rx_why) },
		{ "fallbacks", json_fallbacks_value(&h->fallbacks) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *stages_value(const struct result *r)
{
	struct json_pair pair[STAGES + 1] = { 0 };

	for (int i = 0; i < STAGES; i++)
		pair[i] =
			(struct json_pair){ stage_name(i),
					    json_value_duration(&r->stage[i]) };
	return json_value_object(pair);
}

static json_t *share_value(const struct result *r)
{
	struct json_pair pair[STAGES + 1] = { 0 };

	for (int i = 0; i < STAGES; i++) {
		bool known = r->has_share && r->stage[i].n;

		pair[i] = (struct json_pair){
			stage_name(i),
			json_value_number(known ? r->share[i] : NAN)
		};
	}
	return json_value_object(pair);
}

static const char *pacing_name(const struct pacing *p)
{
	if (p->flood)
		return "flood";
	return p->poisson ? "poisson" : "fixed";
}

static json_t *pacing_value(const struct pacing *p)
{
	const struct json_pair pair[] = {
		{ "kind", json_string(pacing_name(p)) },
		{ "seed", json_value_unsigned(p->seed) },
		{ "interval_ns",
		  p->flood ? json_null() : json_value_signed(p->interval_ns) },
		{ "achieved_pps", json_value_number(p->achieved_pps) },
		{ "lateness_ns", json_value_duration(&p->lateness) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *ttl_value(const struct ttl_range *t)
{
	const struct json_pair pair[] = {
		{ "min", count_if(t->min >= 0, t->min) },
		{ "max", count_if(t->max >= 0, t->max) },
		{ "remote_min", count_if(t->remote_min >= 0, t->remote_min) },
		{ "remote_max", count_if(t->remote_max >= 0, t->remote_max) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *local_value(const struct local_host *l)
{
	const struct json_pair pair[] = {
		{ "ifname", json_value_text(l->ifname) },
		{ "driver", json_value_text(l->driver) },
		{ "kernel", json_value_text(l->kernel) },
		{ "clocksource", json_value_text(l->clocksource) },
		{ "mtu", positive_value(l->mtu) },
		{ "preflight", preflight_value(l->preflight) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *target_value(const struct target_host *t)
{
	static const char *const protocol[] = {
		[PROTOCOL_STAMP] = "stamp",
		[PROTOCOL_ICMP] = "icmp",
		[PROTOCOL_TCP] = "tcp",
	};
	bool is_tcp = t->protocol == PROTOCOL_TCP;
	const struct json_pair pair[] = {
		{ "name", json_value_text(t->name) },
		{ "address", json_value_text(t->address) },
		{ "source", json_value_text(t->source) },
		{ "port", positive_value(t->port) },
		{ "source_port", positive_value(t->source_port) },
		{ "protocol", json_string(protocol[t->protocol]) },
		{ "source_ports", positive_value(t->source_ports) },
		{ "syn_acks",
		  is_tcp ? json_integer(t->syn_acks) : json_null() },
		{ "resets", is_tcp ? json_integer(t->resets) : json_null() },
		{ "stateful", json_boolean(t->stateful) },
		{ "synchronised", json_boolean(t->synchronised) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

/* Nanoseconds of an epoch do not fit a double: a string. */
static json_t *epoch_value(int64_t ns)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, ns);
	return json_string(digits);
}

static json_t *run_value(const struct run_facts *run)
{
	const struct json_pair pair[] = {
		{ "start", json_value_text(run->start) },
		{ "duration_ns", json_value_signed(run->duration_ns) },
		{ "command", json_value_text(run->command) },
		{ "version", json_value_text(run->version) },
		{ "interrupted", json_boolean(run->interrupted) },
		{ "trouble", json_value_text(run->trouble) },
		{ "origin_mono_ns", epoch_value(run->origin.ns) },
		{ "origin_tai_ns", epoch_value(run->origin_tai_ns) },
		{ "remote_origin_tai_ns",
		  run->has_remote_origin ? epoch_value(run->remote_origin.ns)
					 : json_null() },
		{ "null", null_json_value(run->null) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *segment_value(const struct segment *s)
{
	const struct json_pair pair[] = {
		{ "from_ns", json_value_signed(s->from_ns) },
		{ "to_ns", json_value_signed(s->to_ns) },
		{ "network_ns", json_value_duration(&s->network) },
		{ "inflation", json_range_value(&s->inflation) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

static json_t *segments_value(const struct result *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->segments; i++)
		all = json_value_append(all, segment_value(&r->segment[i]));
	return all;
}

static json_t *result_value(const struct result *r);

static json_t *engines_value(const struct result *r)
{
	struct json_pair pair[ENGINES + 1] = {};

	if (!r->engines)
		return json_null();
	for (int i = 0; i < ENGINES; i++)
		pair[i] = (struct json_pair){ engine_name(i),
					      result_value(&r->engines[i]) };
	return json_value_object(pair);
}

static json_t *host_stack_value(const struct result *r)
{
	const struct json_pair pair[] = {
		{ "out", json_value_duration(&r->host_out) },
		{ "in", json_value_duration(&r->host_in) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

/* The difference, and what it says. */
static json_t *closure_value(const struct result *r)
{
	const struct json_pair pair[] = {
		{ "code", json_value_text(r->closure_verdict.code) },
		{ "text", json_value_text(r->closure_verdict.text) },
		{ NULL, NULL },
	};

	return json_value_with(json_value_difference(&r->closure), pair);
}

static json_t *result_value(const struct result *r)
{
	const struct json_pair pair[] = {
		{ "schema", json_string(SCHEMA) },
		{ "engine",
		  json_string(r->engines ? "both" : engine_name(r->engine)) },
		{ "run", run_value(&r->run) },
		{ "target", target_value(&r->target) },
		{ "local", local_value(&r->local) },
		{ "clock", json_clock_value(&r->clock) },
		{ "hooks", hooks_value(&r->hooks) },
		{ "pacing", pacing_value(&r->pacing) },
		{ "probes", json_value_all_probes(&r->probes) },
		{ "loss", json_value_loss(&r->loss, r->probes.sent) },
		{ "counts", counts_value(&r->counts) },
		{ "ttl", ttl_value(&r->ttl) },
		{ "rtt_ns", json_value_duration(&r->rtt) },
		{ "network_ns", json_value_duration(&r->network) },
		{ "remote_ns", json_value_duration(&r->remote) },
		{ "stages_ns", stages_value(r) },
		{ "share", share_value(r) },
		{ "host_stack_ns", host_stack_value(r) },
		{ "engines", engines_value(r) },
		{ "closure", r->engines ? closure_value(r) : json_null() },
		{ "segments", segments_value(r) },
		{ "distance",
		  json_distance_value(r->has_distance ? &r->distance : NULL) },
		{ "application", json_application_value(&r->application) },
		{ "verdict", json_verdicts_value(r) },
		{ NULL, NULL },
	};

	return json_flows_with(json_value_object(pair), r);
}

json_t *json_result_value(const struct result *r)
{
	return result_value(r);
}

char *json_report(const struct result *r)
{
	return json_value_dump(result_value(r));
}

int json_write(FILE *to, const struct result *r)
{
	return json_value_write(to, result_value(r));
}
