// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "model/preflight.h"
#include "out/summary_parts.h"

/* Which of `n` names it is; `none` for null and for what is not among them. */
static int which(const json_t *value, const char *const *name, int n, int none)
{
	const char *text = json_string_value(value);

	for (int i = 0; text && i < n; i++) {
		if (name[i] && !strcmp(name[i], text))
			return i;
	}
	return none;
}

static void take_fallbacks(struct summary *s, const json_t *object,
			   struct fallbacks *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "wanted", fallback, wanted),
		SUMMARY_FIELD(TEXT, "used", fallback, used),
		{},
	};
	const json_t *all = summary_member(s, object, "fallbacks");
	const char *name[FALLBACK_STAGES];

	for (int i = 0; i < FALLBACK_STAGES; i++)
		name[i] = fallback_stage_name(i);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *value = json_array_get(all, i);
		const char *why =
			json_string_value(json_object_get(value, "why"));
		int stage = which(summary_member(s, value, "stage"), name,
				  FALLBACK_STAGES, 0);
		struct fallback step = {};

		summary_fields(s, value, field, &step);
		fallback_set(&out->at[stage], step.wanted, step.used,
			     why ? why : "");
	}
}

static void take_hooks(struct summary *s, const json_t *object,
		       struct hooks *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "tx_how", hooks, tx_how),
		SUMMARY_FIELD(TEXT, "rx_how", hooks, rx_how),
		SUMMARY_FIELD(TEXT, "tx_why", hooks, tx_why),
		SUMMARY_FIELD(TEXT, "rx_why", hooks, rx_why),
		{},
	};
	static const char *const sent[STAMPS] = {
		[STAMP_TC_TX] = "tc",
		[STAMP_DRV_TX] = "drv",
	};
	static const char *const arrived[STAMPS] = {
		[STAMP_HW_RX] = "hw",
		[STAMP_XDP_RX] = "xdp",
		[STAMP_TC_RX] = "tc",
	};
	const json_t *value = summary_member(s, object, "hooks");

	summary_fields(s, value, field, out);
	out->tx = which(summary_member(s, value, "tx"), sent, STAMPS, 0);
	out->rx = which(summary_member(s, value, "rx"), arrived, STAMPS, 0);
	take_fallbacks(s, value, &out->fallbacks);
}

static void take_counts(struct summary *s, const json_t *object,
			struct counts *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "stale", counts, stale),
		SUMMARY_FIELD(COUNT, "ring_full", counts, ring_full),
		SUMMARY_FIELD(COUNT, "disorder", counts, disorder),
		SUMMARY_FIELD(COUNT, "slot_refused", counts, slot_refused),
		SUMMARY_FIELD(COUNT, "tx_stamp_missing", counts,
			      tx_stamp_missing),
		SUMMARY_FIELD(COUNT, "hw_stamp_missing", counts,
			      hw_stamp_missing),
		SUMMARY_FIELD(COUNT, "hw_stamp_disorder", counts,
			      hw_stamp_disorder),
		SUMMARY_FIELD(COUNT, "send_errors", counts, send_errors),
		SUMMARY_FIELD(COUNT, "port_unreachable", counts,
			      port_unreachable),
		SUMMARY_FIELD(COUNT, "unreachable", counts, unreachable),
		{},
	};

	summary_fields(s, summary_member(s, object, "counts"), field, out);
}

static void take_pacing(struct summary *s, const json_t *object,
			struct pacing *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(COUNT, "seed", pacing, seed),
		SUMMARY_FIELD(SIGNED, "interval_ns", pacing, interval_ns),
		SUMMARY_FIELD(NUMBER, "achieved_pps", pacing, achieved_pps),
		{},
	};
	static const char *const kind[] = { "fixed", "poisson", "flood" };
	const json_t *value = summary_member(s, object, "pacing");
	int is = which(summary_member(s, value, "kind"), kind, 3, 0);

	summary_fields(s, value, field, out);
	out->poisson = is == 1;
	out->flood = is == 2;
	summary_duration(s, value, "lateness_ns", &out->lateness);
}

static void take_ttl(struct summary *s, const json_t *object,
		     struct ttl_range *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(INDEX, "min", ttl_range, min),
		SUMMARY_FIELD(INDEX, "max", ttl_range, max),
		SUMMARY_FIELD(INDEX, "remote_min", ttl_range, remote_min),
		SUMMARY_FIELD(INDEX, "remote_max", ttl_range, remote_max),
		{},
	};

	summary_fields(s, summary_member(s, object, "ttl"), field, out);
}

