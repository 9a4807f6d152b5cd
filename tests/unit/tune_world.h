/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world of its own for tests that tune: network namespace, /run and /sys are
 * new and go with the process. And runs in it, as processes that can be killed.
 */
#ifndef XRTT_TUNE_WORLD_H
#define XRTT_TUNE_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/tunable.h"
#include "host/tune.h"

#define WORLD_TAP "tap0"   /* has rx-frames and nothing else of ethtool's */
#define WORLD_VETH "veth0" /* has NAPI, because its GRO is on */

/* Enters it; false where it cannot be had, with a TAP plan that says why. */
bool world_enter(void);

/* Fails the test if the command does. */
void world_shell(const char *command);

struct iface world_iface(const char *name);

uint64_t world_get(const char *ifname, enum tunable what);
void world_set(const char *ifname, enum tunable what, uint64_t value);

/* How many notes there are in TUNE_DIR, the lock not counted. */
unsigned int world_notes(void);

/* ---- what was said ------------------------------------------------------- */

/* Collects lines; world_heard() looks for a text in them. */
extern const struct tune_sink world_sink;

void world_forget(void);
bool world_heard(const char *text);

/* ---- a run --------------------------------------------------------------- */

struct run {
	pid_t pid;
	int told; /* the run says here that it has tuned */
	int ask;  /* an octet here makes the run end by itself */
};

/* A process that tunes the interface (both ways of tuning it) and holds it;
 * returns at once. */
struct run run_start(const char *ifname);

/* Until it has tuned. */
void run_await(const struct run *run);

/* Ends it: by itself with everything put back, or by SIGKILL. */
void run_end(struct run *run, bool by_force);

#endif
