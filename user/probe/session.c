// SPDX-License-Identifier: GPL-2.0-only
#include "probe/session.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/clock.h"
#include "model/account.h"
#include "probe/facts.h"
#include "probe/run.h"

/* How often those who look on are told, and how much room that needs. */
#define PROGRESS_NS (250 * NSEC_PER_MSEC)
#define PROGRESS_ROOM_NS (2 * NSEC_PER_MSEC)

/* How often to look whether it is over, once nothing is left to send. */
#define ENDING_NS (10 * NSEC_PER_MSEC)

static void snapshot(struct run *r)
{
	struct result result;

	if (!r->observer->snapshot)
		return;
	if (!run_conclude(r, &result))
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

static bool all_answered(const struct run *r)
{
	for (unsigned int i = 0; i < r->flows; i++) {
		if (!window_all_answered(&r->flow[i].window))
			return false;
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

	if (run_is_sending(r))
		return false;
	if (r->abandoned || nothing_pending(r))
		return true;
	if (linger.ns > r->plan->timeout.ns)
		linger = r->plan->timeout;
	return all_answered(r) &&
	       !mono_before(now, mono_add(r->last_answer, linger));
}

/* Each reading of a socket is a round of its interface's NAPI; all else waits
 * until one has brought something. How long a round takes is a term of the
 * budget. */
static void poll_until(struct run *r, mono_t wake)
{
	mono_t now;

	do {
		for (unsigned int i = 0; i < r->flows; i++) {
			if (socket_receive(r, &r->flow[i]))
				run_collect(r, &r->flow[i]);
		}
		now = mono_now();
		poll_note(&r->uncertainty.poll, now);
	} while (mono_before(now, wake));
	run_signals(r);
}

/* The timer keeps what it was set to until it has expired. */
static void set_timer(struct run *r, mono_t wake)
{
	struct itimerspec spec = {
		.it_value = { .tv_sec = wake.ns / NSEC_PER_SEC,
			      .tv_nsec = wake.ns % NSEC_PER_SEC },
	};

	if (wake.ns == r->timer_set.ns)
		return;
	timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &spec, NULL);
	r->timer_set = wake;
}

static void take_event(struct run *r, const struct epoll_event *event)
{
	if (event->data.u32 == RUN_TIMER)
		r->timer_set = (mono_t){ 0 };
	else if (event->data.u32 == RUN_SIGNALS)
		run_signals(r);
	else
		run_arrived(r, &r->flow[event->data.u32],
			    event->events & EPOLLERR);
}

/* Sleeps until the next probe is due or something arrives. */
static void sleep_until(struct run *r, mono_t wake)
{
	struct epoll_event events[64];
	int n;

	if (r->polls) {
		poll_until(r, wake);
		return;
	}
	set_timer(r, wake);
	n = epoll_wait(r->epoll, events, 64, -1);
	for (int i = 0; i < n; i++)
		take_event(r, &events[i]);
}

/* Whether something that takes so long can be done before the next probe. */
static bool has_room(const struct run *r, mono_t now, int64_t ns)
{
	return r->bypass || !run_is_sending(r) || mono_sub(r->due, now).ns > ns;
}

/* --until: a look takes some milliseconds at the most (probe/collect.h). */
static void look_whether_enough(struct run *r, mono_t now, mono_t *last)
{
	enum engine engine = r->plan->both ? ENGINE_BYPASS : r->plan->engine;

	if (!r->plan->has_until || !r->sending ||
	    mono_sub(now, *last).ns < NSEC_PER_SEC)
		return;
	*last = now;
	if (collector_until(r->collector[engine], &r->plan->until))
		r->enough = true;
}

/* Of many flows there may be no more room than this at any time. */
static int64_t progress_room_ns(const struct run *r)
{
	int64_t half = r->plan->interval.ns / 2;

	return r->tracks && half < PROGRESS_ROOM_NS ? half : PROGRESS_ROOM_NS;
}

static void tell_progress(struct run *r, mono_t now, mono_t *last)
{
	struct probes probes;
	struct loss loss;

	if (!r->observer->progress || mono_sub(now, *last).ns < PROGRESS_NS ||
	    !has_room(r, now, progress_room_ns(r)))
		return;
	*last = now;
	if (r->total)
		account_report(r->total, &probes, &loss);
	else
		collector_probes(r->collector[r->plan->engine], &probes);
	/* What the collector has not settled yet is in flight. */
	probes.planned = r->planned;
	probes.received = r->answered;
	r->observer->progress(r->observer->data, &probes);
}

static void tell_outset(struct run *r, const struct wire_ends ends[ENGINES])
{
	struct result result;

	if (!r->observer->outset)
		return;
	r->origin = mono_now();
	r->origin_tai_ns = tai_now_ns();
	if (!run_conclude(r, &result))
		r->observer->outset(r->observer->data, &result, ends);
	session_release(&result);
}

static void tell_clock(const struct run *r)
{
	if (r->observer->clock)
		r->observer->clock(r->observer->data,
				   &r->uncertainty.steering.track.last);
}

static void begin(struct run *r)
{
	struct wire_ends ends[ENGINES];

	for (int i = 0; i < ENGINES; i++)
		ends[i] = r->rules[i].ends;
	tell_outset(r, ends);
	r->origin = mono_now();
	r->origin_tai_ns = tai_now_ns();
	r->sending = !r->interrupted;
	for (int i = 0; i < ENGINES; i++) {
		if (r->collector[i])
			collector_set_origin(r->collector[i], r->origin);
	}
	steering_start(&r->uncertainty.steering, r->origin);
	if (r->observer->preflight)
		r->observer->preflight(r->observer->data,
				       prepare_findings(r->prepare));
	if (r->tracks)
		tracks_set_origin(r->tracks, r->origin);
	if (r->tracks && r->observer->watching)
		r->observer->watching(r->observer->data, tracks_bar(r->tracks));
	if (r->observer->started)
		r->observer->started(r->observer->data, r->origin, ends);
	tell_clock(r);
	if (r->bypass)
		bypass_count(r, r->origin);
	run_schedule(r);
}

/* Its program does not end by itself; where it does, what it has not sent never
 * will be. */
static void look_after_bypass(struct run *r)
{
	if (!r->bypass || !bypass_error(r->bypass) || r->bypass_ended)
		return;
	r->bypass_ended = true;
	r->enough = true;
	r->trouble = "the bypass engine's program was ended by the kernel";
}

static void measure(struct run *r)
{
	mono_t now, wake, latest, told = {}, looked = {};

	begin(r);
	for (;;) {
		look_after_bypass(r);
		wake = run_send(r, mono_now());
		now = mono_now();
		run_settle(r, now, false);
		if (is_over(r, now))
			break;
		if (has_room(r, now, STEERING_ROOM_NS) &&
		    uncertainty_poll(r, now))
			tell_clock(r);
		hwrx_poll(r, now, has_room(r, now, hwrx_room_ns(r)));
		tell_progress(r, now, &told);
		look_whether_enough(r, now, &looked);
		latest = mono_add(now, span_ns(run_is_sending(r) ? PROGRESS_NS
								 : ENDING_NS));
		if (mono_before(steering_due(&r->uncertainty.steering), latest))
			latest = steering_due(&r->uncertainty.steering);
		if (mono_before(hwrx_due(r), latest))
			latest = hwrx_due(r);
		sleep_until(r, mono_before(wake, latest) ? wake : latest);
	}
}

static enum session_end open_collectors(struct run *r, char *why)
{
	bool complete = true;

	for (int i = 0; i < ENGINES; i++) {
		if (!run_uses(r, i))
			continue;
		r->collector[i] = collector_create(r->collector[ENGINE_SOCKET]);
		complete = complete && r->collector[i];
		if (complete && i == ENGINE_BYPASS && !r->plan->flood)
			complete = !collector_expect_stolen(r->collector[i]);
	}
	if (r->plan->both) {
		r->total = account_create();
		complete = complete && r->total;
	}
	if (complete && r->plan->flows) {
		struct collector *c = r->collector[r->plan->engine];

		collector_forgo_segments(c);
		r->tracks = tracks_create(r->flows, collector_pool(c));
		complete = r->tracks;
	}
	if (complete)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE, "out of memory");
	return SESSION_CANNOT;
}

