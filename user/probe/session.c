// SPDX-License-Identifier: GPL-2.0-only
#include "probe/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/clock.h"
#include "probe/facts.h"
#include "probe/run.h"

/* How often those who look on are told, and how much room that needs. */
#define PROGRESS_NS (250 * NSEC_PER_MSEC)
#define PROGRESS_ROOM_NS (2 * NSEC_PER_MSEC)

/* Probes to catch up with before looking at what has come. */
#define BURST_MAX 32

/* How often to look whether it is over, once nothing is left to send. */
#define ENDING_NS (10 * NSEC_PER_MSEC)

static void fill_result(struct run *r, struct result *result)
{
	memset(result, 0, sizeof(*result));
	result->counts = r->counts;
	collector_report(r->collector, result);
	facts_fill(r, result);
}

static void snapshot(struct run *r)
{
	struct result result;

	if (!r->observer->snapshot)
		return;
	fill_result(r, &result);
	r->observer->snapshot(r->observer->data, &result);
	session_release(&result);
}

void run_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGQUIT) {
			snapshot(r);
			continue;
		}
		r->abandoned = r->interrupted;
		r->interrupted = true;
		r->sending = false;
	}
}

/* Moves on to the next probe; false once the plan has no more. */
static void schedule_probe(struct run *r)
{
	const struct plan *plan = r->plan;
	span_t offset;

	offset = schedule_next(&r->schedule);
	r->due = mono_add(r->origin, offset);
	if ((plan->count && r->planned >= plan->count) ||
	    (plan->duration.ns && offset.ns >= plan->duration.ns))
		r->sending = false;
}

static bool all_answered(const struct run *r)
{
	for (unsigned int i = 0; i < r->flows; i++) {
		const struct window *w = &r->flow[i].window;

		for (uint32_t seq = w->head; seq != w->next; seq++) {
			const struct pending *p = &w->pending[seq & w->mask];

			if ((p->flags & PENDING_SENT) &&
			    !(p->flags & PENDING_APP_RX))
				return false;
		}
	}
	return true;
}

static bool nothing_pending(const struct run *r)
{
	for (unsigned int i = 0; i < r->flows; i++) {
		if (r->flow[i].window.head != r->flow[i].window.next)
			return false;
	}
	return true;
}

/* A duplicate is displaced by less than a round trip, mostly: stay that long
 * after the last answer. */
static bool is_over(const struct run *r, mono_t now)
{
	span_t linger = r->longest_rtt;

	if (r->sending)
		return false;
	if (r->abandoned || nothing_pending(r))
		return true;
	if (linger.ns > r->plan->timeout.ns)
		linger = r->plan->timeout;
	return all_answered(r) &&
	       !mono_before(now, mono_add(r->last_answer, linger));
}

/* Sleeps until the next probe is due or something arrives. */
static void sleep_until(struct run *r, mono_t wake)
{
	struct itimerspec spec = {
		.it_value = { .tv_sec = wake.ns / NSEC_PER_SEC,
			      .tv_nsec = wake.ns % NSEC_PER_SEC },
	};
	struct epoll_event events[64];
	uint64_t expirations;
	int n;

	timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &spec, NULL);
	n = epoll_wait(r->epoll, events, 64, -1);
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 < r->flows)
			engine_collect(r, &r->flow[events[i].data.u32]);
	}
	if (read(r->timer, &expirations, sizeof(expirations)) < 0 &&
	    errno != EAGAIN)
		r->sending = false;
	run_signals(r);
}

static void tell_progress(struct run *r, mono_t now, mono_t *last)
{
	struct probes probes;

	if (!r->observer->progress || mono_sub(now, *last).ns < PROGRESS_NS ||
	    (r->sending && mono_sub(r->due, now).ns < PROGRESS_ROOM_NS))
		return;
	*last = now;
	collector_probes(r->collector, &probes);
	/* What the collector has not settled yet is in flight. */
	probes.planned = r->planned;
	probes.received = r->answered;
	r->observer->progress(r->observer->data, &probes);
}

static void measure(struct run *r)
{
	mono_t now, wake, told = {};

	r->origin = mono_now();
	r->origin_tai_ns = tai_now_ns();
	r->sending = !r->interrupted;
	collector_set_origin(r->collector, r->origin);
	if (r->observer->started)
		r->observer->started(r->observer->data, r->origin,
				     &r->rules.ends);
	schedule_probe(r);
	for (;;) {
		now = mono_now();
		for (int i = 0;
		     i < BURST_MAX && r->sending && !mono_before(now, r->due);
		     i++) {
			engine_send(r, r->due);
			schedule_probe(r);
			now = mono_now();
		}
		engine_settle(r, now, false);
		if (is_over(r, now))
			break;
		tell_progress(r, now, &told);
		wake = mono_add(now,
				span_ns(r->sending ? PROGRESS_NS : ENDING_NS));
		if (r->sending && mono_before(r->due, wake))
			wake = r->due;
		sleep_until(r, wake);
	}
}

static enum session_end run(struct run *r, struct result *result, char *why)
{
	enum session_end end = run_setup(r, why);

	if (end)
		return end;
	r->collector = collector_create();
	if (!r->collector) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	control_start(r);
	if (r->rules.tx_stamps)
		r->rules.ends.tx = STAMP_DRV_TX;
	else
		r->hooks.tx_why = "the driver delivers no TX stamps";
	r->hooks.tx = r->rules.ends.tx;
	collector_set_ends(r->collector, &r->rules.ends);
	measure(r);
	control_end(r);
	for (unsigned int i = 0; i < r->flows; i++)
		engine_collect(r, &r->flow[i]);
	engine_settle(r, mono_now(), true);
	fill_result(r, result);
	return r->answered ? SESSION_MEASURED : SESSION_SILENT;
}

enum session_end session_run(const struct plan *plan,
			     const struct session_observer *observer,
			     struct result *result, char *why)
{
	struct run r = {
		.plan = plan,
		.observer = observer,
		.flows = 1,
	};
	enum session_end end;

	*why = '\0';
	memset(result, 0, sizeof(*result));
	realmap_init(&r.realmap, clock_read_coarse, NULL);
	schedule_init(&r.schedule,
		      plan->poisson ? SCHEDULE_POISSON : SCHEDULE_FIXED,
		      plan->interval, plan->seed);
	end = run(&r, result, why);
	run_teardown(&r);
	return end;
}

void session_release(struct result *result)
{
	facts_release(result);
	free(result->segment);
	memset(result, 0, sizeof(*result));
}
