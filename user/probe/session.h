/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One measurement from beginning to end: look, attach, ask the far host, send
 * on schedule, settle every probe, detach. Single-threaded, so that nothing of
 * ours runs between a probe's first and last stamp but what the probe meets.
 */
#ifndef XRTT_PROBE_SESSION_H
#define XRTT_PROBE_SESSION_H

#include "model/steering.h"
#include "probe/plan.h"

/* How it ended; the exit status of the program. */
enum session_end {
	SESSION_MEASURED = 0,
	SESSION_SILENT =
		1, /* no reply at all; the result still says what was */
	SESSION_BAD_ARGUMENT = 2,
	SESSION_CANNOT = 3, /* this machine or privilege cannot do it */
	SESSION_HELD = 4,   /* the condition of --fail-if */
};

/* Who wants to see it happen. Any function may be NULL; none may block. */
struct session_observer {
	void *data;
	/* Before the first probe: what stands in the way, or is disturbed. */
	void (*preflight)(void *data, const struct preflight *found);
	/* Before that and before the run's origin: all that is known before
	 * anything is measured. This one may block. */
	void (*outset)(void *data, const struct result *so_far,
		       const struct wire_ends ends[ENGINES]);
	/* Before the first probe. `ends`, by enum engine, hold for the whole
	 * run. */
	void (*started)(void *data, mono_t origin,
			const struct wire_ends ends[ENGINES]);
	/* With flows, before that: by how much two probes of one path may
	 * differ through the instrument alone. */
	void (*watching)(void *data, double bar_ns);
	/* A reply has been read. It may still turn out to have duplicates. */
	void (*answered)(void *data, const struct sample *sample);
	/* Final, once for every probe, in sending order. */
	void (*settled)(void *data, const struct sample *sample);
	/* CLOCK_MONOTONIC was compared with CLOCK_MONOTONIC_RAW. */
	void (*clock)(void *data, const struct steering_reading *reading);
	/* At most four times a second, where the schedule leaves room. */
	void (*progress)(void *data, const struct probes *so_far);
	/* Nothing is measured any more. Samples still come, a timeout's worth
	 * of them at once, and from here on any of these may block. */
	void (*over)(void *data);
	/* SIGQUIT: what the settled probes say. */
	void (*snapshot)(void *data, const struct result *result);
};

/*
 * Blocks SIGINT, SIGTERM and SIGQUIT while it runs. The first SIGINT or SIGTERM
 * ends the sending, the second the waiting too. On SESSION_MEASURED and
 * SESSION_SILENT *result is filled, to be released with session_release(),
 * unless `why` says what stopped it.
 */
enum session_end session_run(const struct plan *plan,
			     const struct session_observer *observer,
			     struct result *result, char *why);

void session_release(struct result *result);

#endif
