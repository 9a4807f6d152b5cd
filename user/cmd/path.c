// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "out/format.h"
#include "out/path_json.h"
#include "out/path_text.h"
#include "out/preflight.h"
#include "probe/path.h"
#include "wire.h"

struct path_options {
	uint64_t flows, rounds, hops, port, source_port, dscp;
	span_t interval, timeout;
	int protocol, family, rx_hook, tc;
	const char *ifname, *source, *json, *clock_ppm;
	bool no_mtu, prepare, verbose, quiet;
};

static const char *const protocols[] = { "stamp", "icmp", NULL };
static const char *const rx_hooks[] = { "auto", "xdp", "tc", NULL };
static const char *const tcs[] = { "auto", "tcx", "clsact", NULL };

#define AT(member) offsetof(struct path_options, member)

static const struct option_row rows[] = {
	{ OPTION_NUMBER, 'c', "rounds", "N",
	  "probes for each flow and hop (10)", AT(rounds), 1, 1000000, NULL },
	{ OPTION_NUMBER, 0, "flows", "N",
	  "of which each may take another way (4)", AT(flows), 1,
	  PATH_FLOWS_MOST, NULL },
	{ OPTION_NUMBER, 'm', "max-hops", "N", "no further than this (30)",
	  AT(hops), 1, PATH_HOPS_MOST, NULL },
	{ OPTION_TIME, 'i', "interval", "TIME",
	  "from probe to probe for the same hop (100ms)", AT(interval),
	  10 * NSEC_PER_MSEC, 3600 * NSEC_PER_SEC, NULL },
	{ OPTION_TIME, 'W', "timeout", "TIME",
	  "answers after this are late (1s)", AT(timeout), NSEC_PER_MSEC,
	  4 * NSEC_PER_SEC, NULL },
	{ OPTION_FLAG, 0, "no-mtu", NULL, "leave the path's MTU alone",
	  AT(no_mtu), 0, 0, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_CHOICE, 0, "protocol", "KIND",
	  "stamp; icmp to any host (stamp)", AT(protocol), 0, 0, protocols },
	{ OPTION_NUMBER, 'p', "port", "PORT", "the far port (862)", AT(port), 1,
	  65535, NULL },
	{ OPTION_NUMBER, 0, "source-port", "PORT", "of the first flow (any)",
	  AT(source_port), 1, 65535, NULL },
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
	{ OPTION_CHOICE, 0, "rx-hook", "KIND",
	  "auto: native XDP, else tc; xdp; tc", AT(rx_hook), 0, 0, rx_hooks },
	{ OPTION_CHOICE, 0, "tc", "KIND", "auto: tcx, else clsact; tcx; clsact",
	  AT(tc), 0, 0, tcs },
	{ OPTION_FLAG, 0, "prepare", NULL,
	  "give native XDP what it needs, put back after", AT(prepare), 0, 0,
	  NULL },
	{ OPTION_TEXT, 0, "clock-ppm", "PPM", "bound on our clock's rate error",
	  AT(clock_ppm), 0, 0, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "json", "FILE", "the result as JSON; - for stdout",
	  AT(json), 0, 0, NULL },
	{ OPTION_FLAG, 'v', "verbose", NULL, "a line for each flow and hop",
	  AT(verbose), 0, 0, NULL },
	{ OPTION_FLAG, 'q', "quiet", NULL, "no report for people", AT(quiet), 0,
	  0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "path",
	.operand = "TARGET",
	.summary = "who is on the way to a host, and what can be told of it",
	.more = "Times take ns, us, ms or s; a bare number is seconds. Ctrl-C "
		"ends early and\nloses nothing.",
	.rows = rows,
};

/* ---- options --------------------------------------------------------------*/

static int resolve(const char *name, int family, const char *what,
		   struct address *out)
{
	int err = address_resolve(name, family, out);

	if (!err)
		return 0;
	fprintf(stderr, "xrtt path: %s %s: %s\n", what, name,
		gai_strerror(err));
	return -EINVAL;
}

static int check(const struct path_options *o)
{
	uint64_t last = o->source_port + o->flows - 1;

	if (!o->source_port)
		return 0;
	if (o->protocol == PROTOCOL_ICMP)
		fputs("xrtt path: --source-port: ICMP has no ports\n", stderr);
	else if (last > 65535)
		fputs("xrtt path: --source-port: not so many ports above it\n",
		      stderr);
	else if ((o->source_port <= o->port && o->port <= last) ||
		 (o->source_port <= STAMP_PORT && STAMP_PORT <= last))
		fputs("xrtt path: --source-port: reflectors answer neither "
		      "their own port nor 862\n",
		      stderr);
	else
		return 0;
	return -EINVAL;
}

static int read_clock_ppm(const struct path_options *o, struct plan *plan)
{
	char *end;

	if (!o->clock_ppm)
		return 0;
	plan->clock_ppm = strtod(o->clock_ppm, &end);
	if (!*end && plan->clock_ppm > 0 && plan->clock_ppm <= 1e6)
		return 0;
	fprintf(stderr, "xrtt path: --clock-ppm %s: not above 0 ppm\n",
		o->clock_ppm);
	return -EINVAL;
}

static int make_plan(const struct path_options *o, const char *target,
		     struct path_plan *plan)
{
	int family = o->family;

	*plan = (struct path_plan){
		.flows = o->flows,
		.rounds = o->rounds,
		.max_hop = o->hops,
		.no_mtu = o->no_mtu,
		.base = {
			.target = target,
			.ifname = o->ifname,
			.port = o->port,
			.source_port = o->source_port,
			.protocol = o->protocol,
			.engine = ENGINE_SOCKET,
			.interval = o->interval,
			.timeout = o->timeout,
			.rx_hook = o->rx_hook,
			.tc = o->tc,
			.prepare = o->prepare,
			.dscp = o->dscp,
		},
	};
	if (check(o) || read_clock_ppm(o, &plan->base))
		return -EINVAL;
	if (o->source &&
	    resolve(o->source, family, "--source", &plan->base.source))
		return -EINVAL;
	if (o->source)
		family = plan->base.source.family;
	return resolve(target, family, "target", &plan->base.address);
}

/* ---- running --------------------------------------------------------------*/

struct path_output {
	unsigned int rounds;
	bool progress; /* a line on the terminal is being rewritten */
};

static void on_tuned(void *data, const char *line)
{
	(void)data;
	fprintf(stderr, "xrtt path: %s\n", line);
}

static void on_preflight(void *data, const struct preflight *found)
{
	(void)data;
	preflight_text(stderr, "xrtt path", found);
}

static void on_round(void *data, unsigned int done)
{
	struct path_output *out = data;

	fprintf(stderr, "\r\033[Kround %u of %u", done, out->rounds);
	out->progress = true;
}

static int write_json(const char *path, const struct path *result)
{
	bool to_stdout = !strcmp(path, "-");
	FILE *to = to_stdout ? stdout : fopen(path, "we");
	int err = to ? path_json_write(to, result) : -errno;

	if (to && !to_stdout && fclose(to) && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "xrtt path: cannot write %s: %s\n", path,
			strerror(-err));
	return err;
}

static enum session_end report(const struct path_options *o,
			       const struct path *result, enum session_end end)
{
	FILE *to = o->json && !strcmp(o->json, "-") ? stderr : stdout;
	int err = 0;

	if (!o->quiet)
		err = path_text(to, result, format_wants_colour(fileno(to)),
				o->verbose);
	if (o->json && write_json(o->json, result))
		err = -EIO;
	return err ? SESSION_CANNOT : end;
}

static enum session_end run(const struct path_options *o,
			    struct path_plan *plan)
{
	static const struct tune_sink sink = { .line = on_tuned };
	struct path_output out = { .rounds = o->rounds };
	bool shows = isatty(STDERR_FILENO) && !o->quiet;
	const struct path_observer observer = {
		.data = &out,
		.preflight = o->verbose ? on_preflight : NULL,
		.round = shows ? on_round : NULL,
	};
	struct path *result = malloc(sizeof(*result));
	enum session_end end = SESSION_CANNOT;
	char why[WHY_SIZE] = "out of memory";

	plan->base.sink = &sink;
	if (result)
		end = path_session_run(plan, &observer, result, why);
	if (out.progress)
		fputs("\r\033[K", stderr);
	if (*why)
		fprintf(stderr, "xrtt path: %s\n", why);
	else
		end = report(o, result, end);
	if (result)
		path_session_release(result);
	free(result);
	return end;
}

int cmd_path(int argc, char **argv)
{
	struct path_options o = {
		.flows = 4,
		.rounds = 10,
		.hops = 30,
		.port = STAMP_PORT,
		.interval = { 100 * NSEC_PER_MSEC },
		.timeout = { NSEC_PER_SEC },
	};
	struct path_plan plan;
	const char *target;
	int err = option_parse(&usage, argc, argv, &o, &target);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	if (!target) {
		fprintf(stderr, "xrtt path: to which host? (see xrtt path "
				"-h)\n");
		return SESSION_BAD_ARGUMENT;
	}
	if (make_plan(&o, target, &plan))
		return SESSION_BAD_ARGUMENT;
	return run(&o, &plan);
}
