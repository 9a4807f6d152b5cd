/* SPDX-License-Identifier: GPL-2.0-only */
/* One row of the samples: its cells, and how they are written. */
#ifndef XRTT_OUT_ROW_H
#define XRTT_OUT_ROW_H

#include "out/samples.h"

/* More than any row takes: 21 names of at most 13 octets with their quotes,
 * 21 cells of at most 22. */
#define ROW_MAX 1024

enum column {
	COLUMN_SEQ,
	COLUMN_FLOW,
	COLUMN_ENGINE,
	COLUMN_STATUS,
	COLUMN_DUE,
	COLUMN_STAMP, /* the first of STAMPS columns, in the stamps' order */
	COLUMN_TTL = COLUMN_STAMP + STAMPS,
	COLUMN_REMOTE_TTL,
	COLUMN_REFLECTOR_SEQ,
	COLUMN_RTT,
	COLUMN_NETWORK,
	COLUMN_FLAGS,
	COLUMNS,
};

struct cell {
	bool is_there;
	const char *text; /* NULL: a number */
	int64_t number;
};

struct row {
	struct cell cell[COLUMNS];
};

/* Remote stamps are absent while `origin` has no remote one. */
void row_fill(struct row *row, const struct sample *s,
	      const struct wire_ends *ends, const struct sample_origin *origin);

/* Each writes at `to`, which has room for ROW_MAX, a line and its newline, and
 * returns its end. No 0 is put there. */
char *row_header(char *to);
char *row_csv(char *to, const struct row *row);
char *row_jsonl(char *to, const struct row *row);

#endif
