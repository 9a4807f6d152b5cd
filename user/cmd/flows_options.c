// SPDX-License-Identifier: GPL-2.0-only
/* What can be asked of `xrtt flows`. */
#include <stddef.h>
#include <sys/socket.h>

#include "cmd/option.h"
#include "cmd/probe_options.h"
#include "model/flows.h"
#include "probe/packet.h"
#include "wire.h"

#define DEFAULT_FLOWS 16
#define FLOW_INTERVAL_NS (100 * NSEC_PER_MSEC)
#define INTERVAL_MIN_NS (100 * NSEC_PER_USEC)

enum {
	CHOICE_AUTO = ENGINES
};
static const char *const engines[] = { "socket", "bypass", "auto", NULL };
static const char *const pacings[] = { "fixed", "poisson", NULL };
static const char *const rx_hooks[] = { "auto", "xdp", "tc", NULL };

#define AT(member) offsetof(struct probe_options, member)

static const struct option_row rows[] = {
	{ OPTION_NUMBER, 0, "flows", "N", "5-tuples, a source port each (16)",
	  AT(flows), 1, FLOWS_MOST, NULL },
	{ OPTION_NUMBER, 'c', "count", "N",
	  "probes to send, of all flows (no limit)", AT(count), 1,
	  UINT32_MAX - 256, NULL },
	{ OPTION_TIME, 'd', "duration", "TIME", "send for so long (no limit)",
	  AT(duration), 1, 366 * 86400 * NSEC_PER_SEC, NULL },
	{ OPTION_TIME, 'i', "interval", "TIME",
	  "from probe to probe, flows in turn (100ms / N)", AT(interval),
	  INTERVAL_MIN_NS, 86400 * NSEC_PER_SEC, NULL },
	{ OPTION_TIME, 'W', "timeout", "TIME",
	  "answers after this are late (1s)", AT(timeout), NSEC_PER_MSEC,
	  60 * NSEC_PER_SEC, NULL },
	{ OPTION_CHOICE, 0, "pacing", "KIND", "fixed or poisson (fixed)",
	  AT(pacing), 0, 0, pacings },
	{ OPTION_NUMBER, 0, "seed", "N", "of the pacing (random, reported)",
	  AT(seed), 1, INT64_C(1) << 52, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_NUMBER, 'p', "port", "PORT", "the far port (862)", AT(port), 1,
	  65535, NULL },
	{ OPTION_NUMBER, 0, "source-port", "PORT",
	  "the first flow's; N in a row (any)", AT(source_port), 1, 65535,
	  NULL },
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
	  "socket, bypass (no stack), auto (socket)", AT(engine), 0, 0,
	  engines },
	{ OPTION_CHOICE, 0, "rx-hook", "KIND",
	  "auto: native XDP, else tc; xdp; tc", AT(rx_hook), 0, 0, rx_hooks },
	{ .kind = OPTION_GAP },
	{ OPTION_FLAG, 0, "mine", NULL,
	  "on which path are this host's TCP connections?", AT(mine), 0, 0,
	  NULL },
	{ OPTION_TEXT, 0, "from", "PLACE",
	  "ours: region, zone ID or LAT,LON (on EC2: asked)", AT(from), 0, 0,
	  NULL },
	{ OPTION_TEXT, 0, "to", "PLACE", "the far host's: what is distance?",
	  AT(to), 0, 0, NULL },
	{ OPTION_TEXT, 0, "fail-if", "EXPR",
	  "exit with 4 if, say, network.p99>60ms", AT(fail_if), 0, 0, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "samples", "FILE",
	  "every probe's stamps: .csv, .jsonl, .db", AT(samples), 0, 0, NULL },
	{ OPTION_TEXT, 0, "json", "FILE", "the result as JSON; - for stdout",
	  AT(json), 0, 0, NULL },
	{ OPTION_FLAG, 'v', "verbose", NULL, "a line a probe", AT(verbose), 0,
	  0, NULL },
	{ OPTION_FLAG, 'q', "quiet", NULL, "no report for people, and no map",
	  AT(quiet), 0, 0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "flows",
	.operand = "TARGET",
	.summary = "which paths there are, and how long each lasts",
	.more = "Times take ns, us, ms or s; a bare number is seconds. Ctrl-C "
		"ends it and\nloses nothing; Ctrl-\\ reports so far.",
	.rows = rows,
};

int flows_options_parse(int argc, char **argv, struct probe_options *o,
			struct plan *plan)
{
	const char *target;
	int err;

	*o = (struct probe_options){
		.command = "flows",
		.flows = DEFAULT_FLOWS,
		.timeout = { NSEC_PER_SEC },
		.port = STAMP_PORT,
		.protocol = PROTOCOL_STAMP,
		.size = PACKET_PAYLOAD_MIN,
		.family = AF_UNSPEC,
		.batch = 1,
	};
	err = option_parse(&usage, argc, argv, o, &target);
	if (err)
		return err;
	if (!o->interval.ns)
		o->interval.ns = FLOW_INTERVAL_NS / (int64_t)o->flows;
	if (o->engine == CHOICE_AUTO)
		o->engine = ENGINE_CHOICE_AUTO;
	return probe_options_plan(o, target, plan);
}
