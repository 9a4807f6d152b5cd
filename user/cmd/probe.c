// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/probe_options.h"
#include "cmd/record.h"
#include "out/format.h"
#include "out/preflight.h"
#include "out/text.h"
#include "out/verbose.h"
#include "probe/packet.h"
#include "probe/session.h"
#include "wire.h"

/* Everything that the measurement calls back to. */
struct probe_output {
	const struct probe_options *options;
	struct record record;
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

static void on_outset(void *data, const struct result *so_far,
		      const struct wire_ends ends[ENGINES])
{
	struct probe_output *out = data;

	record_outset(&out->record, so_far, ends);
}

static void on_started(void *data, mono_t origin,
		       const struct wire_ends ends[ENGINES])
{
	struct probe_output *out = data;

	record_started(&out->record, origin, ends);
}

static void on_clock(void *data, const struct steering_reading *reading)
{
	struct probe_output *out = data;

	record_clock(&out->record, reading);
}

static void on_over(void *data)
{
	struct probe_output *out = data;

	record_over(&out->record);
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
		verbose_line(out->report, sample,
			     &out->record.ends[sample->engine]);
}

static void on_settled(void *data, const struct sample *sample)
{
	struct probe_output *out = data;

	record_settled(&out->record, sample);
	if (out->options->verbose && sample->status != PROBE_OK)
		verbose_line(out->report, sample,
			     &out->record.ends[sample->engine]);
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

static void on_tuned(void *data, const char *line)
{
	struct probe_output *out = data;

	fprintf(stderr, "xrtt probe: %s\n", line);
	record_tuned(&out->record, line);
}

static enum session_end run(const struct probe_options *o, struct plan *plan)
{
	bool to_stderr = o->json && !strcmp(o->json, "-");
	struct probe_output out = {
		.options = o,
		.record = { .options = o },
		.report = to_stderr ? stderr : stdout,
		.planned = plan->count,
	};
	const struct tune_sink sink = { .data = &out, .line = on_tuned };
	struct session_observer observer = {
		.data = &out,
		.preflight = o->verbose ? on_preflight : NULL,
		.outset = record_has_store(&out.record) ? on_outset : NULL,
		.started = on_started,
		.clock = on_clock,
		.over = on_over,
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
	record_end(&out.record, *why ? NULL : &result);
	if (*why) {
		fprintf(stderr, "xrtt probe: %s\n", why);
		return end;
	}
	if (!o->quiet)
		text_report(out.report, &result, out.report_colour);
	if (end == SESSION_SILENT)
		explain_silence(o);
	output_bypass_note(o, &result);
	if (end == SESSION_MEASURED && o->fail_if &&
	    output_condition_held(o, &result))
		end = SESSION_HELD;
	if (o->json && output_json(o, &result))
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
