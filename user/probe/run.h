/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a measurement share; private to session.c, setup.c,
 * send.c, settle.c, the engines, control.c and facts.c. */
#ifndef XRTT_PROBE_RUN_H
#define XRTT_PROBE_RUN_H

#include <sched.h>

#include "host/route.h"
#include "host/prepare.h"
#include "host/tune.h"
#include "model/departures.h"
#include "model/schedule.h"
#include "probe/bypass.h"
#include "probe/channel.h"
#include "probe/collect.h"
#include "probe/frame.h"
#include "probe/hwrx.h"
#include "probe/prober.h"
#include "probe/session.h"
#include "probe/tracks.h"
#include "probe/uncertainty.h"
#include "probe/window.h"

/* What an event is about: a flow's number, or one of these. */
#define RUN_TIMER UINT32_MAX
#define RUN_SIGNALS (UINT32_MAX - 1)

/* One 5-tuple. */
struct flow {
	struct channel channel;
	struct window window;
	struct packet_template packet;
	struct tcp *tcp; /* probe/tcp.h; NULL: another protocol */
};

/* Probes that the socket engine is to send, in the order of their times. */
struct queue {
	struct queued {
		uint32_t flow;
		uint32_t seq;
	} * at;
	unsigned int mask;
	uint64_t head, tail;
};

struct run {
	const struct plan *plan;
	struct plan chosen; /* --engine auto: the plan, once that is settled */
	const struct session_observer *observer;
	struct iface iface;
	struct iface wire; /* where the hooks are: the same, or below a VLAN */
	struct route route;
	uint8_t next_hop_mac[6];
	struct prober *prober;
	struct bypass *bypass; /* NULL: its engine is not used */
	bool bypass_ended;     /* its program takes no more orders */
	int txcount;	       /* what the device has sent, -1: not to be had */
	struct departures departures;
	uint64_t counted_start;
	bool uncounted;	 /* more answers than the device says it sent */
	uint64_t resets; /* TCP: RSTs that XDP had sent when last asked, */
	uint64_t resets_start; /* after so many in test-runs */
	bool resets_uncounted; /* and the device does not count those */
	int cpu;	       /* its program's, -1 without one */
	cpu_set_t allowed;     /* ours before we kept off that one */
	struct flow *flow;
	unsigned int flows;
	struct queue queue;
	struct queue order; /* of several flows: all that are not settled */
	struct collector *collector[ENGINES]; /* NULL: not used */
	struct account *total; /* both engines' probes as one stream */
	struct tracks *tracks; /* NULL: flows were not asked for */
	struct schedule schedule;
	struct uncertainty uncertainty;
	struct realmap_source realmap;
	struct outcome_rules rules[ENGINES];
	bool tx_stamps; /* the driver delivers them */
	struct hooks hooks;
	struct counts counts;
	struct null_floor *null; /* stored on this host, or NULL */
	int epoll;
	int timer;
	mono_t timer_set; /* to; 0 once it has expired */
	int signals;
	int stop; /* can be read while one that ends the run waits there */
	mono_t origin;
	int64_t origin_tai_ns;
	mono_t due; /* of the next probe to plan */
	uint64_t planned;
	bool sending; /* more probes are to be planned */
	bool interrupted;
	bool enough; /* --until has been reached */
	struct tune *tune;
	struct prepare *prepare;
	struct hwrx *hw; /* NULL: no stamps of the NIC are wanted */
	bool polls;	 /* never sleeps: its sockets poll the interface */
	struct moderation moderation_found; /* before any tuning */
	const char *trouble; /* what ended it before its time, or NULL */
	bool abandoned;	     /* asked twice: wait no longer */
	mono_t last_answer;
	span_t longest_rtt;
	uint64_t answered;
	uint64_t answered_bypass;
	uint64_t socket_sent;
	uint64_t handed;
	double handing_ns; /* bypass: running median, stamp to CPU back */
	bool has_counters; /* the far host gave its counters at the start */
	uint32_t control_seq;
	uint16_t remote_error;
};

