// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/places.h"

#include <errno.h>
#include <stdio.h>

#include "host/ec2.h"

static int read_place(const struct place_names *names, const char *option,
		      const char *text, struct site *out)
{
	char why[SITE_WHY];

	if (!site_parse(text, out, why))
		return 0;
	fprintf(stderr, "xrtt %s: %s %s: %s\n", names->command, option, text,
		why);
	return -EINVAL;
}

static int ask_zone(const struct place_names *names, char zone[EC2_ZONE])
{
	char why[EC2_WHY];

	if (!ec2_zone(span_ns(EC2_TIMEOUT), zone, why))
		return 0;
	fprintf(stderr, "xrtt %s: from where? %s is missing, and %s\n",
		names->command, names->from_option, why);
	return -EINVAL;
}

int places_read(const struct place_names *names, struct distance *out)
{
	char zone[EC2_ZONE];
	struct site from, to;

	if (read_place(names, names->to_option, names->to, &to) ||
	    (!names->from && ask_zone(names, zone)) ||
	    read_place(names, names->from_option,
		       names->from ? names->from : zone, &from))
		return -EINVAL;
	distance_fill(out, &from, &to);
	return 0;
}
