/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which stamps come: real probes over a cable of our own, to a target if there
 * is one, and frames to nobody over the interface. Attaching to the interface
 * is left to the probes to a target.
 */
#ifndef XRTT_PROBE_DOCTOR_STAMPS_H
#define XRTT_PROBE_DOCTOR_STAMPS_H

#include "model/doctor_host.h"
#include "probe/plan.h"

/* Fills `cable`, `cable_tx` and the programs' costs; takes some seconds. The
 * interface is not touched. True if it was interrupted. */
bool doctor_try_cable(struct stamp_facts *out);

/* Fills `nic_tx`: 60 frames on the interface, a third of them stamped. */
void doctor_try_frames(const struct iface *iface, struct stamp_facts *out);

/* Fills `peer`: 100 probes by each engine to plan's target over its interface,
 * as `xrtt probe` sends them. True if it was interrupted. */
bool doctor_try_peer(const struct plan *target, struct stamp_facts *out);

#endif
