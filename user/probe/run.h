/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a measurement share; private to session.c,
 * setup.c, engine_socket.c, control.c and facts.c. */
#ifndef XRTT_PROBE_RUN_H
#define XRTT_PROBE_RUN_H

#include "host/route.h"
#include "model/schedule.h"
#include "probe/channel.h"
#include "probe/collect.h"
#include "probe/prober.h"
#include "probe/session.h"
#include "probe/window.h"

/* One 5-tuple. */
struct flow {
	struct channel channel;
	struct window window;
	struct packet_template packet;
};

struct run {
	const struct plan *plan;
	const struct session_observer *observer;
	struct iface iface;
	struct route route;
	struct prober *prober;
	struct flow *flow;
	unsigned int flows;
	struct collector *collector;
	struct schedule schedule;
	struct realmap_source realmap;
	struct outcome_rules rules;
	struct hooks hooks;
	struct counts counts;
	int epoll;
	int timer;
	int signals;
	mono_t origin;
	int64_t origin_tai_ns;
	mono_t due; /* of the next probe */
	uint64_t planned;
	bool sending; /* more probes are to be sent */
	bool interrupted;
	bool abandoned; /* asked twice: wait no longer */
	mono_t last_answer;
	span_t longest_rtt;
	uint64_t answered;
	bool has_counters; /* the far host gave its counters at the start */
	uint32_t control_seq;
	uint16_t remote_error;
};

/* setup.c: 0, or how the session ends, with `why` filled. */
enum session_end run_setup(struct run *r, char *why);
void run_teardown(struct run *r);

/* engine_socket.c */
void engine_send(struct run *r, mono_t due);
/* Everything that waits: replies, TX stamps, records; settles what is due. */
void engine_collect(struct run *r, struct flow *f);
void engine_drain_events(struct run *r, struct flow *f);
void engine_settle(struct run *r, mono_t now, bool all);

/* control.c: before the first probe and after the last. */
void control_start(struct run *r);
void control_end(struct run *r);

/* session.c: takes what signals came. */
void run_signals(struct run *r);

#endif
