/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
