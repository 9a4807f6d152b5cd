/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One flow's probes between being sent and being settled. Each entry belongs to
 * the slot of the same index, and the entries are settled in sending order.
 */
#ifndef XRTT_PROBE_WINDOW_H
#define XRTT_PROBE_WINDOW_H

#include "host/clock.h"
#include "model/hwclock.h"
#include "model/realmap.h"
#include "model/sample.h"
#include "slot.h"

#define PENDING_SENT 0x1       /* the kernel took it */
#define PENDING_DRV_SEEN 0x2   /* the driver took it: a TX stamp came */
#define PENDING_DRV_TX 0x4     /* ... and could be moved to MONOTONIC */
#define PENDING_APP_RX 0x8     /* the application read its reply */
#define PENDING_RECORD 0x10    /* it passed the last hook: its slot is DONE */
#define PENDING_TRIED 0x80     /* socket: sent, or the kernel refused it */
#define PENDING_ABANDONED 0x20 /* we stopped watching before its time was up */
#define PENDING_NOT_LEFT \
	0x40		    /* bypass: the device counted fewer than we sent */
#define PENDING_HW_RX 0x100 /* socket: the NIC stamped its reply */

struct pending {
	uint32_t seq;
	uint16_t flags;	 /* PENDING_* */
	uint16_t engine; /* enum engine */
	uint64_t nonce;	 /* socket engine; the other's is in the slot */
	uint64_t order;	 /* bypass engine: its number there */
	mono_t due;
	mono_t app_tx;
	mono_t drv_tx;
	mono_t app_rx;
	nic_t hw_rx;	    /* socket engine; the other's is in the slot */
	mono_t closed;	    /* its slot: done or expired */
	struct realmap map; /* REALTIME to MONOTONIC just before sending */
};

struct window {
	struct slot *slots; /* shared with the hooks */
	struct pending *pending;
	uint32_t mask;
	uint32_t head; /* oldest sequence number not yet settled */
	uint32_t next; /* next to be armed */
};

/* What a window needs to know to tell one outcome from another. */
struct outcome_rules {
	struct wire_ends ends;
	span_t timeout;
	bool tx_stamps; /* TX stamps come: no stamp means it did not leave */
	bool rx_at_tc;
};

/* Over `count` slots, 2^n, of flow number `flow`. 0 or -ENOMEM. */
int window_create(struct window *w, struct slot *slots, uint32_t count,
		  uint32_t flow);
void window_destroy(struct window *w);

/*
 * The entry for the next probe, its sequence number set, or NULL: the window is
 * full, or the slot was closed less than SLOT_QUIET_NS before `now`. A wrap
 * never erases a probe that is still being watched.
 */
struct pending *window_next(struct window *w, mono_t now);

/* Arms the slot of what window_next() gave: from here on hooks may stamp it. */
void window_arm(struct window *w, struct pending *p, uint64_t nonce);

/* Readies it for the bypass engine, whose program arms it. */
void window_prepare(struct window *w, struct pending *p);

/* Takes back all entries from `seq` on, none of them armed. */
void window_withdraw(struct window *w, uint32_t seq);

/* The slot of an entry, as the hooks left it. */
const struct slot *window_slot(const struct window *w, const struct pending *p);

/* When it left, as far as is known: what its timeout counts from. */
mono_t window_sent_at(const struct window *w, const struct pending *p);

/* Whether it has left, and whether its reply is where it belongs: read by the
 * application, or, of the bypass engine, which has no reader, recorded. */
bool window_has_left(const struct window *w, const struct pending *p);
bool window_is_answered(const struct pending *p);

/* Answered, and recorded: nothing more of that reply will come. */
bool window_is_complete(const struct pending *p);

/* Whether every probe that has left and is not settled is answered. */
bool window_all_answered(const struct window *w);

/* The stamp of the first hook that sees a reply, 0: it has seen none. */
uint64_t window_first_rx(const struct slot *slot,
			 const struct outcome_rules *rules);

/* The entry of a probe that has not been settled, or NULL. */
struct pending *window_find(struct window *w, uint32_t seq);

/* The oldest entry that has not been settled, or NULL. */
struct pending *window_oldest(struct window *w);

/* Closes the oldest entry's slot and tells what became of the probe: all but
 * hw_rx, which is of another clock (hwrx.h). */
void window_settle(struct window *w, const struct outcome_rules *rules,
		   mono_t now, struct sample *out);

/* The sample as far as it is known, nothing closed. */
void window_peek(const struct window *w, const struct pending *p,
		 const struct outcome_rules *rules, struct sample *out);

#endif
