/* SPDX-License-Identifier: GPL-2.0-only */
/* The bypass engine's program with its maps and its runner; what they do is in
 * include/order.h. */
#ifndef XRTT_PROBE_BYPASS_H
#define XRTT_PROBE_BYPASS_H

#include "order.h"
#include "probe/plan.h"

struct bypass;

struct bypass_shape {
	int ifindex;  /* where to send */
	int slots_fd; /* the prober's map of slots */
	unsigned int flows;
	unsigned int orders; /* room for so many at a time, 2^n */
	unsigned int length; /* octets of a frame */
	unsigned int udp_at; /* of them before the UDP or TCP header */
	unsigned int batch;  /* frames to a doorbell, 1 to 256 */
	bool flood;
	bool is_syn; /* TCP: as in include/order.h, and these two */
	uint32_t isn;
	bool hop_at_tc; /* as in include/order.h */
	int cpu;	/* where it runs, -1: anywhere */
};

/*
 * Loads the program; nothing runs yet. NULL, *err -errno and `why` filled:
 * -EPERM, or a kernel without live frames (before 5.18).
 */
struct bypass *bypass_open(const struct bypass_shape *shape, char *why,
			   int *err);
void bypass_close(struct bypass *b); /* stops it; NULL is fine */

/* The flow's frame, its slots included. 0 or -errno. */
int bypass_set_frame(struct bypass *b, unsigned int flow,
		     const struct bypass_frame *frame);

/* The program for a hop's other end, where the engine has its own slots, which
 * are mapped on being asked for. */
int bypass_hop_fd(const struct bypass *b, bool tc);
struct slot *bypass_slots(struct bypass *b);

/* Starts the program, about 24 ms; 0 or -errno with `why` filled. */
int bypass_start(struct bypass *b, char *why);

/* Ends it, 5 to 20 ms; the orders that have not been taken stay so. */
void bypass_stop(struct bypass *b);

/* Orders for which there is room. */
unsigned int bypass_room(const struct bypass *b);

/*
 * Puts an order behind the others; the program sees it from the next publish
 * on. There must be room, and its slot must be ready. Returns its number.
 */
uint64_t bypass_order(struct bypass *b, const struct bypass_order *order);
void bypass_publish(struct bypass *b);

/* Orders below this number are over: sent, or their slot still FREE. */
uint64_t bypass_taken(const struct bypass *b);

/* Orders that wait for it; 0 if it does not run. */
uint64_t bypass_waiting(const struct bypass *b);

/* What the program counted, and whether it still runs (0 or -errno). */
void bypass_state(const struct bypass *b, struct bypass_state *out);
int bypass_error(const struct bypass *b);

#endif
