/* SPDX-License-Identifier: GPL-2.0-only */
/* A stored run, and the result that it had or that its samples make. */
#ifndef XRTT_CMD_REPORT_RUN_H
#define XRTT_CMD_REPORT_RUN_H

#include "model/result.h"
#include "out/store_read.h"
#include "out/summary.h"

struct replay;

struct report_run {
	struct store_reader *reader;
	struct store_run stored;
	struct summary *summary;
	struct replay *replay;
	struct result *result; /* of report_run_result() */
};

/* `number` 0: the last one. 0, or -errno and `why` (STORE_WHY octets) filled;
 * to be closed where it is 0. */
int report_run_open(struct report_run *run, const char *path, int64_t number,
		    char *why);
void report_run_close(struct report_run *run);

/* Fills run->result: as it was reported; where the run was cut short, what its
 * samples say; and, unless `distance` is NULL, judged by these places. 0, or
 * -errno and `why` filled. */
int report_run_result(struct report_run *run, const struct distance *distance,
		      char *why);

#endif
