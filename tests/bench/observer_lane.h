/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One variant's socket and the probes that go over it, in blocks. A block sends
 * as the product's session does: one thread arms, sends, drains the error queue
 * without waiting, and only then sleeps until something comes or is due.
 */
#ifndef XRTT_BENCH_LANE_H
#define XRTT_BENCH_LANE_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "host/route.h"
#include "model/realmap.h"
#include "observer_rig.h"
#include "probe/channel.h"
#include "probe/window.h"

/* What the lanes of one run have in common. */
struct lane_place {
	struct rig *rig;
	const struct plan *plan;
	const struct route *route;
	cpu_set_t helper_cpus; /* for threads that a variant wakes */
};

struct lane {
	const struct lane_place *place;
	const struct variant *variant;
	struct channel channel;
	struct packet_template packet;
	struct window window;
	struct realmap_source realmap;
	struct ring_buffer *records;
	int epoll;
	int timer;
	struct ring_buffer *alarms; /* what the helper sleeps on, if that */
	pthread_t helper;
	atomic_bool helper_ends;
	mono_t read_at[RIG_SLOTS]; /* replies that the helper read, by slot */
};

struct block {
	unsigned int warm_up; /* probes before those that count */
	unsigned int probes;
	span_t interval;
	/* Every probe that counts, stamps as far as there are any. */
	void (*each)(void *data, const struct lane *lane,
		     const struct sample *sample);
	void *data;
};

/* `number` is the flow's in the rig. 0, or -errno with WHY_SIZE octets of `why`
 * filled; lane_close() in both cases. */
int lane_open(struct lane *lane, const struct lane_place *place,
	      const struct variant *variant, unsigned int number, char *why);
void lane_close(struct lane *lane);

/* To be called with the variant's hooks attached. 0 or -errno. */
int lane_run(struct lane *lane, const struct block *block);

#endif
