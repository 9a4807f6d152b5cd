// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/preflight.h"
#include "out/format.h"
#include "out/json.h"

int output_json(const struct probe_options *o, const struct result *result)
{
	FILE *to = stdout;
	int err;

	if (strcmp(o->json, "-")) {
		to = fopen(o->json, "we");
		if (!to) {
			err = -errno;
			fprintf(stderr, "xrtt %s: cannot write %s: %s\n",
				o->command, o->json, strerror(-err));
			return err;
		}
	}
	err = json_write(to, result);
	if (to != stdout && fclose(to) && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "xrtt %s: cannot write %s: %s\n", o->command,
			o->json, strerror(-err));
	return err;
}

void output_bypass_note(const struct probe_options *o, const struct result *all)
{
	const struct result *r =
		all->engines ? &all->engines[ENGINE_BYPASS] : all;
	const struct preflight *found = r->local.preflight;
	const struct preflight_finding *f = found ? &found->finding[0] : NULL;

	if (r->engine != ENGINE_BYPASS || !r->probes.planned ||
	    r->probes.received)
		return;
	if (f && found->count && f->level == PREFLIGHT_BLOCKS)
		fprintf(stderr,
			"xrtt %s: nothing came back to the bypass engine: "
			"%s%s%s; --engine socket does without\n",
			o->command, f->text, *f->fix ? "; to mend it: " : "",
			f->fix);
	else if (r->hooks.rx != STAMP_XDP_RX)
		fprintf(stderr,
			"xrtt %s: nothing came back to the bypass engine: "
			"without native XDP, which it runs without here, %s "
			"may take no redirected frames; --engine socket does "
			"without\n",
			o->command, r->local.ifname);
}

static struct shown near_text(const struct condition *c, double near)
{
	switch (c->metric) {
	case METRIC_LOSS:
		return format_percent(near);
	case METRIC_INFLATION:
		return format_number(near, 3);
	default:
		return format_span((int64_t)near);
	}
}

bool output_condition_held(const struct probe_options *o,
			   const struct result *result)
{
	double near;

	switch (condition_judge(&o->condition, result, &near)) {
	case CONDITION_HOLDS:
		fprintf(stderr,
			"xrtt %s: --fail-if %s: so it is, by the near end "
			"of its interval, %s\n",
			o->command, o->fail_if,
			near_text(&o->condition, near).s);
		return true;
	case CONDITION_UNKNOWN:
		fprintf(stderr,
			"xrtt %s: --fail-if %s: cannot be judged: that "
			"figure or the near end of its interval is not known "
			"(too few probes, or a gap that nothing bounds)\n",
			o->command, o->fail_if);
		return false;
	default:
		return false;
	}
}
