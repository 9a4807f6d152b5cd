// SPDX-License-Identifier: GPL-2.0-only
/* What can be asked of `xrtt probe`, and what it makes of it. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/option.h"
#include "cmd/places.h"
#include "cmd/probe_options.h"
#include "model/until.h"
#include "probe/packet.h"
#include "wire.h"

#define DEFAULT_COUNT 1000

/* A closed port measures as well as an open one; this is the one that most
 * often lets a SYN through. */
#define DEFAULT_TCP_PORT 443

/* The first retransmission of a SYN-ACK (RFC 6298 section 2). */
#define TCP_TIMEOUT_MAX NSEC_PER_SEC

/* By enum engine, then these. */
enum {
	CHOICE_BOTH = ENGINES,
	CHOICE_AUTO
};
static const char *const engines[] = { "socket", "bypass", "both", "auto",
				       NULL };
static const char *const protocols[] = { "stamp", "icmp", "tcp", NULL };
static const char *const pacings[] = { "fixed", "poisson", NULL };
static const char *const rx_hooks[] = { "auto", "xdp", "tc", NULL };
static const char *const tcs[] = { "auto", "tcx", "clsact", NULL };

#define AT(member) offsetof(struct probe_options, member)

static const struct option_row rows[] = {
	{ OPTION_NUMBER, 'c', "count", "N", "probes to send (1000)", AT(count),
	  1, UINT32_MAX - 256, NULL },
	{ OPTION_TIME, 'd', "duration", "TIME", "send for so long",
	  AT(duration), 1, 366 * 86400 * NSEC_PER_SEC, NULL },
	{ OPTION_TEXT, 0, "until", "LEVEL±TIME",
	  "or until network is known so well: p99±20us", AT(until), 0, 0,
	  NULL },
	{ OPTION_TIME, 'i', "interval", "TIME", "from probe to probe (10ms)",
	  AT(interval), NSEC_PER_USEC, 86400 * NSEC_PER_SEC, NULL },
	{ OPTION_TIME, 'W', "timeout", "TIME",
	  "answers after this are late (1s)", AT(timeout), NSEC_PER_MSEC,
	  60 * NSEC_PER_SEC, NULL },
	{ OPTION_CHOICE, 0, "pacing", "KIND", "fixed or poisson (fixed)",
	  AT(pacing), 0, 0, pacings },
	{ OPTION_NUMBER, 0, "seed", "N", "of the pacing (random, reported)",
	  AT(seed), 1, INT64_C(1) << 52, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_CHOICE, 0, "protocol", "KIND",
	  "stamp; icmp or tcp to any host (stamp)", AT(protocol), 0, 0,
	  protocols },
	{ OPTION_NUMBER, 'p', "port", "PORT", "the far port (862, tcp: 443)",
	  AT(port), 1, 65535, NULL },
	{ OPTION_NUMBER, 0, "source-port", "PORT", "ours, or the first (any)",
	  AT(source_port), 1, 65535, NULL },
	{ OPTION_NUMBER, 0, "size", "BYTES",
	  "behind the UDP or ICMP header (44)", AT(size), PACKET_PAYLOAD_MIN,
	  PACKET_MAX - 8, NULL },
	{ OPTION_NUMBER, 0, "dscp", "N", "Differentiated Services (0)",
	  AT(dscp), 0, 63, NULL },
	{ OPTION_SET, '4', NULL, NULL, "IPv4 only", AT(family), AF_INET, 0,
	  NULL },
	{ OPTION_SET, '6', NULL, NULL, "IPv6 only", AT(family), AF_INET6, 0,
	  NULL },
	{ OPTION_TEXT, 'I', "interface", "IFACE", "send over this one",
	  AT(ifname), 0, 0, NULL },
	{ OPTION_TEXT, 'S', "source", "ADDR", "our address", AT(source), 0, 0,
	  NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_CHOICE, 0, "engine", "KIND",
	  "socket, bypass (no stack), both, auto (socket)", AT(engine), 0, 0,
	  engines },
	{ OPTION_FLAG, 0, "flood", NULL, "as fast as it goes (bypass)",
	  AT(flood), 0, 0, NULL },
	{ OPTION_NUMBER, 0, "batch", "N", "frames to a doorbell in a flood (1)",
	  AT(batch), 1, 256, NULL },
	{ OPTION_FLAG, 0, "tune", NULL,
	  "moderation and sleep states off, put back after", AT(tune), 0, 0,
	  NULL },
	{ OPTION_FLAG, 0, "busy-poll", NULL, "never sleep: poll the interface",
	  AT(busy_poll), 0, 0, NULL },
	{ OPTION_FLAG, 0, "prepare", NULL,
	  "give native XDP what it needs, put back after", AT(prepare), 0, 0,
	  NULL },
	{ OPTION_FLAG, 0, "hw-stamps", NULL,
	  "the NIC's own RX stamps; restarts the NIC", AT(hw_stamps), 0, 0,
	  NULL },
	{ OPTION_TEXT, 0, "clock-ppm", "PPM",
	  "bound on our clock's rate (found out, else 50)", AT(clock_ppm), 0, 0,
	  NULL },
	{ OPTION_CHOICE, 0, "rx-hook", "KIND",
	  "auto: native XDP, else tc; xdp; tc", AT(rx_hook), 0, 0, rx_hooks },
	{ OPTION_CHOICE, 0, "tc", "KIND", "auto: tcx, else clsact; tcx; clsact",
	  AT(tc), 0, 0, tcs },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "from", "PLACE",
	  "ours: region, zone ID or LAT,LON (on EC2: asked)", AT(from), 0, 0,
	  NULL },
	{ OPTION_TEXT, 0, "to", "PLACE", "the far host's: what is distance?",
	  AT(to), 0, 0, NULL },
	{ OPTION_TEXT, 0, "fail-if", "EXPR",
	  "exit with 4 if, say, network.p99>60ms", AT(fail_if), 0, 0, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "samples", "FILE",
	  "every probe's stamps, .csv or .jsonl", AT(samples), 0, 0, NULL },
	{ OPTION_TEXT, 0, "json", "FILE", "the result as JSON; - for stdout",
	  AT(json), 0, 0, NULL },
	{ OPTION_FLAG, 'v', "verbose", NULL, "a line a probe", AT(verbose), 0,
	  0, NULL },
	{ OPTION_FLAG, 'q', "quiet", NULL, "no report for people", AT(quiet), 0,
	  0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "probe",
	.operand = "TARGET",
	.summary = "measure the round trip to a host",
	.more = "Times take ns, us, ms or s; a bare number is seconds. Ctrl-C "
		"ends early and\nloses nothing; Ctrl-\\ reports so far.",
	.rows = rows,
};

