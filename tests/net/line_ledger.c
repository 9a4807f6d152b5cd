// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "line.h"

static const char *const dirs[2] = { "ab", "ba" };

/* Should have left, and has not. */
static bool row_is_held(const struct line_row *row)
{
	return !row->leave_ns && row->action != LINE_DROP &&
	       row->action != LINE_OVERFLOW;
}

static void row_write(FILE *file, const char *dir, const struct line_row *row)
{
	static const char *const actions[] = {
		"pass", "drop", "dup", "copy", "swap", "overflow",
	};

	fprintf(file, "%s,%u,%u,%u,%" PRIu64 ",", dir, row->n, row->seq,
		row->port, (uint64_t)row->enter_ns);
	if (row->leave_ns)
		fprintf(file, "%" PRIu64, (uint64_t)row->leave_ns);
	fprintf(file, ",%s,%" PRIu64 "\n",
		row_is_held(row) ? "held" : actions[row->action],
		(uint64_t)row->due_ns);
}

int line_ledger_write(const char *path, const struct line_outcome *out)
{
	FILE *file = fopen(path, "w");
	int err = 0;

	if (file) {
		fputs("dir,n,seq,port,enter_ns,leave_ns,action,due_ns\n", file);
		for (uint32_t dir = 0; dir < 2; dir++)
			for (uint32_t i = 0; i < out->queues[dir].rows; i++)
				row_write(file, dirs[dir],
					  &out->rows[dir * out->max + i]);
		err = ferror(file) ? -EIO : 0;
	}
	if (!file || fclose(file))
		err = -errno;
	if (err)
		fprintf(stderr, "line: ledger %s: %s\n", path, strerror(-err));
	return err;
}

static int compare_errors(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The hold errors in ns, sorted; their number in *n. NULL: no memory. */
static int64_t *errors_collect(const struct line_outcome *out, size_t *n)
{
	size_t max = (size_t)out->queues[0].rows + out->queues[1].rows;
	int64_t *errors = malloc((max + 1) * sizeof(*errors));

	*n = 0;
	for (uint32_t dir = 0; errors && dir < 2; dir++) {
		for (uint32_t i = 0; i < out->queues[dir].rows; i++) {
			const struct line_row *row;

			row = &out->rows[dir * out->max + i];
			if (row->leave_ns && (row->action == LINE_PASS ||
					      row->action == LINE_DUP))
				errors[(*n)++] = row->leave_ns - row->due_ns;
		}
	}
	if (errors)
		qsort(errors, *n, sizeof(*errors), compare_errors);
	return errors;
}

static void summary_print(const struct line_outcome *out)
{
	size_t n;
	int64_t *errors = errors_collect(out, &n);

	fprintf(stderr, "line:");
	for (int dir = 0; dir < 2; dir++)
		fprintf(stderr, " %s %" PRIu64 " frames (%u measured),",
			dirs[dir], (uint64_t)out->queues[dir].frames,
			out->queues[dir].measured);
	if (errors && n)
		fprintf(stderr, " hold error p50 %.2f us p99 %.2f us\n",
			errors[(n - 1) / 2] / 1e3,
			errors[(n - 1) * 99 / 100] / 1e3);
	else
		fprintf(stderr, " hold error unknown\n");
	free(errors);
}

static int trouble_print(uint64_t count, const char *what)
{
	if (count)
		fprintf(stderr, "line: %" PRIu64 " %s\n", count, what);
	return count > 0;
}

int line_outcome_print(const struct line_outcome *out)
{
	const struct line_queue *q = out->queues;
	uint64_t held = 0;
	int is_bad = 0;

	for (uint32_t dir = 0; dir < 2; dir++)
		for (uint32_t i = 0; i < q[dir].rows; i++)
			held += row_is_held(&out->rows[dir * out->max + i]);
	is_bad |=
		trouble_print(q[0].overflowed + q[1].overflowed, "overflowed");
	is_bad |= trouble_print(q[0].unlogged + q[1].unlogged,
				"rows lost: raise --rows");
	is_bad |= trouble_print(q[0].failed + q[1].failed, "failed to leave");
	is_bad |= trouble_print(held, "still held at the end");
	summary_print(out);
	return is_bad;
}
