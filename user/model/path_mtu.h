/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks for the largest IP packet that gets through with DF set: starts with
 * what the interface takes, believes routers that tell the next link's MTU (RFC
 * 1191, RFC 8201) as soon as a packet of that size has got through, and halves
 * the interval where nobody says anything.
 */
#ifndef XRTT_MODEL_PATH_MTU_H
#define XRTT_MODEL_PATH_MTU_H

#include <stdbool.h>

struct mtu_search {
	unsigned int floor;   /* what every link takes */
	unsigned int passed;  /* the longest that got through, 0: none yet */
	unsigned int refused; /* the shortest that did not */
	unsigned int told;    /* by the last router that said so, 0: none */
	unsigned int next;    /* to try; 0: it is over */
};

/* `most`: the interface's. `version` 4 or 6. */
void mtu_search_start(struct mtu_search *s, int version, unsigned int most);

/* What became of s->next octets. `told` is 0 if a router did not say more than
 * that it is too big, which cannot be if it is not below s->next. */
void mtu_search_passed(struct mtu_search *s);
void mtu_search_refused(struct mtu_search *s, unsigned int told);
void mtu_search_silent(struct mtu_search *s);

#endif
