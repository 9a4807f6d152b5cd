// SPDX-License-Identifier: GPL-2.0-only
/* From what was asked of `xrtt probe` or `xrtt flows` to a plan. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/places.h"
#include "cmd/probe_options.h"
#include "model/until.h"
#include "probe/packet.h"
#include "wire.h"

/* The first retransmission of a SYN-ACK (RFC 6298 section 2). */
#define TCP_TIMEOUT_MAX NSEC_PER_SEC

static int resolve(const struct probe_options *o, const char *name,
		   const char *what, struct address *out)
{
	int err = address_resolve(name, o->family, out);

	if (!err)
		return 0;
	fprintf(stderr, "xrtt %s: %s %s: %s\n", o->command, what, name,
		gai_strerror(err));
	return -EINVAL;
}

static int check_engine(const struct probe_options *o)
{
	const char *no = NULL;

	if ((o->engine == ENGINE_BYPASS || o->engine == ENGINE_CHOICE_BOTH) &&
	    o->protocol == PROTOCOL_ICMP)
		no = "--engine: the bypass engine speaks STAMP and TCP only";
	else if (o->engine == ENGINE_CHOICE_AUTO && o->protocol == PROTOCOL_TCP)
		no = "--engine: auto finds out by STAMP; for TCP say socket or "
		     "bypass";
	else if (o->flood && o->protocol == PROTOCOL_TCP)
		no = "--flood: a flood of SYNs is an attack; -i does without";
	else if (o->busy_poll && o->protocol == PROTOCOL_TCP)
		no = "--busy-poll: not for TCP, which waits for connections";
	else if (o->timeout.ns > TCP_TIMEOUT_MAX && o->protocol == PROTOCOL_TCP)
		no = "--timeout: for TCP a second at most: after that the far "
		     "host sends its SYN-ACK again";
	else if (o->hw_stamps && o->protocol == PROTOCOL_TCP)
		no = "--hw-stamps: not for TCP, whose answers the kernel keeps "
		     "to itself";
	else if (o->size != PACKET_PAYLOAD_MIN && o->protocol == PROTOCOL_TCP)
		no = "--size: a SYN carries nothing";
	else if (o->flood && o->engine != ENGINE_BYPASS)
		no = "--flood: only --engine bypass can";
	else if (o->batch > 1 && !o->flood)
		no = "--batch: more than one at a time only with --flood";
	else if (o->flood && o->hw_stamps)
		no = "--hw-stamps: not with --flood, which has no time to wait "
		     "for the readings that a stamp takes";
	if (no)
		fprintf(stderr, "xrtt %s: %s\n", o->command, no);
	return no ? -EINVAL : 0;
}

static int check_port(const struct probe_options *o)
{
	uint64_t last = o->source_port + (o->flows ? o->flows - 1 : 0);

	if (last > UINT16_MAX) {
		fprintf(stderr,
			"xrtt %s: --source-port %u: so many flows go beyond "
			"65535\n",
			o->command, (unsigned int)o->source_port);
		return -EINVAL;
	}
	if (!o->source_port || o->protocol != PROTOCOL_STAMP ||
	    ((o->port < o->source_port || o->port > last) &&
	     (STAMP_PORT < o->source_port || STAMP_PORT > last)))
		return 0;
	fprintf(stderr,
		"xrtt %s: --source-port %u: reflectors answer neither their "
		"own port nor 862\n",
		o->command, (unsigned int)o->source_port);
	return -EINVAL;
}

static int check(const struct probe_options *o)
{
	const char *dot = o->samples ? strrchr(o->samples, '.') : NULL;

	if (o->samples &&
	    (!dot || (strcmp(dot, ".csv") && strcmp(dot, ".jsonl") &&
		      strcmp(dot, ".db")))) {
		fprintf(stderr,
			"xrtt %s: --samples %s: the name must end in .csv, "
			".jsonl or .db\n",
			o->command, o->samples);
		return -EINVAL;
	}
	if (o->size > PACKET_PAYLOAD_MIN &&
	    o->size < PACKET_PAYLOAD_MIN + sizeof(struct stamp_tlv) &&
	    o->protocol == PROTOCOL_STAMP) {
		fprintf(stderr,
			"xrtt %s: --size %u: STAMP has 44 octets, or 48 and "
			"more\n",
			o->command, (unsigned int)o->size);
		return -EINVAL;
	}
	return check_port(o);
}

