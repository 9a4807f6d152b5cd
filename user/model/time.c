/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/time.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int time_parse(const char *text, span_t *out)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 },
		      { "s", 1e9 },
		      { "ms", 1e6 },
		      { "us", 1e3 },
		      { "ns", 1.0 } };
	double value;
	char *end;

	if (*text != '.' && (*text < '0' || *text > '9'))
		return -EINVAL;
	value = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		value = round(value * units[i].ns);
		if (!(value < 9e18))
			return -EINVAL;
		*out = span_ns(value);
		return 0;
	}
	return -EINVAL;
}

void time_text(real_t at, char *out)
{
	time_t seconds = at.ns / NSEC_PER_SEC;
	char date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, TIME_TEXT, "%s.%09" PRId64 "Z", date,
		 at.ns % NSEC_PER_SEC);
}
