/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people read them. Every function returns its text by value; `.s`
 * is UTF-8 and lives as long as the expression it is used in. What is not
 * finite is shown as an en dash, never as "nan" or "inf".
 */
#ifndef XRTT_OUT_FORMAT_H
#define XRTT_OUT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/result.h"

#define SHOWN_MAX 96

struct shown {
	char s[SHOWN_MAX];
};

/* "55 213.84": grouped by threes, a true minus sign, no unit. */
struct shown format_number(double value, int decimals);

/* Nanoseconds as grouped microseconds, no unit. */
struct shown format_us(double ns, int decimals);

/* "+0.35 −1.60": nanoseconds as the ends of an error bar in microseconds; "?"
 * for an end that is not finite. */
struct shown format_bar(double plus, double minus);

/* "−12.34 µs +0.35 −1.60": a difference with its bar; an en dash if it is not
 * known. */
struct shown format_difference(const struct difference *d);

/* "1000", "25 000": grouped from five digits on. */
struct shown format_count(uint64_t count);

/* "10 ms", "1.5 s", "250 µs": the largest unit that keeps it at or above 1,
 * three decimals at most. */
struct shown format_span(int64_t ns);

/* A fraction as "0.37 %", "12.5 %", "< 0.01 %". */
struct shown format_percent(double ratio);

/* The same for a bound, near which two digits count: "0.37 %", "0.00060 %",
 * "99.99940 %". */
struct shown format_bound(double ratio);

/* "0.08 ppm". */
struct shown format_ppm(double ppm);

/* Padded with spaces to a display width; longer texts stay as they are. */
struct shown format_right(const char *text, int columns);
struct shown format_left(const char *text, int columns);

/* Columns a UTF-8 text takes; all that xrtt prints is one column a character.
 */
int format_columns(const char *text);

/* True if `fd` is a terminal that takes colour and nobody set NO_COLOR. */
bool format_wants_colour(int fd);

#endif
