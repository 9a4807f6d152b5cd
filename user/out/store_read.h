/* SPDX-License-Identifier: GPL-2.0-only */
/* A run store as whoever reads it has it: runs and their samples. */
#ifndef XRTT_OUT_STORE_READ_H
#define XRTT_OUT_STORE_READ_H

#include "model/machine.h"
#include "model/sample.h"
#include "out/store.h"

struct store_reader;

/* NULL, with one line in `why` (STORE_WHY octets). */
struct store_reader *store_reader_open(const char *path, char *why);
void store_reader_close(struct store_reader *reader); /* NULL is allowed */

/* One run. Texts are the run's own; NULL is what was not known. */
struct store_run {
	int64_t run;
	int64_t runs; /* of the file */
	bool is_complete;
	char *start;
	char *command;
	char *target;
	char *boot_id;
	char *summary;
	int64_t duration_ns;
	mono_t origin;
	int64_t origin_tai_ns;
	bool has_remote;
	remote_t remote;
	bool uses[ENGINES];
	struct wire_ends ends[ENGINES];
	uint64_t samples; /* of a complete run */
	uint64_t unstored;
	bool has_samples; /* the next two */
	int64_t first, last;
};

/* A run by its number, 0: the last. 0; -ENOENT without it; -EIO; `why` filled.
 * To be released either way. */
int store_read_run(struct store_reader *reader, int64_t number,
		   struct store_run *out, char *why);
void store_run_release(struct store_run *run);

/* The next run's number, after this one; 0: there is none. */
int64_t store_next_run(struct store_reader *reader, int64_t after);

/* All samples of the run, in sending order, until `each` returns not 0. That,
 * 0, or -EIO with `why` filled. */
int store_read_samples(struct store_reader *reader, const struct store_run *run,
		       int (*each)(void *data, const struct sample *s),
		       void *data, char *why);

#endif
