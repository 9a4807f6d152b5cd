/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time as a type. An instant belongs to one clock and only instants of the same
 * clock can be subtracted; what comes out is a duration. All are nanoseconds.
 */
#ifndef XRTT_MODEL_TIME_H
#define XRTT_MODEL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_USEC INT64_C(1000)
#define NSEC_PER_MSEC INT64_C(1000000)
#define NSEC_PER_SEC INT64_C(1000000000)

/* A length of time. */
typedef struct {
	int64_t ns;
} span_t;

/* An instant of this host's CLOCK_MONOTONIC: what BPF's ktime_get_ns reads. */
typedef struct {
	int64_t ns;
} mono_t;

/* An instant of this host's CLOCK_REALTIME since 1970. */
typedef struct {
	int64_t ns;
} real_t;

/* An instant of the far host's clock since 1970, TAI or whatever it keeps. */
typedef struct {
	int64_t ns;
} remote_t;

static inline span_t span_ns(int64_t ns)
{
	return (span_t){ ns };
}

static inline span_t span_add(span_t a, span_t b)
{
	return (span_t){ a.ns + b.ns };
}

static inline span_t span_sub(span_t a, span_t b)
{
	return (span_t){ a.ns - b.ns };
}

static inline span_t mono_sub(mono_t later, mono_t earlier)
{
	return (span_t){ later.ns - earlier.ns };
}

static inline mono_t mono_add(mono_t at, span_t by)
{
	return (mono_t){ at.ns + by.ns };
}

static inline bool mono_before(mono_t a, mono_t b)
{
	return a.ns < b.ns;
}

static inline span_t remote_sub(remote_t later, remote_t earlier)
{
	return (span_t){ later.ns - earlier.ns };
}

#define TIME_TEXT 64

/* RFC 3339 with nine digits, UTC: "2026-03-01T12:00:00.000000001Z". `out` has
 * room for TIME_TEXT. */
void time_text(real_t at, char *out);

/* "10", "0.5", "27.5ms", "200us": a bare number is seconds. 0 or -EINVAL. */
int time_parse(const char *text, span_t *out);

#endif
