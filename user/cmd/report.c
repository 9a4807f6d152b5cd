// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/places.h"
#include "cmd/report_run.h"
#include "model/flows.h"
#include "out/flows_text.h"
#include "out/format.h"
#include "out/row.h"
#include "out/text.h"
#include "probe/session.h"

enum format {
	FORMAT_TEXT,
	FORMAT_CSV,
	FORMAT_JSONL,
};

static const char *const formats[] = { "text", "csv", "jsonl", NULL };

struct report_options {
	const char *output, *from, *to;
	uint64_t run;
	int format;
	bool list;
};

#define AT(member) offsetof(struct report_options, member)

static const struct option_row rows[] = {
	{ OPTION_NUMBER, 0, "run", "N", "that run; default the last", AT(run),
	  1, INT64_MAX, NULL },
	{ OPTION_FLAG, 0, "list", NULL, "which runs there are", AT(list), 0, 0,
	  NULL },
	{ OPTION_CHOICE, 0, "format", "KIND",
	  "text; csv, jsonl: every probe, as --samples", AT(format), 0, 0,
	  formats },
	{ OPTION_TEXT, 'o', "output", "FILE", "there instead of stdout",
	  AT(output), 0, 0, NULL },
	{ .kind = OPTION_GAP },
	{ OPTION_TEXT, 0, "from", "PLACE",
	  "where it was measured: region, zone ID or LAT,LON", AT(from), 0, 0,
	  NULL },
	{ OPTION_TEXT, 0, "to", "PLACE", "and the far host's", AT(to), 0, 0,
	  NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "report",
	.operand = "FILE.db",
	.summary = "what a stored run found (xrtt probe --samples FILE.db)",
	.rows = rows,
};

/* ---- which runs there are ------------------------------------------------ */

static int list_runs(FILE *to, struct store_reader *reader, char *why)
{
	struct store_run run;
	int err = 0;

	for (int64_t n = store_next_run(reader, 0); n && !err;
	     n = store_next_run(reader, n)) {
		err = store_read_run(reader, n, &run, why);
		if (!err)
			fprintf(to, "%4lld  %s  %9s  %s\n", (long long)n,
				run.start ? run.start : "?",
				run.is_complete ? format_span(run.duration_ns).s
						: "cut short",
				run.command ? run.command : "?");
		store_run_release(&run);
	}
	return err;
}

/* ---- rows ---------------------------------------------------------------- */

struct rows {
	FILE *to;
	bool is_csv;
	const struct store_run *run;
	struct sample_origin origin;
};

static int write_row(void *data, const struct sample *s)
{
	struct rows *rows = data;
	char text[ROW_MAX], *end;
	struct row row;

	row_fill(&row, s, &rows->run->ends[s->engine], &rows->origin);
	end = rows->is_csv ? row_csv(text, &row) : row_jsonl(text, &row);
	fwrite(text, 1, end - text, rows->to);
	return ferror(rows->to) ? -EIO : 0;
}

static int write_rows(FILE *to, struct store_reader *reader,
		      const struct store_run *run, bool is_csv, char *why)
{
	struct rows rows = {
		.to = to,
		.is_csv = is_csv,
		.run = run,
		.origin = { run->origin, run->has_remote, run->remote },
	};
	char header[ROW_MAX];

	if (is_csv)
		fwrite(header, 1, row_header(header) - header, to);
	return store_read_samples(reader, run, write_row, &rows, why);
}

/* ---- the report ---------------------------------------------------------- */

static int write_text(FILE *to, const struct result *r)
{
	bool colour = format_wants_colour(fileno(to));

	return r->flows ? flows_text(to, r, r->flows, colour)
			: text_report(to, r, colour);
}

static int read_places(const struct report_options *o, struct distance *out)
{
	const struct place_names names = {
		.command = "report",
		.from = o->from,
		.to = o->to,
		.from_option = "--from",
		.to_option = "--to",
	};

	return places_read(&names, out);
}

static int report_text(const struct report_options *o, FILE *to,
		       struct report_run *run, char *why)
{
	struct distance distance;
	int err = 0;

	if (o->to) {
		err = read_places(o, &distance);
		if (err)
			return err;
	}
	err = report_run_result(run, o->to ? &distance : NULL, why);
	return err ? err : write_text(to, run->result);
}

static int report(const struct report_options *o, FILE *to, const char *path,
		  char *why)
{
	struct report_run run;
	int err = report_run_open(&run, path, o->run, why);

	if (err)
		return err;
	if (o->list)
		err = list_runs(to, run.reader, why);
	else if (o->format == FORMAT_TEXT)
		err = report_text(o, to, &run, why);
	else
		err = write_rows(to, run.reader, &run.stored,
				 o->format == FORMAT_CSV, why);
	if (!err && !o->list && !o->run && run.stored.runs > 1)
		fprintf(stderr,
			"xrtt report: run %lld, the last of %lld in it "
			"(--run N, --list)\n",
			(long long)run.stored.run, (long long)run.stored.runs);
	report_run_close(&run);
	return err;
}

static bool check(const struct report_options *o)
{
	if (!o->from == !o->to)
		return true;
	fprintf(stderr, "xrtt report: --from and --to: both, or neither\n");
	return false;
}

static int report_to(const struct report_options *o, const char *path)
{
	FILE *to = o->output ? fopen(o->output, "we") : stdout;
	char why[STORE_WHY] = "";
	int err = to ? report(o, to, path, why) : -errno;

	if (*why)
		fprintf(stderr, "xrtt report: %s: %s\n", path, why);
	errno = 0;
	if (to && (fflush(to) || ferror(to) || (to != stdout && fclose(to))))
		err = errno ? -errno : -EIO;
	if (err && err != -EINVAL && !*why)
		fprintf(stderr, "xrtt report: cannot write %s: %s\n",
			o->output ? o->output : "the report", strerror(-err));
	if (err == -EINVAL)
		return SESSION_BAD_ARGUMENT;
	return err ? SESSION_CANNOT : SESSION_MEASURED;
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = { 0 };
	const char *path;
	int err = option_parse(&usage, argc, argv, &o, &path);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	return check(&o) ? report_to(&o, path) : SESSION_BAD_ARGUMENT;
}
