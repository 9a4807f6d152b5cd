// SPDX-License-Identifier: GPL-2.0-only
#include "probe/doctor_stamps.h"

#include <errno.h>
#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/tx_stamp.h"
#include "probe/cell.h"
#include "probe/cost.h"
#include "probe/null_bench.h"
#include "probe/packet.h"

#define CABLE_TIME_NS (800 * NSEC_PER_MSEC)
#define CABLE_INTERVAL_NS NSEC_PER_MSEC
#define CABLE_PAIRS 200

#define PEER_PROBES 200
#define PEER_INTERVAL_NS (5 * NSEC_PER_MSEC)
#define PEER_TIMEOUT_NS NSEC_PER_SEC

#define NIC_PAIRS 20

/* For a session that is only test-run. */
#define SLOTS 64
#define LOCAL_PORT 40000

/* ---- probes -------------------------------------------------------------- */

static void take_end(struct stamp_look *look, const char *why)
{
	for (int i = 0; i < ENGINES; i++)
		look->measured |= look->cell[i].probes.received > 0;
	if (!look->measured)
		snprintf(look->why, sizeof(look->why), "%.*s", NULL_TEXT - 1,
			 why);
}

/* Both engines on one 5-tuple, attached once. Where the one cannot be had, the
 * other by itself, and the one's cell says why. */
static bool look(const struct plan *plan, struct stamp_look *out)
{
	struct null_cell *const cell[ENGINES] = { &out->cell[ENGINE_SOCKET],
						  &out->cell[ENGINE_BYPASS] };
	struct plan both = *plan, one = *plan;
	struct result result;
	enum session_end end;
	bool interrupted;
	char why[WHY_SIZE];

	out->tried = true;
	for (int i = 0; i < ENGINES; i++) {
		cell[i]->engine = i;
		cell[i]->interval_ns = plan->interval.ns;
		cell[i]->achieved_pps = NAN;
	}
	both.both = true;
	end = cells_measure(&both, cell, &result, why);
	interrupted = result.run.interrupted;
	session_release(&result);
	if (end == SESSION_CANNOT && !interrupted) {
		one.engine = ENGINE_SOCKET;
		cells_measure(&one, cell, &result, why);
		interrupted |= result.run.interrupted;
		session_release(&result);
	}
	take_end(out, why);
	return interrupted;
}

/* ---- the cable ----------------------------------------------------------- */

static void measure_cost(const struct null_bench *b, const struct iface *iface,
			 struct stamp_facts *out)
{
	const struct prober_shape shape = {
		.iface = iface,
		.flows = 1,
		.slots = SLOTS,
	};
	struct session session = {
		.local_port = htons(LOCAL_PORT),
		.remote_port = htons(STAMP_PORT),
		.protocol = IPPROTO_UDP,
	};
	const struct cost_subject subject = {
		.session = &session,
		.engine = ENGINE_SOCKET,
		.link_header = iface->link_header,
	};
	struct prober *prober;
	char why[WHY_SIZE] = "";
	int err;

	memcpy(session.remote, b->far.prefix.address.octets,
	       sizeof(session.remote));
	prober = prober_open(&shape, why, &err);
	if (!prober) {
		snprintf(out->program_why, sizeof(out->program_why), "%.127s",
			 why);
		return;
	}
	err = prober_set_flow(prober, 0, LOCAL_PORT, &session);
	if (!err)
		err = cost_measure(prober, &subject, out->program);
	if (err)
		snprintf(out->program_why, sizeof(out->program_why), "%s",
			 strerror(-err));
	prober_close(prober);
	/* Not loaded is not free of charge. */
	for (int i = 0; i < BUDGET_PROGRAMS; i++) {
		if (err || out->program[i] == 0)
			out->program[i] = NAN;
	}
}

static void try_frames(const struct iface *iface, unsigned int pairs,
		       struct tx_stamp_facts *out)
{
	struct tx_stamp_report report;
	int err = tx_stamp_try(iface, pairs, &report);

	memset(out, 0, sizeof(*out));
	if (err) {
		snprintf(out->why, sizeof(out->why), "%s",
			 err == -EPERM	      ? "needs CAP_NET_RAW"
			 : err == -EOPNOTSUPP ? "no Ethernet"
					      : strerror(-err));
		return;
	}
	out->tried = true;
	out->asked = report.asked;
	out->stamped = report.stamped;
	out->has_cost = report.has_cost;
	out->cost_ns = report.cost_ns;
	out->jitter_ns = report.jitter_ns;
}

static bool try_bench(const struct null_bench *b, struct stamp_facts *out)
{
	struct plan plan = null_bench_plan(b, span_ns(CABLE_TIME_NS),
					   span_ns(CABLE_INTERVAL_NS));
	struct iface iface;

	if (!iface_read(b->near.name, &iface)) {
		measure_cost(b, &iface, out);
		try_frames(&iface, CABLE_PAIRS, &out->cable_tx);
	}
	return look(&plan, &out->cable);
}

bool doctor_try_cable(struct stamp_facts *out)
{
	bool interrupted = false;
	struct null_bench b;
	char why[WHY_SIZE] = "";

	for (int i = 0; i < BUDGET_PROGRAMS; i++)
		out->program[i] = NAN;
	strcpy(out->cable.link, "veth");
	out->cable.tried = true;
	if (!null_bench_open(&b, why))
		interrupted = try_bench(&b, out);
	else
		take_end(&out->cable, why);
	null_bench_close(&b);
	return interrupted;
}

/* ---- the interface ------------------------------------------------------- */

void doctor_try_frames(const struct iface *iface, struct stamp_facts *out)
{
	try_frames(iface, NIC_PAIRS, &out->nic_tx);
}

bool doctor_try_peer(const struct plan *target, struct stamp_facts *out)
{
	struct plan plan = *target;

	plan.count = PEER_PROBES;
	plan.interval = span_ns(PEER_INTERVAL_NS);
	plan.timeout = span_ns(PEER_TIMEOUT_NS);
	plan.batch = 1;
	plan.size = PACKET_PAYLOAD_MIN;
	plan.prepare_offer = "xrtt probe --prepare";
	snprintf(out->peer.link, sizeof(out->peer.link), "%s",
		 plan.ifname ? plan.ifname : "");
	return look(&plan, &out->peer);
}