static int resolve(const char *name, int family, const char *what,
		   struct address *out)
{
	int err = address_resolve(name, family, out);

	if (!err)
		return 0;
	fprintf(stderr, "xrtt probe: %s %s: %s\n", what, name,
		gai_strerror(err));
	return -EINVAL;
}

static int check_engine(const struct probe_options *o)
{
	const char *no = NULL;

	if ((o->engine == ENGINE_BYPASS || o->engine == CHOICE_BOTH) &&
	    o->protocol == PROTOCOL_ICMP)
		no = "--engine: the bypass engine speaks STAMP and TCP only";
	else if (o->engine == CHOICE_AUTO && o->protocol == PROTOCOL_TCP)
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
		fprintf(stderr, "xrtt probe: %s\n", no);
	return no ? -EINVAL : 0;
}

static int check(const struct probe_options *o)
{
	const char *dot = o->samples ? strrchr(o->samples, '.') : NULL;

	if (o->samples &&
	    (!dot || (strcmp(dot, ".csv") && strcmp(dot, ".jsonl")))) {
		fprintf(stderr,
			"xrtt probe: --samples %s: the name must end in .csv "
			"or .jsonl\n",
			o->samples);
		return -EINVAL;
	}
	if (o->size > PACKET_PAYLOAD_MIN &&
	    o->size < PACKET_PAYLOAD_MIN + sizeof(struct stamp_tlv) &&
	    o->protocol == PROTOCOL_STAMP) {
		fprintf(stderr,
			"xrtt probe: --size %u: STAMP has 44 octets, or 48 and "
			"more\n",
			(unsigned int)o->size);
		return -EINVAL;
	}
	if (o->source_port && o->protocol == PROTOCOL_STAMP &&
	    (o->source_port == o->port || o->source_port == STAMP_PORT)) {
		fprintf(stderr,
			"xrtt probe: --source-port %u: reflectors answer "
			"neither their own port nor 862\n",
			(unsigned int)o->source_port);
		return -EINVAL;
	}
	return 0;
}

