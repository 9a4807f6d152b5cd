/* SPDX-License-Identifier: GPL-2.0-only */
/* A run store in a directory of its own, for the tests of it. */
#ifndef XRTT_STORE_RIG_H
#define XRTT_STORE_RIG_H

#include "model/prng.h"
#include "out/store.h"

extern char store_path[];
extern const mono_t store_origin;
extern const remote_t store_remote;
extern const struct wire_ends store_ends[ENGINES];

/* For cmocka: the directory. */
int store_rig_open(void **state);
int store_rig_close(void **state);

/* The file, with what SQLite keeps beside it. */
void store_remove(void);

/* A run of both engines; NULL and `why` where it is refused. */
struct store *store_try(char *why);
struct store *store_begun(void);
void store_finish(struct store *store);

/* Any of the stamps may be absent. */
struct sample store_some_sample(struct prng *prng, uint32_t n);

/* The first number that a statement gives; -1: none. */
int64_t store_ask(const char *sql);

#endif
