// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/doctor_host.h"

/* A clock that is read by one instruction: reading it costs less than this. */
#define READ_CHEAP_NS 100

/* Read over the bus or from the hypervisor. */
static const char *const slow_sources[] = { "xen", "hpet", "acpi_pm" };

static bool is_slow(const char *source)
{
	for (size_t i = 0; i < sizeof(slow_sources) / sizeof(*slow_sources);
	     i++) {
		if (!strcmp(source, slow_sources[i]))
			return true;
	}
	return false;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length) {
		if ((at == words || at[-1] == ' ') &&
		    (!at[length] || at[length] == ' '))
			return true;
	}
	return false;
}

static void mend_source(struct finding *f, const char *available)
{
	static const char *const good[] = { "tsc", "arch_sys_counter" };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		if (!has_word(available, good[i]))
			continue;
		finding_mend(f,
			     "echo %s > /sys/devices/system/clocksource/"
			     "clocksource0/current_clocksource",
			     good[i]);
		return;
	}
	finding_set_fix(f, "boot with clocksource=tsc tsc=reliable, where the "
			   "CPU has an invariant TSC");
}

static void judge_source(struct doctor *d, const struct timekeeping_facts *t)
{
	const struct clock_reading *r = &t->state.reading;
	struct finding *f;

	if (!*t->source)
		return;
	if (strstr(t->source, "jiffies")) {
		f = doctor_find(d, "clocksource", FINDING_BLOCKS,
				"clocksource %s: the clock advances by whole "
				"ticks of milliseconds",
				t->source);
		mend_source(f, t->available);
	} else if (is_slow(t->source)) {
		char took[32] = "long";

		if (r->known)
			snprintf(took, sizeof(took), "%lld ns (measured)",
				 (long long)r->p50_ns);
		f = doctor_find(d, "clocksource", FINDING_COSTS,
				"clocksource %s: a reading takes %s, and each "
				"probe takes several",
				t->source, took);
		finding_set_cost(f, r->known ? (double)r->p50_ns : NAN, NAN);
		mend_source(f, t->available);
	} else {
		f = doctor_find(d, "clocksource", FINDING_GOOD,
				"clocksource %s", t->source);
	}
	finding_set_value(f, "%s", t->source);
}

static void judge_reading(struct doctor *d, const struct clock_reading *r)
{
	bool is_cheap = r->p50_ns < READ_CHEAP_NS;
	struct finding *f;

	if (!r->known)
		return;
	f = doctor_find(d, "clock_read",
			is_cheap ? FINDING_GOOD : FINDING_COSTS,
			"a reading of the clock takes %lld ns%s",
			(long long)r->p50_ns,
			is_cheap ? ""
				 : ": it goes through the kernel or the "
				   "hypervisor");
	finding_set_value(f, "%lld", (long long)r->p50_ns);
	if (is_cheap)
		return;
	finding_set_cost(f, (double)r->p50_ns, NAN);
	finding_set_fix(f, "a clocksource that the vDSO reads: tsc, "
			   "arch_sys_counter, kvm-clock");
}

static void judge_offset(struct doctor *d, const struct clock_reading *r)
{
	struct finding *f;

	if (!r->known || !r->has_offset)
		return;
	f = doctor_find(d, "cpu_offset", FINDING_GOOD,
			"no two CPUs' clocks were seen to differ by more than "
			"%lld ns",
			(long long)r->offset_ns);
	finding_set_value(f, "%lld", (long long)r->offset_ns);
}

static void judge_discipline(struct doctor *d, const struct clock_state *c)
{
	double line_ns = c->rate_ppm * 1e-6 * (double)DOCTOR_LINE_NS;
	struct finding *f;

	if (c->disciplined) {
		f = doctor_find(d, "clock_discipline", FINDING_GOOD,
				"%s disciplines the clock: its rate is good to "
				"±%.3g ppm, ±%.2f µs of 55 ms",
				c->source, c->rate_ppm, line_ns / 1e3);
	} else {
		f = doctor_find(d, "clock_discipline", FINDING_COSTS,
				"nobody disciplines the clock: its rate may be "
				"off by %.3g ppm, ±%.2f µs of 55 ms",
				c->rate_ppm, line_ns / 1e3);
		finding_set_fix(f, "install chrony and let it follow the "
				   "cloud's time service, then: chronyc "
				   "tracking");
		finding_set_cost(f, NAN, c->rate_ppm);
	}
	finding_set_value(f, "%s", c->disciplined ? c->source : "none");
}

/* A rate that a daemon turns while probes are under way. */
static void judge_steering(struct doctor *d, const struct clock_steering *s)
{
	double line_ns = s->departure_ppm * 1e-6 * (double)DOCTOR_LINE_NS;
	struct finding *f;

	if (!s->known)
		return;
	f = doctor_find(d, "clock_slew",
			s->departures ? FINDING_COSTS : FINDING_GOOD,
			s->departures
				? "the clock's rate was pushed by up to %.3g "
				  "ppm while this was looked at: %.2f µs of 55 "
				  "ms"
				: "the clock's rate was not pushed while this "
				  "was looked at (beyond %.3g ppm, %.2f µs of "
				  "55 ms)",
			s->departure_ppm, line_ns / 1e3);
	finding_set_value(f, "%.3g", s->departure_ppm);
	if (!s->departures)
		return;
	finding_set_cost(f, NAN, s->departure_ppm);
	finding_set_fix(f, "wait until chrony has worked its offset off "
			   "(chronyc tracking: System time)");
}

static void judge_tai(struct doctor *d, const struct clock_state *c)
{
	struct finding *f;

	if (c->tai_offset_s)
		f = doctor_find(d, "tai_offset", FINDING_GOOD,
				"TAI - UTC is set: %d s", c->tai_offset_s);
	else
		f = doctor_find(d, "tai_offset", FINDING_GOOD,
				"nobody has set TAI - UTC: round trips lose "
				"nothing, absolute one-way delays are off");
	finding_set_value(f, "%d", c->tai_offset_s);
	if (c->tai_offset_s)
		return;
	finding_set_fix(f, "in chrony.conf leapsectz right/UTC or, where that "
			   "zone is missing, leapseclist /usr/share/zoneinfo/"
			   "leap-seconds.list; then restart chronyd");
}

void doctor_judge_clock(struct doctor *d, const struct timekeeping_facts *t)
{
	judge_source(d, t);
	if (!is_slow(t->source))
		judge_reading(d, &t->state.reading);
	judge_offset(d, &t->state.reading);
	judge_discipline(d, &t->state);
	judge_steering(d, &t->state.steering);
	judge_tai(d, &t->state);
}
