// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs cost, measured on a prober as a run opens it: every kind of
 * session, XDP and TC, both engines; and nothing of it left behind.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "host/clock.h"
#include "host/iface.h"
#include "probe/cost.h"
#include "veth.h"

#define PORT 40001
#define SLOTS 64
#define TRIES 5

struct kind {
	int version;
	uint8_t protocol;
	enum engine engine;
	enum rx_hook rx_hook;
};

static struct veth veth;

static struct session session_of(const struct kind *kind)
{
	struct session s = {
		.local_port = htons(PORT),
		.remote_port = kind->protocol == IPPROTO_UDP ? htons(862) : 0,
		.protocol = kind->protocol,
	};

	frame_address(s.remote, kind->version, 1, 2);
	return s;
}

static struct prober *open_prober(const struct kind *kind)
{
	static struct iface iface;
	const struct prober_shape shape = {
		.iface = &iface,
		.rx_hook = kind->rx_hook,
		.tc = TC_ATTACH_AUTO,
		.flows = 1,
		.slots = SLOTS,
	};
	struct session session = session_of(kind);
	char why[WHY_SIZE] = "no such interface";
	struct prober *p = NULL;
	int err;

	if (!iface_read(VETH_NEAR, &iface))
		p = prober_open(&shape, why, &err);
	if (!p)
		fail_msg("%s", why);
	assert_int_equal(prober_set_flow(p, 0, PORT, &session), 0);
	return p;
}

static void count_record(void *data, const struct slot *record)
{
	(void)record;
	++*(int *)data;
}

static void assert_untouched(struct prober *p)
{
	static const struct slot none[SLOTS];
	int records = 0;

	assert_memory_equal(prober_slots(p, 0), none, sizeof(none));
	assert_int_equal(prober_consume(p, count_record, &records), 0);
	assert_int_equal(records, 0);
	for (int i = 0; i < PROBER_COUNTERS; i++)
		assert_int_equal(prober_count(p, i), 0);
}

static void show(const struct kind *k, const double *ns, int64_t took)
{
	printf("# IPv%d, protocol %u, %s, %s: egress %.0f, xdp %.0f, ingress "
	       "%.0f, socket %.0f ns; took %.1f ms\n",
	       k->version, k->protocol, engine_name(k->engine),
	       k->rx_hook == RX_HOOK_TC ? "TC" : "XDP", ns[BUDGET_TC_EGRESS],
	       ns[BUDGET_XDP], ns[BUDGET_TC_INGRESS], ns[BUDGET_SOCKET],
	       (double)took / 1e6);
}

/* The quickest of a few, as others use this machine too. */
static void measure_kind(const struct kind *kind)
{
	struct session session = session_of(kind);
	const struct cost_subject subject = { &session, kind->engine, 14 };
	struct prober *p = open_prober(kind);
	int64_t quickest = INT64_MAX;
	double ns[BUDGET_PROGRAMS];

	for (int i = 0; i < TRIES; i++) {
		mono_t from = mono_now();
		int64_t took;

		assert_int_equal(cost_measure(p, &subject, ns), 0);
		took = mono_sub(mono_now(), from).ns;
		quickest = took < quickest ? took : quickest;
		assert_untouched(p);
		for (int k = 0; k < BUDGET_PROGRAMS; k++) {
			bool runs = k != BUDGET_TX_STAMP &&
				    (k != BUDGET_XDP ||
				     kind->rx_hook == RX_HOOK_XDP);

			if (!(runs ? ns[k] > 1 && ns[k] < 5000 : ns[k] == 0))
				fail_msg("program %d: %g ns", k, ns[k]);
		}
	}
	show(kind, ns, quickest);
	assert_true(quickest <= 30 * NSEC_PER_MSEC);
	prober_close(p);
}

static void every_kind_is_measured(void **state)
{
	static const struct kind kinds[] = {
		{ 4, IPPROTO_UDP, ENGINE_SOCKET, RX_HOOK_XDP },
		{ 6, IPPROTO_UDP, ENGINE_SOCKET, RX_HOOK_XDP },
		{ 4, IPPROTO_UDP, ENGINE_SOCKET, RX_HOOK_TC },
		{ 4, IPPROTO_UDP, ENGINE_BYPASS, RX_HOOK_XDP },
		{ 4, IPPROTO_ICMP, ENGINE_SOCKET, RX_HOOK_XDP },
		{ 6, IPPROTO_ICMPV6, ENGINE_SOCKET, RX_HOOK_XDP },
		{ 6, IPPROTO_ICMPV6, ENGINE_SOCKET, RX_HOOK_TC },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		measure_kind(&kinds[i]);
}

static void a_slot_in_use_is_left_alone(void **state)
{
	const struct kind kind = { 4, IPPROTO_UDP, ENGINE_SOCKET, RX_HOOK_XDP };
	const struct slot armed = { .state = SLOT_ARMED, .nonce = 5 };
	struct session session = session_of(&kind);
	const struct cost_subject subject = { &session, kind.engine, 14 };
	struct prober *p = open_prober(&kind);
	double ns[BUDGET_PROGRAMS];

	(void)state;
	*prober_slots(p, 0) = armed;
	assert_int_equal(cost_measure(p, &subject, ns), -EBUSY);
	assert_memory_equal(prober_slots(p, 0), &armed, sizeof(armed));
	assert_true(isnan(ns[BUDGET_XDP]));
	prober_close(p);
}

/* A probe of another session does not go the whole way. */
static void work_not_done_is_an_error(void **state)
{
	const struct kind kind = { 4, IPPROTO_UDP, ENGINE_SOCKET, RX_HOOK_XDP };
	struct session session = session_of(&kind);
	const struct cost_subject subject = { &session, kind.engine, 14 };
	struct prober *p = open_prober(&kind);
	double ns[BUDGET_PROGRAMS];

	(void)state;
	session.remote[15]++;
	assert_int_equal(cost_measure(p, &subject, ns), -EPROTO);
	assert_true(isnan(ns[BUDGET_TC_EGRESS]));
	assert_untouched(p);
	session.remote[15]--;
	assert_int_equal(cost_measure(p, &subject, ns), 0);
	prober_close(p);
}

static int set_up(void **state)
{
	(void)state;
	veth_open(&veth);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	veth_close(&veth);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_measured),
		cmocka_unit_test(a_slot_in_use_is_left_alone),
		cmocka_unit_test(work_not_done_is_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
