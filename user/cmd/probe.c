// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netdb.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "out/format.h"
#include "out/json.h"
#include "out/samples.h"
#include "out/text.h"
#include "out/verbose.h"
#include "probe/packet.h"
#include "probe/session.h"
#include "wire.h"

#define DEFAULT_COUNT 1000

/* The option table writes whole uint64_t and int; the plan is made of them. */
struct probe_options {
	uint64_t count, port, source_port, seed, size, dscp;
	span_t duration, interval, timeout;
	const char *ifname, *source, *samples, *json;
	int family, engine, protocol, pacing, rx_hook, tc;
	bool verbose, quiet;
};

static const char *const engines[] = { "socket", NULL };
static const char *const protocols[] = { "stamp", "icmp", NULL };
static const char *const pacings[] = { "fixed", "poisson", NULL };
static const char *const rx_hooks[] = { "auto", "xdp", "tc", NULL };
static const char *const tcs[] = { "auto", "tcx", "clsact", NULL };

#define AT(member) offsetof(struct probe_options, member)

static const struct option_row rows[] = {
	{ OPTION_NUMBER, 'c', "count", "N", "probes to send (1000)", AT(count),
	  1, UINT32_MAX - 256, NULL },
	{ OPTION_TIME, 'd', "duration", "TIME", "send for so long",
	  AT(duration), 1, 366 * 86400 * NSEC_PER_SEC, NULL },
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
	  "stamp, or icmp to any host (stamp)", AT(protocol), 0, 0, protocols },
	{ OPTION_NUMBER, 'p', "port", "PORT", "the reflector's UDP port (862)",
	  AT(port), 1, 65535, NULL },
	{ OPTION_NUMBER, 0, "source-port", "PORT", "our UDP port (any)",
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
	{ OPTION_CHOICE, 0, "engine", "KIND", "socket (socket)", AT(engine), 0,
	  0, engines },
	{ OPTION_CHOICE, 0, "rx-hook", "KIND",
	  "auto: native XDP, else tc; xdp; tc", AT(rx_hook), 0, 0, rx_hooks },
	{ OPTION_CHOICE, 0, "tc", "KIND", "auto: tcx, else clsact; tcx; clsact",
	  AT(tc), 0, 0, tcs },
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
	.more = "Times take ns, us, ms or s; a bare number is seconds. "
		"Ctrl-C ends early and loses\nnothing; Ctrl-\\ reports so far.",
	.rows = rows,
};

/* Everything that the measurement calls back to. */
struct probe_output {
	const struct probe_options *options;
	struct samples *samples;
	struct wire_ends ends;
	FILE *report; /* where people read */
	bool report_colour;
	bool progress;	  /* a line on the terminal is being rewritten */
	uint64_t planned; /* 0: no limit known */
};

static void clear_progress(struct probe_output *out)
{
	if (out->progress)
		fputs("\r\033[K", stderr);
	out->progress = false;
}

static void on_started(void *data, mono_t origin, const struct wire_ends *ends)
{
	struct probe_output *out = data;
	struct sample_origin at = { .local = origin };
	int err;

	out->ends = *ends;
	if (!out->options->samples)
		return;
	out->samples = samples_open(out->options->samples, &at, &err);
	if (!out->samples)
		fprintf(stderr, "xrtt probe: cannot write %s: %s\n",
			out->options->samples, strerror(-err));
}

static void on_answered(void *data, const struct sample *sample)
{
	struct probe_output *out = data;

	/* Whatever else becomes of one is told once it is settled. */
	if (sample->status == PROBE_OK)
		verbose_line(out->report, sample, &out->ends);
}

static void on_settled(void *data, const struct sample *sample)
{
	struct probe_output *out = data;

	if (out->samples)
		samples_write(out->samples, sample, &out->ends);
	if (out->options->verbose && sample->status != PROBE_OK)
		verbose_line(out->report, sample, &out->ends);
}