/* preflight.c: what stands in the way, before anything is attached; then the
 * wait for a carrier that attaching has taken down, and who is next on the link
 * asked again, for the kernel has forgotten. */
enum session_end run_preflight(struct run *r, char *why);
enum session_end run_await_carrier(struct run *r, char *why);
void run_preflight_fill(const struct run *r, struct result *out);

/* setup.c: 0, or how the session ends, with `why` filled. */
enum session_end run_setup(struct run *r, char *why);
void run_teardown(struct run *r);
/* Parts of it: signals and timer; r->iface, wire and route; who is next on the
 * link. */
enum session_end run_open_events(struct run *r, char *why);
void run_close_events(struct run *r);
enum session_end run_find_interface(struct run *r, char *why);
enum session_end run_find_neighbour(struct run *r, char *why);
/* Has the sockets poll; again once an answer has told which NAPI is theirs. */
void run_poll_busily(struct run *r);
/* Whether they do: each knows which NAPI is its own. */
bool run_is_polled(const struct run *r);

/* flow.c: how many slots each flow gets, 2^n; opens all flows, or tells how the
 * session ends, with `why` filled; and frees them. */
uint32_t flows_slots(const struct plan *plan);
enum session_end flows_open(struct run *r, uint32_t slots, char *why);
void flows_close(struct run *r);
/* The flow's 5-tuple as the hooks look for it. */
void run_describe(const struct run *r, const struct flow *f,
		  struct session *session);

/* send.c: plans what is due up to the horizon and has it sent; withdraws what
 * is not due yet once nothing more is to be sent. Returns when it wants to be
 * called again, at the latest. */
void run_schedule(struct run *r); /* the first probe's time, then the next's */
mono_t run_send(struct run *r, mono_t now);
bool run_is_sending(const struct run *r); /* not all is sent */

/* settle.c: everything that waits (replies, TX stamps, records) of a flow; then
 * what is due to be settled, or all. */
void run_collect(struct run *r, struct flow *f);
/* The same of a flow whose socket has something, on its error queue or not. */
void run_arrived(struct run *r, struct flow *f, bool error);
void run_settle(struct run *r, mono_t now, bool all);
/* Both halves of a reply that the observer is to hear of. */
void run_answered(struct run *r, struct flow *f, struct pending *p);

/* engine_socket.c */
void socket_send(struct run *r, struct flow *f, struct pending *p);
bool socket_receive(struct run *r, struct flow *f); /* was there anything? */
void socket_drain_events(struct run *r, struct flow *f);
void socket_note_no_stamps(struct run *r); /* none came from the driver */

/* engine_auto.c: settles which engine, once the flows have been opened; says in
 * r->hooks why it is not bypass. */
void engine_choose(struct run *r, uint32_t slots);

/* engine_bypass.c: what its frames cannot be here ("needs an Ethernet link"),
 * NULL if nothing stands in its way. */
const char *bypass_obstacle(const struct run *r);
/* Loads its program for r->cpu and hands it the frames: 0, or -errno and `why`
 * filled. */
int bypass_load(struct run *r, uint32_t slots, char *why);
/* After the flows have been opened. */
enum session_end bypass_setup(struct run *r, uint32_t slots, char *why);
void bypass_describe_path(const struct run *r, const struct flow *f,
			  struct frame_path *path);
void bypass_plan(struct run *r, struct flow *f, struct pending *p);
bool bypass_is_taken(const struct run *r, const struct pending *p);
/* Compares what it sent with what the device did, where it is time for it. */
void bypass_count(struct run *r, mono_t now);
/* Whether a probe without an answer never left. */
bool bypass_missed(struct run *r, const struct flow *f,
		   const struct pending *p);

/* control.c: before the first probe and after the last. */
void control_start(struct run *r);
void control_end(struct run *r);

/* conclude.c: what the settled probes say; may be called again later. 0 or
 * -ENOMEM; to be released with session_release() either way. */
int run_conclude(struct run *r, struct result *result);

/* session.c: takes what signals came. */
void run_signals(struct run *r);

static inline bool run_uses(const struct run *r, enum engine engine)
{
	return r->plan->both || r->plan->engine == engine;
}

#endif
