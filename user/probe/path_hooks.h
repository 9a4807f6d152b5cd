/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF programs and maps of `xrtt path`: loaded, sized, attached to one
 * interface. What is in the maps is told in include/slot.h and quoted.h. */
#ifndef XRTT_PROBE_PATH_HOOKS_H
#define XRTT_PROBE_PATH_HOOKS_H

#include "quoted.h"
#include "probe/run.h"
#include "slot.h"

struct path_hooks;

/*
 * On r->wire, as r->plan and r->prepare have it. `slots` is 2^n; all sessions
 * share them. On failure NULL, *err is -errno and `why` is filled.
 */
struct path_hooks *path_hooks_open(const struct run *r, unsigned int slots,
				   char *why, int *err);

/* Detaches and frees; NULL is fine. */
void path_hooks_close(struct path_hooks *h);

/* Makes packets of this 5-tuple, or identifier, the flow's; a flow's first
 * slot and mask are set here. 0 or -errno. */
int path_hooks_set_flow(struct path_hooks *h, unsigned int flow,
			const struct session *session);

/* Shared with the hooks, for as long as they are open. */
struct slot *path_hooks_slots(const struct path_hooks *h);
struct path_quote *path_hooks_quotes(const struct path_hooks *h);

/* Which they came to be, and why not the better ones. */
void path_hooks_report(const struct path_hooks *h, struct hooks *out);

/* Answers of ours that were nobody's, or too late. */
uint64_t path_hooks_stale(const struct path_hooks *h);

#endif
