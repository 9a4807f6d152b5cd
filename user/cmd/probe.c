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
#include "cmd/probe_options.h"
#include "out/format.h"
#include "out/json.h"
#include "out/preflight.h"
#include "out/samples.h"
#include "out/text.h"
#include "out/verbose.h"
#include "probe/packet.h"
#include "probe/session.h"
#include "wire.h"

/* Everything that the measurement calls back to. */
struct probe_output {
	const struct probe_options *options;
	struct samples *samples;
	struct wire_ends ends[ENGINES];
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

static void on_started(void *data, mono_t origin,
		       const struct wire_ends ends[ENGINES])
{
	struct probe_output *out = data;
	struct sample_origin at = { .local = origin };
	int err;

	memcpy(out->ends, ends, sizeof(out->ends));
	if (!out->options->samples)
		return;
	out->samples = samples_open(out->options->samples, &at, &err);
	if (!out->samples)
		fprintf(stderr, "xrtt probe: cannot write %s: %s\n",
			out->options->samples, strerror(-err));
}

static void on_preflight(void *data, const struct preflight *found)
{
	(void)data;
	preflight_text(stderr, "xrtt probe", found);
}

static void on_answered(void *data, const struct sample *sample)
{
	struct probe_output *out = data;

	/* Whatever else becomes of one is told once it is settled. */
	if (sample->status == PROBE_OK)
		verbose_line(out->report, sample, &out->ends[sample->engine]);
}

static void on_settled(void *data, const struct sample *sample)
{
	struct probe_output *out = data;

	if (out->samples)
		samples_write(out->samples, sample, &out->ends[sample->engine]);
	if (out->options->verbose && sample->status != PROBE_OK)
		verbose_line(out->report, sample, &out->ends[sample->engine]);
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

/* Nothing came back to the bypass engine, and something stood in the way of
 * its frames here: what that is, as preflight has it. */
static void explain_bypass(const struct result *all)
{
	const struct result *r =
		all->engines ? &all->engines[ENGINE_BYPASS] : all;
	const struct preflight *found = r->local.preflight;
	const struct preflight_finding *f = found ? &found->finding[0] : NULL;

	if (r->engine != ENGINE_BYPASS || !r->probes.planned ||
	    r->probes.received)
		return;
	if (f && found->count && f->level == PREFLIGHT_BLOCKS)
		fprintf(stderr,
			"xrtt probe: nothing came back to the bypass engine: "
			"%s%s%s; --engine socket does without\n",
			f->text, *f->fix ? "; to mend it: " : "", f->fix);
	else if (r->hooks.rx != STAMP_XDP_RX)
		fprintf(stderr,
			"xrtt probe: nothing came back to the bypass engine: "
			"without native XDP, which it runs without here, %s "
			"may take no redirected frames; --engine socket does "
			"without\n",
			r->local.ifname);
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

static struct shown near_text(const struct condition *c, double near)
{
	switch (c->metric) {
	case METRIC_LOSS:
		return format_percent(near);
	case METRIC_INFLATION:
		return format_number(near, 3);
	default:
		return format_span((int64_t)near);
	}
}

/* Whether the run is to fail; says so, or why nobody can tell. */
static bool condition_held(const struct probe_options *o,
			   const struct result *result)
{
	double near;

	switch (condition_judge(&o->condition, result, &near)) {
	case CONDITION_HOLDS:
		fprintf(stderr,
			"xrtt probe: --fail-if %s: so it is, by the near end "
			"of its interval, %s\n",
			o->fail_if, near_text(&o->condition, near).s);
		return true;
	case CONDITION_UNKNOWN:
		fprintf(stderr,
			"xrtt probe: --fail-if %s: cannot be judged: that "
			"figure or the near end of its interval is not known "
			"(too few probes, or a gap that nothing bounds)\n",
			o->fail_if);
		return false;
	default:
		return false;
	}
}

static void on_tuned(void *data, const char *line)
{
	(void)data;
	fprintf(stderr, "xrtt probe: %s\n", line);
}

static enum session_end run(const struct probe_options *o, struct plan *plan)
{
	static const struct tune_sink sink = { .line = on_tuned };
	bool to_stderr = o->json && !strcmp(o->json, "-");
	struct probe_output out = {
		.options = o,
		.report = to_stderr ? stderr : stdout,
		.planned = plan->count,
	};
	struct session_observer observer = {
		.data = &out,
		.preflight = o->verbose ? on_preflight : NULL,
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
	plan->sink = &sink;
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
	explain_bypass(&result);
	if (end == SESSION_MEASURED && o->fail_if && condition_held(o, &result))
		end = SESSION_HELD;
	if (o->json && write_json(o, &result))
		end = SESSION_CANNOT;
	session_release(&result);
	return end;
}

int cmd_probe(int argc, char **argv)
{
	struct probe_options o;
	struct plan plan;
	int err = probe_options_parse(argc, argv, &o, &plan);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	return run(&o, &plan);
}
