/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of `xrtt path` share; private to path*.c of this directory. */
#ifndef XRTT_PROBE_PATH_RUN_H
#define XRTT_PROBE_PATH_RUN_H

#include "model/path_mtu.h"
#include "model/path_parts.h"
#include "probe/path.h"
#include "probe/path_hooks.h"
#include "probe/path_packet.h"
#include "probe/run.h"

/* A pending probe's hop: it looks for the MTU. */
#define PATH_SIZED (PATH_HOPS_MOST + 1)

/* A probe that is under way; its slot has the same index. */
struct path_pending {
	bool is_open; /* not settled */
	uint32_t seq;
	unsigned int flow;
	unsigned int hop;
	unsigned int size;
	mono_t due;
	mono_t sent;
	uint64_t duplicates; /* told when it was settled */
};

/* What has become of the probes of one size. */
struct path_sized {
	unsigned int size;
	unsigned int pending;
	bool arrived;
	bool by_echo;
	bool too_big;
	unsigned int told; /* by whom, in `address` */
	char address[PATH_ADDRESS];
};

struct path_run {
	struct run base;
	const struct path_plan *plan;
	const struct path_observer *observer;
	struct path_hooks *hooks;
	int raw;
	int reserved[PATH_FLOWS_MOST]; /* sockets that hold our ports */
	/* The flows', then the one of echoes that look for the MTU. */
	struct path_wire wire[PATH_FLOWS_MOST + 1];
	struct path_pending *pending;
	unsigned int mask;
	uint32_t first, next; /* sequence numbers */
	struct path_tally *tally;
	struct path_values lateness;
	uint64_t late_duplicates;
	uint64_t disorder;
	uint64_t answered;
	uint64_t send_errors;
	span_t longest_rtt;
	struct path_sized sized;
	struct path_mtu mtu;
	struct hop_result hop;
	int hop_error;
};

/* path_setup.c: 0, or how it ends, with `why` filled. */
enum session_end path_setup(struct path_run *r, char *why);
void path_teardown(struct path_run *r);

/* path_window.c: arms a slot, sends, and leaves it pending. */
void path_send(struct path_run *r, unsigned int flow, unsigned int hop,
	       unsigned int size, mono_t due);
/* Settles what is answered or over, or all; whether nothing is pending. */
bool path_settle(struct path_run *r, mono_t now, bool all);
/* After the last; what has come since they were settled is counted. */
void path_leave_all(struct path_run *r);
/* Until then, or until nothing is pending if `idle`, or a signal ends it. */
void path_wait(struct path_run *r, mono_t until, bool idle);

/* path_sized.c: looks for the path's MTU. */
void path_find_mtu(struct path_run *r);
/* One of its probes has been settled; `sample` as for the tally. */
void path_take_sized(struct path_run *r, const struct path_sample *sample);

/* path_bars.c: before the first probe; then every duration's bar. */
void path_bars_start(struct path_run *r);
int path_bars_fill(struct path_run *r, struct path *out);

#endif
