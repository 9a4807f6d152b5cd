/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The product's own programs and maps, of which a variant attaches only what it
 * needs; user/probe/prober.c would attach them all.
 */
#ifndef XRTT_BENCH_RIG_H
#define XRTT_BENCH_RIG_H

#include <stdbool.h>

#include "slot.h"

#include "baseline.skel.h"
#include "host/hook.h"
#include "prober.skel.h"

/* Of each flow, 2^n: more than a block has probes. */
#define RIG_SLOTS 512

/* What a variant adds to the bare two hooks, TC egress and XDP. */
struct variant {
	const char *name;
	bool all_hooks;	   /* TC ingress and the socket's filter too */
	bool tx_stamps;	   /* SO_TIMESTAMPING, drained without blocking */
	bool wakes_ring;   /* a record at egress wakes a thread */
	bool wakes_socket; /* a thread sleeps in recv() on the socket */
};

struct rig {
	struct prober_bpf *prober;
	struct baseline_bpf *baseline;
	struct slot *slots;
	size_t slots_size;
	struct hook *xdp;
	struct hook *waker;
	struct hook *egress;
	struct hook *ingress;
};

/* Loads, attaches nothing. 0 or -errno; rig_close() in both cases. */
int rig_open(struct rig *rig, unsigned int flows);
void rig_close(struct rig *rig);

/* XDP stays on for the whole run: attaching it restarts a veth's queues. */
int rig_attach_xdp(struct rig *rig, const struct iface *iface);

/* The rest, in place of the variant before. */
int rig_attach(struct rig *rig, const struct iface *iface,
	       const struct variant *variant);
void rig_detach(struct rig *rig);

/* Makes packets of this 5-tuple the flow's; the port is in host order. */
int rig_set_flow(struct rig *rig, unsigned int flow, uint16_t local_port,
		 const struct session *session);
struct slot *rig_slots(const struct rig *rig, unsigned int flow);

#endif
