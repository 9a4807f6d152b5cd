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
#include "probe/examine.h"
#include "probe/null.h"
#include "probe/null_store.h"
#include "wire.h"

/* Exit statuses of a look at the host. */
#define EXIT_GOOD 0
#define EXIT_COSTS 1
#define EXIT_BLOCKS 3

#define NULL_TIME_NS (10 * NSEC_PER_SEC)

struct doctor_options {
	span_t duration;
	const char *ifname;
	const char *json;
	uint64_t port;
	bool null, quiet;
};

#define AT(member) offsetof(struct doctor_options, member)

static const struct option_row rows[] = {
	{ OPTION_TEXT, 'I', "interface", "IFACE",
	  "this one (the target's, or the default route's)", AT(ifname), 0, 0,
	  NULL },
	{ OPTION_NUMBER, 'p', "port", "PORT", "the target's UDP port (862)",
	  AT(port), 1, 65535, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_FLAG, 0, "null", NULL,
	  "only what the instrument shows with no distance", AT(null), 0, 0,
	  NULL },
	{ OPTION_TIME, 'd', "duration", "TIME",
	  "with --null: send for so long (10s)", AT(duration), NSEC_PER_SEC,
	  60 * NSEC_PER_SEC, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "json", "FILE", "the result as JSON; - for stdout",
	  AT(json), 0, 0, NULL },
	{ OPTION_FLAG, 'q', "quiet", NULL, "no report for people", AT(quiet), 0,
	  0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "doctor",
	.operand = "[TARGET]",
	.summary = "what spoils a measurement on this host",
	.more = "Which stamps come, what they cost, and what on this host "
		"spoils them. It changes\nno setting. Over an interface that "
		"-I names a few frames go to nobody; to a\nTARGET that runs "
		"xrtt reflect go probes as xrtt probe sends them.\n"
		"Exit status: 0 all is well, 1 something costs precision, 3 "
		"something blocks it.\n\n"
		"--null probes over a cable of its own, in private network "
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

static int write_report(const struct doctor_options *o,
			const struct doctor *doctor)
{
	FILE *report = o->json && !strcmp(o->json, "-") ? stderr : stdout;

	if (!o->quiet)
		doctor_text(report, doctor,
			    format_wants_colour(fileno(report)));
	return o->json ? write_json(o, doctor) : 0;
}

static bool is_watched(const struct doctor_options *o)
{
	return isatty(STDERR_FILENO) && !o->quiet;
}

static enum session_end run_null(const struct doctor_options *o,
				 struct doctor *doctor)
{
	const struct null_plan plan = {
		.duration =
			o->duration.ns ? o->duration : span_ns(NULL_TIME_NS),
		.next = is_watched(o) ? on_next : NULL,
	};
	enum session_end end;
	char why[WHY_SIZE];

	end = null_measure(&plan, &doctor->null, why);
	if (is_watched(o))
		fputs("\r\033[K", stderr);
	if (end) {
		fprintf(stderr, "xrtt doctor: %s\n", why);
		return end;
	}
	doctor->has_null = true;
	doctor_judge_null(doctor);
	if (store(doctor))
		end = SESSION_CANNOT;
	if (write_report(o, doctor))
		end = SESSION_CANNOT;
	return end;
}

static void on_part(void *data, const char *what)
{
	(void)data;
	fprintf(stderr, "\r\033[K%s", what);
}

/* What a killed run left is put back by whoever comes next. */
static void on_mended(void *data, const char *line)
{
	(void)data;
	fprintf(stderr, "xrtt doctor: %s\n", line);
}

static int status_of(const struct doctor *doctor)
{
	switch (doctor_worst(doctor)) {
	case FINDING_BLOCKS:
		return EXIT_BLOCKS;
	case FINDING_COSTS:
		return EXIT_COSTS;
	default:
		return EXIT_GOOD;
	}
}

static int run_host(const struct doctor_options *o, const char *target,
		    struct doctor *doctor)
{
	static const struct tune_sink sink = { .line = on_mended };
	const struct examine_plan plan = {
		.ifname = o->ifname,
		.target = target,
		.port = o->port,
		.sink = &sink,
		.next = is_watched(o) ? on_part : NULL,
	};
	enum session_end end;
	char why[WHY_SIZE];

	end = examine(&plan, doctor, why);
	if (is_watched(o))
		fputs("\r\033[K", stderr);
	if (end) {
		fprintf(stderr, "xrtt doctor: %s\n", why);
		return end;
	}
	if (write_report(o, doctor))
		return SESSION_CANNOT;
	return status_of(doctor);
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_options o = { .port = STAMP_PORT };
	struct doctor *doctor;
	const char *target;
	int status = option_parse(&usage, argc, argv, &o, &target);

	if (status)
		return status > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	if (o.null && (target || o.ifname)) {
		fprintf(stderr, "xrtt doctor: --null has a cable of its own: "
				"neither a target nor -I goes with it\n");
		return SESSION_BAD_ARGUMENT;
	}
	if (!o.null && o.duration.ns) {
		fprintf(stderr, "xrtt doctor: -d is for --null; a look at the "
				"host takes as long as it takes\n");
		return SESSION_BAD_ARGUMENT;
	}
	doctor = calloc(1, sizeof(*doctor));
	if (!doctor) {
		fprintf(stderr, "xrtt doctor: out of memory\n");
		return SESSION_CANNOT;
	}
	status = o.null ? (int)run_null(&o, doctor)
			: run_host(&o, target, doctor);
	free(doctor);
	return status;
}
