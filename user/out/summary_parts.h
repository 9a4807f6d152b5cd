/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a summary is read back. The first thing that is not as it must be is
 * remembered by its key, and whoever reads goes on with zeros.
 */
#ifndef XRTT_OUT_SUMMARY_PARTS_H
#define XRTT_OUT_SUMMARY_PARTS_H

#include <jansson.h>

#include "model/flows.h"
#include "out/summary.h"

struct summary_block;

struct summary {
	json_t *root; /* texts of the result are its own */
	struct summary_block *blocks;
	const char *wrong; /* the first key that was, or NULL */
	bool lacks_memory;
	struct result result;
};

enum summary_kind {
	SUMMARY_TEXT,	/* const char *; null: NULL */
	SUMMARY_COUNT,	/* uint64_t; null: 0 */
	SUMMARY_SIGNED, /* int64_t; null: 0 */
	SUMMARY_INT,	/* int; null: 0 */
	SUMMARY_INDEX,	/* int; null: -1 */
	SUMMARY_NUMBER, /* double; null: NAN */
	SUMMARY_FLAG,	/* bool */
};

struct summary_field {
	const char *key; /* NULL ends a table */
	enum summary_kind kind;
	size_t at;
};

#define SUMMARY_FIELD(kind, key, type, member) \
	{ \
		key, SUMMARY_##kind, offsetof(struct type, member) \
	}

void summary_fields(struct summary *s, const json_t *object,
		    const struct summary_field *field, void *out);

/* A member; `wrong` is set if there is none. */
const json_t *summary_member(struct summary *s, const json_t *object,
			     const char *key);
bool summary_has(const json_t *object, const char *key); /* and not null */

/* Zeros, freed with the summary; NULL without memory. `n` may be 0. */
void *summary_array(struct summary *s, size_t n, size_t size);

/* Each reads one object, null being what is not known. */
void summary_duration(struct summary *s, const json_t *object, const char *key,
		      struct duration *out);
void summary_interval(struct summary *s, const json_t *object, const char *key,
		      struct ci *out);
void summary_difference(struct summary *s, const json_t *value,
			struct difference *out);
void summary_range(struct summary *s, const json_t *object, const char *key,
		   struct range *out);
void summary_probes(struct summary *s, const json_t *object,
		    struct probes *out);
void summary_loss(struct summary *s, const json_t *object, struct loss *out);
void summary_hosts(struct summary *s, const json_t *object, struct result *out);
void summary_clock(struct summary *s, const json_t *object,
		   struct clock_state *out);
void summary_distance(struct summary *s, const json_t *object,
		      struct result *out);
void summary_verdicts(struct summary *s, const json_t *object,
		      struct result *out);
void summary_flows(struct summary *s, const json_t *object, struct result *out);

#endif
