/* SPDX-License-Identifier: GPL-2.0-only */
/* This host's clocks. Reading one cannot fail on any kernel xrtt runs on. */
#ifndef XRTT_HOST_CLOCK_H
#define XRTT_HOST_CLOCK_H

#include "model/realmap.h"
#include "model/result.h"
#include "model/time.h"

/* What an undisciplined oscillator may be off by (servers: up to 30 us/s,
 * Huygens, NSDI 2018). */
#define CLOCK_FREE_PPM 50.0

mono_t mono_now(void);

/* Sleeps for that long, in whole milliseconds and for one at the least, or
 * until `stop_fd` can be read (-1: nothing stops it): true then. */
bool clock_nap(span_t nap, int stop_fd);

/* For realmap_init(); `context` is not used. 0 or -errno. */
int clock_read_coarse(void *context, enum realmap_clock which, int64_t *ns);

/* CLOCK_TAI: equal to REALTIME where nobody has set the kernel's offset. */
int64_t tai_now_ns(void);

/* TAI - MONOTONIC, from a bracketed read; good to about 100 ns. */
int64_t tai_offset_ns(void);

/* Discipline as adjtimex(2) tells it; never fails, at worst knows nothing. */
void clock_state_read(struct clock_state *out);

/* Error Estimate's error for our stamps in ns, and whether the clock is
 * synchronised to UTC (with a TAI offset set). */
int64_t clock_error_ns(bool *synchronised);

/* Reads the clock a few thousand times in a row, which takes under 1 ms, and
 * fills the times between readings. */
void clock_reading_measure(struct clock_reading *out);

/* Name of the current clocksource, "" if unreadable. */
void clock_source_read(char *out, size_t size);

#endif
