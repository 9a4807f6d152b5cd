// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/places.h"
#include "model/application.h"
#include "out/distance_text.h"
#include "out/format.h"
#include "out/json_distance.h"
#include "probe/session.h"

struct distance_options {
	const char *json;
	bool quiet;
};

#define AT(member) offsetof(struct distance_options, member)

static const struct option_row rows[] = {
	{ OPTION_TEXT, 0, "json", "FILE", "the result as JSON; - for stdout",
	  AT(json), 0, 0, NULL },
	{ OPTION_FLAG, 'q', "quiet", NULL, "no report for people", AT(quiet), 0,
	  0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "distance",
	.operand = "[A] B",
	.operands = 2,
	.summary = "what distance alone costs between two places",
	.more = "A place is a region (us-east-1), a zone ID (use1-az1) or a "
		"position (39.04,-77.49,\nor 39.04,-77.49\u00b120 with the km "
		"that it is good to; -- before one that begins\nwith a minus). "
		"On EC2, A is this host's zone if it is left out. Nothing is "
		"measured.",
	.rows = rows,
};

static int write_json(const char *path, const struct distance *d,
		      const struct application_outlook *outlook)
{
	bool to_stdout = !strcmp(path, "-");
	FILE *to = to_stdout ? stdout : fopen(path, "we");
	int err = to ? json_distance_write(to, d, outlook) : -errno;

	if (to && !to_stdout && fclose(to) && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "xrtt distance: cannot write %s: %s\n", path,
			strerror(-err));
	return err;
}

static int report(const struct distance_options *o, const struct distance *d)
{
	FILE *to = o->json && !strcmp(o->json, "-") ? stderr : stdout;
	struct application_outlook outlook;
	int err = 0;

	application_expect(&outlook, d);
	if (!o->quiet)
		err = distance_text(to, d, &outlook,
				    format_wants_colour(fileno(to)));
	if (o->json && write_json(o->json, d, &outlook))
		err = -EIO;
	return err ? SESSION_CANNOT : SESSION_MEASURED;
}

int cmd_distance(int argc, char **argv)
{
	struct distance_options o = { 0 };
	const char *place[2];
	struct distance d;
	int err = option_parse(&usage, argc, argv, &o, place);
	struct place_names names = {
		.command = "distance",
		.from_option = "A",
		.to_option = "B",
	};

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	if (!place[0]) {
		fprintf(stderr, "xrtt distance: between which places? (see "
				"xrtt distance -h)\n");
		return SESSION_BAD_ARGUMENT;
	}
	names.from = place[1] ? place[0] : NULL;
	names.to = place[1] ? place[1] : place[0];
	if (places_read(&names, &d))
		return SESSION_BAD_ARGUMENT;
	return report(&o, &d);
}