static int read_until(const struct probe_options *o, struct plan *plan)
{
	if (!o->until)
		return 0;
	plan->has_until = !until_parse(o->until, &plan->until);
	if (plan->has_until)
		return 0;
	fprintf(stderr,
		"xrtt %s: --until %s: not like p99±20us (p50, p90, p99, "
		"p99.9; ± or +-; ns, us, ms, s)\n",
		o->command, o->until);
	return -EINVAL;
}

static int read_clock_ppm(const struct probe_options *o, struct plan *plan)
{
	char *end;

	if (!o->clock_ppm)
		return 0;
	plan->clock_ppm = strtod(o->clock_ppm, &end);
	if (!*end && plan->clock_ppm > 0 && plan->clock_ppm <= 1e6)
		return 0;
	fprintf(stderr, "xrtt %s: --clock-ppm %s: not above 0 ppm\n",
		o->command, o->clock_ppm);
	return -EINVAL;
}

static int read_condition(struct probe_options *o)
{
	if (!o->fail_if)
		return 0;
	if (condition_parse(o->fail_if, &o->condition)) {
		fprintf(stderr,
			"xrtt %s: --fail-if %s: not like network.p99>60ms "
			"(network, rtt or remote with .min .p50 .p90 .p99 or "
			".p99.9; loss; inflation; > or <)\n",
			o->command, o->fail_if);
		return -EINVAL;
	}
	if (o->condition.metric != METRIC_INFLATION || o->to)
		return 0;
	fprintf(stderr,
		"xrtt %s: --fail-if %s: over which distance? --to says\n",
		o->command, o->fail_if);
	return -EINVAL;
}

static int read_places(const struct probe_options *o, struct plan *plan)
{
	const struct place_names names = {
		.command = o->command,
		.from = o->from,
		.to = o->to,
		.from_option = "--from",
		.to_option = "--to",
	};

	plan->has_distance = o->to;
	if (o->to)
		return places_read(&names, &plan->distance);
	if (!o->from)
		return 0;
	fprintf(stderr,
		"xrtt %s: --from %s: and where to? --to is "
		"missing\n",
		o->command, o->from);
	return -EINVAL;
}

int probe_options_plan(struct probe_options *o, const char *target,
		       struct plan *plan)
{
	*plan = (struct plan){
		.target = target,
		.ifname = o->ifname,
		.port = o->port,
		.source_port = o->source_port,
		.protocol = o->protocol,
		.engine = o->engine < ENGINES ? o->engine : ENGINE_SOCKET,
		.both = o->engine == ENGINE_CHOICE_BOTH,
		.engine_auto = o->engine == ENGINE_CHOICE_AUTO,
		.flood = o->flood,
		.batch = o->batch,
		.tune = o->tune,
		.busy_poll = o->busy_poll,
		.prepare = o->prepare,
		.hw_stamps = o->hw_stamps,
		.count = o->count,
		.duration = o->duration,
		.interval = o->interval,
		.timeout = o->timeout,
		.poisson = o->pacing,
		.seed = o->seed,
		.flows = o->flows,
		.rx_hook = o->rx_hook,
		.tc = o->tc,
		.size = o->size,
		.dscp = o->dscp,
	};
	/* 2^52 keeps the seed whole in JSON. */
	if (!plan->seed && getrandom(&plan->seed, sizeof(plan->seed), 0) > 0)
		plan->seed = (plan->seed >> 12) | 1;
	if (check(o) || check_engine(o) || read_until(o, plan) ||
	    read_clock_ppm(o, plan) || read_condition(o) ||
	    read_places(o, plan))
		return -EINVAL;
	if (o->source && resolve(o, o->source, "--source", &plan->source))
		return -EINVAL;
	if (o->source)
		o->family = plan->source.family;
	return resolve(o, target, "target", &plan->address);
}
