// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "host/state.h"
#include "model/doctor.h"
#include "out/doctor_json.h"
#include "out/doctor_text.h"
#include "out/format.h"
#include "out/null_json.h"
#include "probe/null.h"
#include "probe/null_store.h"

struct doctor_options {
	span_t duration;
	const char *json;
	bool null, quiet;
};

#define AT(member) offsetof(struct doctor_options, member)

static const struct option_row rows[] = {
	{ OPTION_FLAG, 0, "null", NULL,
	  "what the instrument shows without a distance", AT(null), 0, 0,
	  NULL },
	{ OPTION_TIME, 'd', "duration", "TIME", "send for so long (10s)",
	  AT(duration), NSEC_PER_SEC, 60 * NSEC_PER_SEC, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "json", "FILE", "the result as JSON; - for stdout",
	  AT(json), 0, 0, NULL },
	{ OPTION_FLAG, 'q', "quiet", NULL, "no report for people", AT(quiet), 0,
	  0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "doctor",
	.summary = "what this host and xrtt themselves do to a measurement",
	.more = "--null probes over a cable of its own, in private network "
		"namespaces, and stores\nwhat it shows for the runs to come. "
		"Ctrl-C ends early; then nothing is stored.",
	.rows = rows,
};

static void on_next(void *data, const struct null_cell *cell)
{
	(void)data;
	fprintf(stderr, "\r\033[K%s engine, %s probes/s",
		engine_name(cell->engine),
		format_count(NSEC_PER_SEC / cell->interval_ns).s);
}

/* A partial one would stand beside whole runs as if it were one. */
static int store(struct doctor *doctor)
{
	char path[STATE_PATH] = NULL_STORE;
	char *text;
	int err;

	if (doctor->null.interrupted)
		return 0;
	text = null_json_text(&doctor->null);
	if (!text)
		err = -ENOMEM;
	else
		err = state_path(NULL_STORE, path);
	if (!err)
		err = state_write(NULL_STORE, text, strlen(text));
	free(text);
	if (err)
		fprintf(stderr,
			"xrtt doctor: cannot store %s: %s (STATE_DIRECTORY "
			"names another directory)\n",
			path, strerror(-err));
	else
		snprintf(doctor->stored, sizeof(doctor->stored), "%s", path);
	return err;
}

static int write_json(const struct doctor_options *o,
		      const struct doctor *doctor)
{
	bool to_stdout = !strcmp(o->json, "-");
	FILE *to = to_stdout ? stdout : fopen(o->json, "we");
	int err = to ? doctor_json_write(to, doctor) : -errno;

	if (to && !to_stdout && fclose(to) && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "xrtt doctor: cannot write %s: %s\n", o->json,
			strerror(-err));
	return err;
}

static enum session_end run(const struct doctor_options *o,
			    struct doctor *doctor)
{
	FILE *report = o->json && !strcmp(o->json, "-") ? stderr : stdout;
	bool is_watched = isatty(STDERR_FILENO) && !o->quiet;
	const struct null_plan plan = {
		.duration = o->duration,
		.next = is_watched ? on_next : NULL,
	};
	enum session_end end;
	char why[WHY_SIZE];

	end = null_measure(&plan, &doctor->null, why);
	if (is_watched)
		fputs("\r\033[K", stderr);
	if (end) {
		fprintf(stderr, "xrtt doctor: %s\n", why);
		return end;
	}
	doctor->has_null = true;
	doctor_judge_null(doctor);
	if (store(doctor))
		end = SESSION_CANNOT;
	if (!o->quiet)
		doctor_text(report, doctor,
			    format_wants_colour(fileno(report)));
	if (o->json && write_json(o, doctor))
		end = SESSION_CANNOT;
	return end;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_options o = { .duration = { 10 * NSEC_PER_SEC } };
	struct doctor *doctor;
	enum session_end end;
	const char *operand;
	int err = option_parse(&usage, argc, argv, &o, &operand);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	if (!o.null) {
		fprintf(stderr, "xrtt doctor: look at what? --null is missing "
				"(see xrtt doctor -h)\n");
		return SESSION_BAD_ARGUMENT;
	}
	doctor = calloc(1, sizeof(*doctor));
	if (!doctor) {
		fprintf(stderr, "xrtt doctor: out of memory\n");
		return SESSION_CANNOT;
	}
	end = run(&o, doctor);
	free(doctor);
	return end;
}