/* What the control packets have shown of the socket engine's stamps. */
static void set_ends(struct run *r)
{
	struct outcome_rules *socket = &r->rules[ENGINE_SOCKET];

	socket->tx_stamps = r->tx_stamps;
	if (r->tx_stamps)
		socket->ends.tx = STAMP_DRV_TX;
	else if (r->plan->protocol == PROTOCOL_TCP)
		r->hooks.tx_why = "the kernel takes no TX stamp of a SYN";
	else
		socket_note_no_stamps(r);
	hwrx_set_ends(r);
	for (int i = 0; i < ENGINES; i++) {
		if (r->collector[i])
			collector_set_ends(r->collector[i], &r->rules[i].ends);
	}
}

static enum session_end start(struct run *r, char *why)
{
	enum engine engine = r->plan->engine;

	if (r->tracks &&
	    tracks_watch(r->tracks, uncertainty_apart(r, engine, NULL))) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	if (r->bypass && bypass_start(r->bypass, why))
		return SESSION_CANNOT;
	return SESSION_MEASURED;
}

static enum session_end run(struct run *r, struct result *result, char *why)
{
	enum session_end end = run_setup(r, why);

	if (!end)
		end = open_collectors(r, why);
	if (end)
		return end;
	r->null = facts_load_null();
	control_start(r);
	run_poll_busily(r);
	set_ends(r);
	uncertainty_start(r);
	end = start(r, why);
	if (end) {
		uncertainty_end(r);
		return end;
	}
	measure(r);
	if (r->bypass)
		bypass_stop(r->bypass);
	uncertainty_end(r);
	control_end(r);
	for (unsigned int i = 0; i < r->flows; i++)
		run_collect(r, &r->flow[i]);
	r->bypass_ended = true;
	if (r->observer->over)
		r->observer->over(r->observer->data);
	run_settle(r, mono_now(), true);
	if (run_conclude(r, result)) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	return r->answered ? SESSION_MEASURED : SESSION_SILENT;
}

enum session_end session_run(const struct plan *plan,
			     const struct session_observer *observer,
			     struct result *result, char *why)
{
	struct run r = {
		.plan = plan,
		.observer = observer,
		.flows = plan->flows ? plan->flows : 1,
		.cpu = -1,
		.txcount = -1,
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