static int read_until(const struct probe_options *o, struct plan *plan)
{
	if (!o->until)
		return 0;
	plan->has_until = !until_parse(o->until, &plan->until);
	if (plan->has_until)
		return 0;
	fprintf(stderr,
		"xrtt probe: --until %s: not like p99±20us (p50, p90, p99, "
		"p99.9; ± or +-; ns, us, ms, s)\n",
		o->until);
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
	fprintf(stderr, "xrtt probe: --clock-ppm %s: not above 0 ppm\n",
		o->clock_ppm);
	return -EINVAL;
}

static int read_condition(struct probe_options *o)
{
	if (!o->fail_if)
		return 0;
	if (condition_parse(o->fail_if, &o->condition)) {
		fprintf(stderr,
			"xrtt probe: --fail-if %s: not like network.p99>60ms "
			"(network, rtt or remote with .min .p50 .p90 .p99 or "
			".p99.9; loss; inflation; > or <)\n",
			o->fail_if);
		return -EINVAL;
	}
	if (o->condition.metric != METRIC_INFLATION || o->to)
		return 0;
	fprintf(stderr,
		"xrtt probe: --fail-if %s: over which distance? --to says\n",
		o->fail_if);
	return -EINVAL;
}

static int read_places(const struct probe_options *o, struct plan *plan)
{
	const struct place_names names = {
		.command = "probe",
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
		"xrtt probe: --from %s: and where to? --to is "
		"missing\n",
		o->from);
	return -EINVAL;
}

static int make_plan(struct probe_options *o, const char *target,
		     struct plan *plan)
{
	int family = o->family;

	*plan = (struct plan){
		.target = target,
		.ifname = o->ifname,
		.port = o->port,
		.source_port = o->source_port,
		.protocol = o->protocol,
		.engine = o->engine < ENGINES ? o->engine : ENGINE_SOCKET,
		.both = o->engine == CHOICE_BOTH,
		.engine_auto = o->engine == CHOICE_AUTO,
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
		.rx_hook = o->rx_hook,
		.tc = o->tc,
		.size = o->size,
		.dscp = o->dscp,
	};
	if (!plan->count && !plan->duration.ns && !o->until)
		plan->count = DEFAULT_COUNT;
	/* 2^52 keeps the seed whole in JSON. */
	if (!plan->seed && getrandom(&plan->seed, sizeof(plan->seed), 0) > 0)
		plan->seed = (plan->seed >> 12) | 1;
	if (check(o) || check_engine(o) || read_until(o, plan) ||
	    read_clock_ppm(o, plan) || read_condition(o) ||
	    read_places(o, plan))
		return -EINVAL;
	if (o->source && resolve(o->source, family, "--source", &plan->source))
		return -EINVAL;
	if (o->source)
		family = plan->source.family;
	return resolve(target, family, "target", &plan->address);
}

int probe_options_parse(int argc, char **argv, struct probe_options *o,
			struct plan *plan)
{
	const char *target;
	int err;

	*o = (struct probe_options){
		.interval = { 10 * NSEC_PER_MSEC },
		.timeout = { NSEC_PER_SEC },
		.size = PACKET_PAYLOAD_MIN,
		.family = AF_UNSPEC,
		.batch = 1,
	};
	err = option_parse(&usage, argc, argv, o, &target);
	if (!o->port)
		o->port = o->protocol == PROTOCOL_TCP ? DEFAULT_TCP_PORT
						      : STAMP_PORT;
	return err ? err : make_plan(o, target, plan);
}
