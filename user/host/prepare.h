/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Native XDP on an interface, attached once a run, with as little disturbance
 * as there can be.
 *
 * What stands in the way is found out before anything is attached and, where
 * only the driver knows, by its refusal of the one attempt, which changes
 * nothing. With --prepare the settings that it refuses for (MTU, channels, LRO,
 * GRO-HW) are changed for the run, noted and put back like all tuning (tune.h);
 * without, nothing is changed, and an interface whose queues an attachment
 * would restart under the user's ssh session is left alone.
 */
#ifndef XRTT_HOST_PREPARE_H
#define XRTT_HOST_PREPARE_H

#include "host/hook.h"
#include "host/tune_sink.h"
#include "model/preflight.h"

struct prepare;

struct prepare_request {
	const struct iface *iface; /* where the hooks go; copied */
	unsigned int wanted;	   /* PREFLIGHT_XDP | ... */
	bool may_change;	   /* --prepare */
	const char *offer;	   /* of preflight_facts; static */
	const struct tune_sink *sink;
};

/* Looks, and changes nothing. NULL and *err = -errno. */
struct prepare *prepare_open(const struct prepare_request *request, int *err);

/*
 * Attaches, after what had to be changed for it. NULL and *err: -ECANCELED
 * where it was not even tried (an ssh session), -EPERM without the
 * capabilities, else the driver's last word; what was changed in vain is back.
 */
struct hook *prepare_attach_xdp(struct prepare *p, int prog_fd, int *err);

/* As the last attempt has left it. */
const struct preflight *prepare_findings(const struct prepare *p);

/* Puts back what was changed, which takes the hook to be off: after
 * hook_detach(). NULL is fine. */
void prepare_close(struct prepare *p);

#endif