static void take_finding(struct summary *s, const json_t *value,
			 struct preflight_finding *out)
{
	const char *level[] = {
		[PREFLIGHT_NOTE] = preflight_level_name(PREFLIGHT_NOTE),
		[PREFLIGHT_COSTS] = preflight_level_name(PREFLIGHT_COSTS),
		[PREFLIGHT_BLOCKS] = preflight_level_name(PREFLIGHT_BLOCKS),
	};
	struct {
		const char *id, *text, *fix;
	} found = {};
	const struct summary_field field[] = {
		{ "id", SUMMARY_TEXT, (char *)&found.id - (char *)&found },
		{ "text", SUMMARY_TEXT, (char *)&found.text - (char *)&found },
		{ "fix", SUMMARY_TEXT, (char *)&found.fix - (char *)&found },
		{},
	};

	summary_fields(s, value, field, &found);
	out->id = found.id ? found.id : "";
	out->level = which(summary_member(s, value, "level"), level,
			   PREFLIGHT_BLOCKS + 1, PREFLIGHT_NOTE);
	snprintf(out->text, sizeof(out->text), "%s",
		 found.text ? found.text : "");
	snprintf(out->fix, sizeof(out->fix), "%s", found.fix ? found.fix : "");
}

static void take_local(struct summary *s, const json_t *object,
		       struct local_host *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "ifname", local_host, ifname),
		SUMMARY_FIELD(TEXT, "driver", local_host, driver),
		SUMMARY_FIELD(TEXT, "kernel", local_host, kernel),
		SUMMARY_FIELD(TEXT, "clocksource", local_host, clocksource),
		SUMMARY_FIELD(INT, "mtu", local_host, mtu),
		{},
	};
	const json_t *value = summary_member(s, object, "local");
	const json_t *findings = summary_member(s, value, "preflight");
	struct preflight *found = summary_array(s, 1, sizeof(*found));

	summary_fields(s, value, field, out);
	out->preflight = found;
	for (size_t i = 0;
	     found && i < json_array_size(findings) && i < PREFLIGHT_FINDINGS;
	     i++)
		take_finding(s, json_array_get(findings, i),
			     &found->finding[found->count++]);
}

static void take_target(struct summary *s, const json_t *object,
			struct target_host *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "name", target_host, name),
		SUMMARY_FIELD(TEXT, "address", target_host, address),
		SUMMARY_FIELD(TEXT, "source", target_host, source),
		SUMMARY_FIELD(INT, "port", target_host, port),
		SUMMARY_FIELD(INT, "source_port", target_host, source_port),
		SUMMARY_FIELD(COUNT, "syn_acks", target_host, syn_acks),
		SUMMARY_FIELD(COUNT, "resets", target_host, resets),
		SUMMARY_FIELD(FLAG, "stateful", target_host, stateful),
		SUMMARY_FIELD(FLAG, "synchronised", target_host, synchronised),
		{},
	};
	static const char *const protocol[] = {
		[PROTOCOL_STAMP] = "stamp",
		[PROTOCOL_ICMP] = "icmp",
		[PROTOCOL_TCP] = "tcp",
	};
	const json_t *value = summary_member(s, object, "target");
	const json_t *ports = summary_member(s, value, "source_ports");

	summary_fields(s, value, field, out);
	out->source_ports = json_integer_value(ports);
	out->protocol = which(summary_member(s, value, "protocol"), protocol,
			      PROTOCOL_TCP + 1, PROTOCOL_STAMP);
}

static void take_run(struct summary *s, const json_t *object,
		     struct run_facts *out)
{
	static const struct summary_field field[] = {
		SUMMARY_FIELD(TEXT, "start", run_facts, start),
		SUMMARY_FIELD(SIGNED, "duration_ns", run_facts, duration_ns),
		SUMMARY_FIELD(TEXT, "command", run_facts, command),
		SUMMARY_FIELD(TEXT, "version", run_facts, version),
		SUMMARY_FIELD(FLAG, "interrupted", run_facts, interrupted),
		SUMMARY_FIELD(TEXT, "trouble", run_facts, trouble),
		SUMMARY_FIELD(SIGNED, "origin_mono_ns", run_facts, origin.ns),
		SUMMARY_FIELD(SIGNED, "origin_tai_ns", run_facts,
			      origin_tai_ns),
		SUMMARY_FIELD(SIGNED, "remote_origin_tai_ns", run_facts,
			      remote_origin.ns),
		{},
	};
	const json_t *value = summary_member(s, object, "run");

	summary_fields(s, value, field, out);
	out->has_remote_origin = summary_has(value, "remote_origin_tai_ns");
}

void summary_hosts(struct summary *s, const json_t *object, struct result *out)
{
	take_run(s, object, &out->run);
	take_target(s, object, &out->target);
	take_local(s, object, &out->local);
	take_hooks(s, object, &out->hooks);
	take_pacing(s, object, &out->pacing);
	take_ttl(s, object, &out->ttl);
	take_counts(s, object, &out->counts);
}
