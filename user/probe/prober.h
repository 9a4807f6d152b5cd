/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prober's BPF programs and maps: loaded, sized, attached to one interface,
 * and read. What the slots and records mean is in include/slot.h.
 */
#ifndef XRTT_PROBE_PROBER_H
#define XRTT_PROBE_PROBER_H

#include "host/prepare.h"
#include "model/budget.h"
#include "nic.h"
#include "probe/plan.h"
#include "slot.h"

struct prober;

struct prober_shape {
	const struct iface *iface;
	struct prepare *prepare; /* NULL: XDP as it comes */
	enum rx_hook rx_hook;
	enum tc_attach tc;
	unsigned int flows;
	unsigned int slots; /* of each flow, 2^n */
	bool is_tcp;
	bool is_vlan;	/* the flows are a VLAN's, and `iface` is below it */
	bool hw_stamps; /* in XDP the NIC's, where the kernel has it */
};

/*
 * Loads and attaches. On failure NULL, *err is -errno and `why` is filled;
 * -EPERM, -EOPNOTSUPP and the like: this machine or privilege cannot do it.
 */
struct prober *prober_open(const struct prober_shape *shape, char *why,
			   int *err);

/* Detaches everything and frees; NULL is fine. */
void prober_close(struct prober *prober);

/* Makes packets of this 5-tuple the flow's. `local_port` is in host order. 0 or
 * -errno. */
int prober_set_flow(struct prober *prober, unsigned int flow,
		    uint16_t local_port, const struct session *session);

/* The two halves of it, for a flow with many local ports. */
int prober_set_session(struct prober *prober, unsigned int flow,
		       const struct session *session);
int prober_add_port(struct prober *prober, unsigned int flow,
		    uint16_t local_port);

/* TCP: the riders (syn.h), shared with the hooks. NULL: no memory for it. */
uint64_t *prober_riders(struct prober *prober);

/* The flow's slots, shared with the hooks. */
struct slot *prober_slots(const struct prober *prober, unsigned int flow);

/* The map that holds all flows' slots; it stays the prober's. */
int prober_slots_fd(const struct prober *prober);

/* The socket filter for a flow's socket. */
int prober_filter_fd(const struct prober *prober, enum protocol protocol,
		     int family);

/* The hook's program, negative if it is not loaded; the socket filters are
 * prober_filter_fd()'s. */
int prober_program_fd(const struct prober *prober, enum budget_program which);

/* Hands every record in the ring to `each`. 0 or -errno. */
int prober_consume(struct prober *prober,
		   void (*each)(void *data, const struct slot *record),
		   void *data);

uint64_t prober_count(const struct prober *prober, enum prober_counter which);

/* What the NIC's stamps in XDP have shown so far. NULL, or why (static) there
 * are none to be had there, and *out is all 0 then. */
const char *prober_nic(const struct prober *prober, struct nic_state *out);

/* Which hooks it came to be, and why not the better ones. */
void prober_hooks(const struct prober *prober, struct hooks *out);

#endif
