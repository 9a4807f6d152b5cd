// SPDX-License-Identifier: GPL-2.0-only
/* What stands in a run's way on its interface, and what attaching does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/link.h"
#include "probe/run.h"

#define CARRIER_PATIENCE_NS (10 * NSEC_PER_SEC)

static const struct tune_sink *sink_of(const struct run *r)
{
	static const struct tune_sink nobody;

	return r->plan->sink ? r->plan->sink : &nobody;
}

enum session_end run_preflight(struct run *r, char *why)
{
	struct prepare_request request = {
		.iface = &r->wire,
		.may_change = r->plan->prepare,
		.offer = r->plan->prepare_offer,
		.sink = sink_of(r),
	};
	int err;

	if (r->plan->rx_hook != RX_HOOK_TC)
		request.wanted |= PREFLIGHT_XDP;
	if (run_uses(r, ENGINE_BYPASS))
		request.wanted |= PREFLIGHT_BYPASS;
	r->prepare = prepare_open(&request, &err);
	if (r->prepare)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE, "cannot look at interface %s: %s", r->wire.name,
		 strerror(-err));
	return SESSION_CANNOT;
}

/* Attaching XDP restarts the queues of some drivers (ENA: net carrier off), and
 * with the carrier the kernel forgets its neighbours. */
enum session_end run_await_carrier(struct run *r, char *why)
{
	span_t away = span_ns(0);
	struct iface now;
	int err = 0;

	if (!iface_read_index(r->iface.index, &now))
		r->iface.mtu = now.mtu;
	if (r->wire.has_carrier)
		err = link_await_carrier(&r->wire, span_ns(CARRIER_PATIENCE_NS),
					 sink_of(r), r->stop, &away);
	if (err == -EINTR) {
		r->interrupted = true;
		snprintf(why, WHY_SIZE,
			 "interrupted before the carrier of %s was back",
			 r->wire.name);
		return SESSION_SILENT;
	}
	return away.ns ? run_find_neighbour(r, why) : SESSION_MEASURED;
}

/* The result has its own copy, and with it the words that the hooks refer to.
 */
void run_preflight_fill(const struct run *r, struct result *out)
{
	const struct preflight *found = prepare_findings(r->prepare);
	struct preflight *copy = malloc(sizeof(*copy));

	if (copy)
		*copy = *found;
	out->local.preflight = copy;
	if (out->hooks.rx_why == found->why_not_xdp)
		out->hooks.rx_why = copy ? copy->why_not_xdp : NULL;
}
