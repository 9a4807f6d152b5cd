// SPDX-License-Identifier: GPL-2.0-only
/* What can be asked of `xrtt probe`. */
#include <stddef.h>
#include <sys/socket.h>

#include "cmd/option.h"
#include "cmd/probe_options.h"
#include "probe/packet.h"
#include "wire.h"

#define DEFAULT_COUNT 1000

/* A closed port measures as well as an open one; this is the one that most
 * often lets a SYN through. */
#define DEFAULT_TCP_PORT 443

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
	  "every probe's stamps: .csv, .jsonl, .db", AT(samples), 0, 0, NULL },
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

int probe_options_parse(int argc, char **argv, struct probe_options *o,
			struct plan *plan)
{
	const char *target;
	int err;

	*o = (struct probe_options){
		.command = "probe",
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
	if (!o->count && !o->duration.ns && !o->until)
		o->count = DEFAULT_COUNT;
	return err ? err : probe_options_plan(o, target, plan);
}
