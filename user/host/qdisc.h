/* SPDX-License-Identifier: GPL-2.0-only */
/* What queues outgoing packets, as RTM_GETQDISC tells it. */
#ifndef XRTT_HOST_QDISC_H
#define XRTT_HOST_QDISC_H

#include "model/host_facts.h"

/* The root's kind, of a multiqueue root its first leaf's too, and what of their
 * options makes a packet wait. ingress and clsact are none. 0 or -errno. */
int qdisc_read(int ifindex, struct qdisc_facts *out);

#endif
