/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command-line values of the injectors: lengths of time with a unit (ns, us,
 * ms, s; a bare number is seconds) and whole numbers within bounds.
 */
#ifndef XRTT_TESTS_SPAN_H
#define XRTT_TESTS_SPAN_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Nanoseconds of `text`; -EINVAL if it is no length of time or over an hour. */
static inline int64_t span_parse(const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 },   { "s", 1e9 },  { "ms", 1e6 },
		{ "us", 1e3 }, { "ns", 1e0 },
	};
	char *end;
	double value = strtod(text, &end);

	if (end == text)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		value *= units[i].ns;
		return value >= 0 && value <= 3.6e12 ? (int64_t)(value + 0.5)
						     : -EINVAL;
	}
	return -EINVAL;
}

/* `text` as a number from 0 to `max`; -EINVAL if it is none. */
static inline int64_t number_parse(const char *text, int64_t max)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end == text || *end || value < 0 || value > max)
		return -EINVAL;
	return value;
}

#endif