static void on_progress(void *data, const struct probes *p)
{
	struct probe_output *out = data;

	fprintf(stderr, "\r\033[K%llu", (unsigned long long)p->planned);
	if (out->planned)
		fprintf(stderr, " of %llu", (unsigned long long)out->planned);
	fprintf(stderr, " sent, %llu back", (unsigned long long)p->received);
	if (p->lost)
		fprintf(stderr, ", %llu lost", (unsigned long long)p->lost);
	out->progress = true;
}

static void on_snapshot(void *data, const struct result *result)
{
	struct probe_output *out = data;

	clear_progress(out);
	text_report(out->report, result, out->report_colour);
}

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

static int make_plan(const struct probe_options *o, const char *target,
		     struct plan *plan)
{
	int family = o->family;

	*plan = (struct plan){
		.target = target,
		.ifname = o->ifname,
		.port = o->port,
		.source_port = o->source_port,
		.protocol = o->protocol,
		.engine = o->engine,
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
	if (!plan->count && !plan->duration.ns)
		plan->count = DEFAULT_COUNT;
	/* 2^52 keeps the seed whole in JSON. */
	if (!plan->seed && getrandom(&plan->seed, sizeof(plan->seed), 0) > 0)
		plan->seed = (plan->seed >> 12) | 1;
	if (check(o))
		return -EINVAL;
	if (o->source && resolve(o->source, family, "--source", &plan->source))
		return -EINVAL;
	if (o->source)
		family = plan->source.family;
	return resolve(target, family, "target", &plan->address);
}

static int write_json(const struct probe_options *o,
		      const struct result *result)
{
	FILE *to = stdout;
	int err;

	if (strcmp(o->json, "-")) {
		to = fopen(o->json, "we");
		if (!to) {
			err = -errno;
			fprintf(stderr, "xrtt probe: cannot write %s: %s\n",
				o->json, strerror(-err));
			return err;
		}
	}
	err = json_write(to, result);
	if (to != stdout && fclose(to) && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "xrtt probe: cannot write %s: %s\n", o->json,
			strerror(-err));
	return err;
}

/* The one cause of silence that the report cannot know of. */
static void explain_silence(const struct probe_options *o)
{
	const unsigned int most = STAMP_MAX_UDP - sizeof(struct udphdr);

	if (o->protocol == PROTOCOL_STAMP && o->size > most)
		fprintf(stderr,
			"xrtt probe: --size %u: xrtt reflect answers up to %u; "
			"another reflector may do more\n",
			(unsigned int)o->size, most);
}

static enum session_end run(const struct probe_options *o,
			    const struct plan *plan)
{
	bool to_stderr = o->json && !strcmp(o->json, "-");
	struct probe_output out = {
		.options = o,
		.report = to_stderr ? stderr : stdout,
		.planned = plan->count,
	};
	struct session_observer observer = {
		.data = &out,
		.started = on_started,
		.settled = on_settled,
		.answered = o->verbose ? on_answered : NULL,
		.progress = isatty(STDERR_FILENO) && !o->quiet && !o->verbose
				    ? on_progress
				    : NULL,
		.snapshot = on_snapshot,
	};
	struct result result;
	enum session_end end;
	char why[WHY_SIZE];

	out.report_colour = format_wants_colour(fileno(out.report));
	end = session_run(plan, &observer, &result, why);
	clear_progress(&out);
	if (*why) {
		fprintf(stderr, "xrtt probe: %s\n", why);
		return end;
	}
	samples_close(out.samples);
	if (!o->quiet)
		text_report(out.report, &result, out.report_colour);
	if (end == SESSION_SILENT)
		explain_silence(o);
	if (o->json && write_json(o, &result))
		end = SESSION_CANNOT;
	session_release(&result);
	return end;
}

int cmd_probe(int argc, char **argv)
{
	struct probe_options o = {
		.interval = { 10 * NSEC_PER_MSEC },
		.timeout = { NSEC_PER_SEC },
		.port = STAMP_PORT,
		.size = PACKET_PAYLOAD_MIN,
		.family = AF_UNSPEC,
	};
	const char *target;
	struct plan plan;
	int err = option_parse(&usage, argc, argv, &o, &target);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	if (make_plan(&o, target, &plan))
		return SESSION_BAD_ARGUMENT;
	return run(&o, &plan);
}
