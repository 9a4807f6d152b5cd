// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/report_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/flows.h"
#include "probe/replay.h"

int report_run_open(struct report_run *run, const char *path, int64_t number,
		    char *why)
{
	int err = -EIO;

	memset(run, 0, sizeof(*run));
	run->reader = store_reader_open(path, why);
	if (run->reader)
		err = store_read_run(run->reader, number, &run->stored, why);
	if (err)
		report_run_close(run);
	return err;
}

/* The replay first: the result has things of it. */
void report_run_close(struct report_run *run)
{
	replay_destroy(run->replay);
	summary_free(run->summary);
	store_run_release(&run->stored);
	store_reader_close(run->reader);
	memset(run, 0, sizeof(*run));
}

static int add_sample(void *data, const struct sample *s)
{
	return replay_add(data, s);
}

static int replay(struct report_run *run, char *why)
{
	const struct store_run *stored = &run->stored;
	const struct flows *flows = run->result->flows;
	struct replay_setup setup = {
		.origin = stored->origin,
		.flows = flows ? flows->flows : 0,
		.bar_ns = flows ? flows->bar_ns : 0,
	};
	int err = -ENOMEM;

	memcpy(setup.uses, stored->uses, sizeof(setup.uses));
	memcpy(setup.ends, stored->ends, sizeof(setup.ends));
	run->replay = replay_create(&setup);
	if (run->replay)
		err = store_read_samples(run->reader, stored, add_sample,
					 run->replay, why);
	if (err == -EINVAL)
		snprintf(why, STORE_WHY, "it has samples of what it has not");
	if (err == -ENOMEM)
		snprintf(why, STORE_WHY, "out of memory");
	return err ? -EIO : 0;
}

/* What was known at the outset, and what came after. */
static void cut_short(struct report_run *run, struct result *r)
{
	r->run.start = run->stored.start;
	r->run.origin = run->stored.origin;
	r->run.origin_tai_ns = run->stored.origin_tai_ns;
	r->run.trouble = "the run was cut short; this is made of what was "
			 "stored, without its error bars";
}

int report_run_result(struct report_run *run, const struct distance *distance,
		      char *why)
{
	const struct store_run *stored = &run->stored;
	const char *text = stored->summary ? stored->summary : "";
	char wrong[SUMMARY_WHY];
	struct result *r;
	int err = 0;

	run->summary = summary_parse(text, strlen(text), wrong);
	if (!run->summary) {
		snprintf(why, STORE_WHY, "the summary of run %lld: %s",
			 (long long)stored->run, wrong);
		return -EIO;
	}
	r = run->result = summary_result(run->summary);
	if (distance) {
		r->has_distance = true;
		r->distance = *distance;
	}
	if (stored->is_complete && !distance)
		return 0;
	err = replay(run, why);
	if (err)
		return err;
	if (stored->is_complete) {
		replay_judge(run->replay, r);
		return 0;
	}
	cut_short(run, r);
	for (int i = 0; r->engines && i < ENGINES; i++)
		cut_short(run, &r->engines[i]);
	if (!replay_fill(run->replay, r))
		return 0;
	snprintf(why, STORE_WHY, "out of memory");
	return -EIO;
}
