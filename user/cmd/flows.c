// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/probe_options.h"
#include "cmd/record.h"
#include "host/clock.h"
#include "host/tcp_diag.h"
#include "model/mine.h"
#include "out/flows_text.h"
#include "out/format.h"
#include "out/heat.h"
#include "out/verbose.h"
#include "probe/session.h"

/* Everything that the measurement calls back to. */
struct flows_output {
	const struct probe_options *options;
	const struct plan *plan;
	struct record record;
	mono_t origin;
	FILE *report; /* where people read */
	bool report_colour;
	enum heat_look look;
	struct heat *heat; /* NULL: no map */
};

static void on_watching(void *data, double bar_ns)
{
	struct flows_output *out = data;
	struct heat_setup setup = {
		.look = out->look,
		.flows = out->plan->flows,
		.interval_ns = out->plan->interval.ns * out->plan->flows,
		.bar_ns = (int64_t)bar_ns,
		.title = out->plan->target,
	};

	if (out->look != HEAT_NONE)
		out->heat = heat_create(&setup);
}

static void on_outset(void *data, const struct result *so_far,
		      const struct wire_ends ends[ENGINES])
{
	struct flows_output *out = data;

	record_outset(&out->record, so_far, ends);
}

static void on_started(void *data, mono_t origin,
		       const struct wire_ends ends[ENGINES])
{
	struct flows_output *out = data;

	out->origin = origin;
	record_started(&out->record, origin, ends);
}

static void on_clock(void *data, const struct steering_reading *reading)
{
	struct flows_output *out = data;

	record_clock(&out->record, reading);
}

static void on_over(void *data)
{
	struct flows_output *out = data;

	record_over(&out->record);
}

static void print_line(struct flows_output *out, const struct sample *s)
{
	fprintf(out->report, "flow %-3u ", s->flow);
	verbose_line(out->report, s, &out->record.ends[s->engine]);
}

static void on_answered(void *data, const struct sample *sample)
{
	struct flows_output *out = data;
	const struct wire_ends *ends = &out->record.ends[sample->engine];
	span_t network;

	/* Whatever else becomes of one is told once it is settled. */
	if (sample->status != PROBE_OK)
		return;
	if (out->options->verbose)
		print_line(out, sample);
	if (out->heat && sample_network(sample, ends, &network))
		heat_add(out->heat, sample->flow,
			 mono_sub(sample->at[ends->tx], out->origin).ns,
			 network.ns);
}

static void on_settled(void *data, const struct sample *sample)
{
	struct flows_output *out = data;

	record_settled(&out->record, sample);
	if (out->options->verbose && sample->status != PROBE_OK)
		print_line(out, sample);
	if (out->heat && sample->status == PROBE_LOST)
		heat_lose(out->heat, sample->flow,
			  mono_sub(sample->due, out->origin).ns);
}

static struct heat_size terminal_size(void)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return (struct heat_size){ size.ws_col, size.ws_row };
}

/* One that is stopped (Ctrl-S), or whose far end does not read, would block. */
static bool terminal_takes(void)
{
	struct pollfd terminal = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&terminal, 1, 0) == 1 && terminal.revents & POLLOUT;
}

static void on_progress(void *data, const struct probes *p)
{
	struct flows_output *out = data;
	struct heat_size size = terminal_size();

	(void)p;
	if (!out->heat || !terminal_takes())
		return;
	heat_draw(out->heat, out->report, &size,
		  mono_sub(mono_now(), out->origin).ns);
}

static void end_map(struct flows_output *out)
{
	struct heat_size size = terminal_size();

	if (out->heat && out->origin.ns)
		heat_end(out->heat, out->report, &size,
			 mono_sub(mono_now(), out->origin).ns);
	heat_destroy(out->heat);
	out->heat = NULL;
}

static void on_snapshot(void *data, const struct result *result)
{
	struct flows_output *out = data;

	if (out->heat)
		heat_leave(out->heat);
	flows_text(out->report, result, result->flows, out->report_colour);
}

static void look_for_mine(const struct plan *plan, struct flows *f)
{
	int err = tcp_diag_connections(&plan->address, &f->mine, &f->mines);

	f->has_mine = !err;
	if (err)
		fprintf(stderr,
			"xrtt flows: --mine: the kernel does not list its TCP "
			"connections: %s\n",
			strerror(-err));
	else
		mine_classify(f->mine, f->mines, f->class, f->classes);
}

static enum session_end run(const struct probe_options *o, struct plan *plan)
{
	bool to_stderr = o->json && !strcmp(o->json, "-");
	bool has_map = !to_stderr && !o->quiet && !o->verbose;
	struct flows_output out = {
		.options = o,
		.record = { .options = o },
		.plan = plan,
		.report = to_stderr ? stderr : stdout,
		.look = has_map ? heat_look(STDOUT_FILENO) : HEAT_NONE,
	};
	struct session_observer observer = {
		.data = &out,
		.watching = on_watching,
		.outset = record_has_store(&out.record) ? on_outset : NULL,
		.started = on_started,
		.clock = on_clock,
		.over = on_over,
		.answered = o->verbose || out.look ? on_answered : NULL,
		.settled = on_settled,
		.progress = out.look ? on_progress : NULL,
		.snapshot = on_snapshot,
	};
	struct result result;
	enum session_end end;
	char why[WHY_SIZE];

	out.report_colour = format_wants_colour(fileno(out.report));
	end = session_run(plan, &observer, &result, why);
	end_map(&out);
	if (o->mine && !*why)
		look_for_mine(plan, result.flows);
	record_end(&out.record, *why ? NULL : &result);
	if (*why) {
		fprintf(stderr, "xrtt flows: %s\n", why);
		return end;
	}
	if (!o->quiet)
		flows_text(out.report, &result, result.flows,
			   out.report_colour);
	output_bypass_note(o, &result);
	if (end == SESSION_MEASURED && o->fail_if &&
	    output_condition_held(o, &result))
		end = SESSION_HELD;
	if (o->json && output_json(o, &result))
		end = SESSION_CANNOT;
	session_release(&result);
	return end;
}

int cmd_flows(int argc, char **argv)
{
	struct probe_options o;
	struct plan plan;
	int err = flows_options_parse(argc, argv, &o, &plan);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	return run(&o, &plan);
}
