// SPDX-License-Identifier: GPL-2.0-only
#include "probe/examine.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/clock.h"
#include "host/cpu_offset.h"
#include "host/discipline.h"
#include "host/kernel.h"
#include "host/nic.h"
#include "host/nic_counters.h"
#include "host/processor.h"
#include "host/route.h"
#include "host/steering.h"
#include "probe/doctor_stamps.h"

#define SYSTEM "" /* not below another root */
#define WATCH_NS (500 * NSEC_PER_MSEC)
#define WATCH_STEP_NS (50 * NSEC_PER_MSEC)
#define SURVEY_NS (30 * NSEC_PER_MSEC)
#define SURVEYS 8

/* Nobody is to find frames where he named no interface. */
#define UNNAMED "not tried: frames go out only over an interface that -I names"

struct examination {
	const struct examine_plan *plan;
	struct plan probe; /* of the target */
	bool has_iface;
	struct iface iface;
	struct host_facts host;
	struct stamp_facts stamps;
	bool interrupted;
};

/* ---- what to look at ----------------------------------------------------- */

static enum session_end find_target(struct examination *e, char *why)
{
	const struct examine_plan *plan = e->plan;
	struct route route;
	int err;

	e->probe.target = plan->target;
	e->probe.port = plan->port;
	e->probe.protocol = PROTOCOL_STAMP;
	e->probe.sink = plan->sink;
	err = address_resolve(plan->target, AF_UNSPEC, &e->probe.address);
	if (err) {
		snprintf(why, WHY_SIZE, "cannot resolve %s: %s", plan->target,
			 gai_strerror(err));
		return SESSION_BAD_ARGUMENT;
	}
	if (e->has_iface)
		return SESSION_MEASURED;
	err = route_lookup(&e->probe.address, NULL, 0, &route);
	if (!err)
		err = iface_read_index(route.ifindex, &e->iface);
	if (err) {
		snprintf(why, WHY_SIZE, "no route to %s: %s", plan->target,
			 strerror(-err));
		return SESSION_CANNOT;
	}
	e->has_iface = true;
	return SESSION_MEASURED;
}

static enum session_end find_subject(struct examination *e, char *why)
{
	const struct examine_plan *plan = e->plan;
	enum session_end end = SESSION_MEASURED;
	int err;

	if (plan->ifname) {
		err = iface_read(plan->ifname, &e->iface);
		if (err) {
			snprintf(why, WHY_SIZE,
				 "no interface %s: %s (ip link shows what "
				 "there is)",
				 plan->ifname, strerror(-err));
			return SESSION_BAD_ARGUMENT;
		}
		e->has_iface = true;
	}
	if (plan->target)
		end = find_target(e, why);
	else if (!e->has_iface)
		e->has_iface = !nic_find(&e->iface);
	e->probe.ifname = e->has_iface ? e->iface.name : NULL;
	return end;
}

/* ---- looking ------------------------------------------------------------- */

static void say(const struct examination *e, const char *what)
{
	if (e->plan->next)
		e->plan->next(e->plan->data, what);
}

/* How the clock is pushed, if at all, and by whom. */
static void watch_clock(struct examination *e)
{
	const struct discipline_options options = {
		.ifname = e->has_iface ? e->iface.name : NULL,
	};
	const struct timespec step = { .tv_nsec = WATCH_STEP_NS };
	struct clock_state *state = &e->host.timekeeping.state;
	struct clock_reading reading = {};
	struct clock_steering seen;
	struct discipline d;
	struct steering s;
	mono_t until = mono_add(mono_now(), span_ns(WATCH_NS));

	clocksource_read(SYSTEM, &e->host.timekeeping);
	discipline_start(&d, &options);
	clock_reading_measure(&reading);
	for (int i = 0; i < SURVEYS && !reading.has_offset; i++)
		cpu_offset_survey(span_ns(SURVEY_NS), &reading);
	steering_start(&s, mono_now());
	while (mono_before(mono_now(), until)) {
		nanosleep(&step, NULL);
		steering_poll(&s, mono_now());
	}
	steering_report(&s, &seen);
	discipline_end(&d);
	discipline_judge(&d.evidence, &seen, state);
	state->steering = seen;
	state->reading = reading;
}

static void try_stamps(struct examination *e)
{
	say(e, "stamps on a cable of our own");
	e->interrupted = doctor_try_cable(&e->stamps);
	if (!e->plan->ifname)
		strcpy(e->stamps.nic_tx.why, UNNAMED);
	else if (!e->interrupted)
		doctor_try_frames(&e->iface, &e->stamps);
	if (e->plan->target && !e->interrupted) {
		say(e, "stamps on the way to the target");
		e->interrupted = doctor_try_peer(&e->probe, &e->stamps);
	}
}

static void look(struct examination *e)
{
	struct cpu_time before, after;

	cpu_time_read(SYSTEM, &before);
	kernel_read(SYSTEM, &e->host.kernel);
	processor_read(SYSTEM, &e->host.processor);
	if (e->has_iface) {
		nic_read(&e->iface, &e->host.nic);
		nic_counters_read(&e->host.nic);
		processor_read_runner(&e->iface, &e->host.processor);
	}
	say(e, "the clock");
	watch_clock(e);
	try_stamps(e);
	if (e->has_iface)
		nic_counters_read(&e->host.nic);
	cpu_time_read(SYSTEM, &after);
	processor_take_time(&e->host.processor, &before, &after);
}

enum session_end examine(const struct examine_plan *plan, struct doctor *out,
			 char *why)
{
	struct examination *e = calloc(1, sizeof(*e));
	enum session_end end = SESSION_CANNOT;

	*why = '\0';
	if (!e) {
		snprintf(why, WHY_SIZE, "out of memory");
		return end;
	}
	e->plan = plan;
	end = find_subject(e, why);
	if (end)
		goto out;
	look(e);
	doctor_judge_host(out, &e->host, &e->stamps);
	snprintf(out->subject.target, sizeof(out->subject.target), "%s",
		 plan->target ? plan->target : "");
	out->interrupted = e->interrupted;
out:
	free(e);
	return end;
}
