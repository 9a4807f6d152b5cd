// SPDX-License-Identifier: GPL-2.0-only
#include "host/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#define READINGS 4096

static int64_t clock_read(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

mono_t mono_now(void)
{
	return (mono_t){ clock_read(CLOCK_MONOTONIC) };
}

bool clock_nap(span_t nap, int stop_fd)
{
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
	int64_t ms = nap.ns / NSEC_PER_MSEC;

	return poll(&stop, 1, ms > 1 ? (int)ms : 1) > 0;
}

int clock_read_coarse(void *context, enum realmap_clock which, int64_t *ns)
{
	struct timespec ts;

	(void)context;
	if (clock_gettime(which == REALMAP_MONOTONIC_COARSE
				  ? CLOCK_MONOTONIC_COARSE
				  : CLOCK_REALTIME_COARSE,
			  &ts))
		return -errno;
	*ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 0;
}

int64_t tai_now_ns(void)
{
	return clock_read(CLOCK_TAI);
}

int64_t tai_offset_ns(void)
{
	int64_t narrowest = INT64_MAX, offset = 0;

	for (int i = 0; i < 16; i++) {
		int64_t before = clock_read(CLOCK_MONOTONIC);
		int64_t tai = clock_read(CLOCK_TAI);
		int64_t after = clock_read(CLOCK_MONOTONIC);

		if (after - before < narrowest) {
			narrowest = after - before;
			offset = tai - before - (after - before) / 2;
		}
	}
	return offset;
}

void clock_state_read(struct clock_state *out)
{
	struct timex tx = {};
	int state = adjtimex(&tx);

	memset(out, 0, sizeof(*out));
	out->disciplined = state >= 0 && !(tx.status & STA_UNSYNC);
	out->source = out->disciplined ? "kernel" : "none";
	out->tai_offset_s = state >= 0 ? tx.tai : 0;
	out->rate_ppm = CLOCK_FREE_PPM;
	out->how =
		"bound for an oscillator that nobody disciplines or measured";
}

int64_t clock_error_ns(bool *synchronised)
{
	struct timex tx = {};
	int state = adjtimex(&tx);

	*synchronised = state >= 0 && !(tx.status & STA_UNSYNC) && tx.tai;
	return state >= 0 ? tx.maxerror * NSEC_PER_USEC : NSEC_PER_SEC;
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void clock_reading_measure(struct clock_reading *out)
{
	int64_t between[READINGS];
	int64_t last = mono_now().ns;
	size_t i;

	for (i = 0; i < READINGS; i++) {
		int64_t now = mono_now().ns;

		between[i] = now - last;
		last = now;
	}
	qsort(between, READINGS, sizeof(between[0]), compare_times);
	for (i = 0; i < READINGS - 1 && between[i] == 0;)
		i++;
	out->known = true;
	out->p50_ns = between[READINGS / 2];
	out->p99_ns = between[READINGS * 99 / 100];
	out->granularity_ns = between[i];
}

void clock_source_read(char *out, size_t size)
{
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/"
			"current_clocksource",
			"re");

	*out = '\0';
	if (!f)
		return;
	if (fgets(out, size, f))
		out[strcspn(out, "\n")] = '\0';
	fclose(f);
}
