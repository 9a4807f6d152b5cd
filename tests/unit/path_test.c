// SPDX-License-Identifier: GPL-2.0-only
/* From settled probes to hops, routers, routes, MTU and conclusions. */
#include <string.h>

#include "model/path_mtu.h"
#include "model/path_tally.h"
#include "unit.h"

#define HOPS 5 /* to the target, itself included */
#define ROUNDS 10
#define FLOWS 4
#define STEP 1000000 /* ns, from hop to hop */

/* What a test's world is like. */
struct world {
	bool hides[HOPS + 1];  /* routers that say nothing */
	bool loses;	       /* router 2 answers every other probe */
	bool is_icmp;	       /* no TTL comes back from the target */
	bool is_mute;	       /* neither does anything else */
	unsigned int branches; /* of hop 2, by flow */
};

static struct path_sample answer_of(const struct world *w, unsigned int flow,
				    unsigned int hop, unsigned int round)
{
	struct path_sample s = {
		.flow = flow,
		.hop = hop,
		.status = PROBE_OK,
		.answer = PATH_ROUTER,
		.remote_ttl = -1,
		.ttl = 255 - hop,
		.rtt_ns = hop * STEP + round,
	};

	if (hop == PATH_FULL || hop >= HOPS) {
		s.answer = PATH_TARGET;
		s.rtt_ns = HOPS * STEP + round;
		s.ttl = 251;
		strcpy(s.address, "192.0.2.5");
		if (w->is_mute)
			s.status = PROBE_LOST;
		if (w->is_icmp)
			return s;
		s.remote_ttl = (hop ? hop : 255) - (HOPS - 1);
		s.has_remote = true;
		s.remote_ns = 500;
		return s;
	}
	snprintf(s.address, sizeof(s.address), "10.0.%u.%u", hop,
		 hop == 2 && w->branches ? flow % w->branches : 0);
	if (w->hides[hop] || (w->loses && hop == 2 && round & 1))
		s.status = PROBE_LOST;
	return s;
}

static struct path *walk(const struct world *w, unsigned int max_hop)
{
	struct path_tally *t = path_tally_create(FLOWS, max_hop);
	struct path *path = calloc(1, sizeof(*path));

	assert_non_null(t);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int f = 0; f < FLOWS; f++) {
			for (unsigned int h = 0; h <= path_tally_last(t, f);
			     h++) {
				struct path_sample s =
					answer_of(w, f, h, round);

				assert_int_equal(path_tally_add(t, &s), 0);
			}
		}
	}
	path->base.target.protocol =
		w->is_icmp ? PROTOCOL_ICMP : PROTOCOL_STAMP;
	assert_int_equal(path_tally_report(t, path), 0);
	path_tally_destroy(t);
	path_conclude(path);
	return path;
}

static void leave(struct path *path)
{
	path_release(path);
	free(path);
}

static bool concludes(const struct path *path, const char *code)
{
	for (size_t i = 0; i < path->findings; i++) {
		if (!strcmp(path->finding[i].code, code))
			return true;
	}
	return false;
}

static void a_plain_path(void **state)
{
	struct path *path = walk(&(struct world){}, 30);

	(void)state;
	assert_int_equal(path->hops, HOPS * FLOWS);
	assert_int_equal(path->nodes, HOPS);
	assert_int_equal(path->routes, 1);
	assert_int_equal(path->beyond, 0);
	for (size_t i = 0; i < path->nodes; i++) {
		const struct path_node *n = &path->node[i];

		assert_true(n->known);
		assert_int_equal(n->flows, (1 << FLOWS) - 1);
		assert_int_equal(n->times.rtt.n, FLOWS * ROUNDS);
		assert_int_equal(n->times.rtt.min, (i + 1) * STEP);
		assert_int_equal(n->probes.received, FLOWS * ROUNDS);
	}
	assert_int_equal(path->node[HOPS - 1].answer, PATH_TARGET);
	assert_int_equal(path->flow[0].routers, HOPS - 1);
	assert_int_equal(path->flow[0].last, HOPS);
	assert_int_equal(path->base.network.min, HOPS * STEP - 500);
	assert_int_equal(path->base.remote.min, 500);
	assert_int_equal(path->base.probes.received, FLOWS * ROUNDS);
	assert_true(concludes(path, "hop_count"));
	assert_true(concludes(path, "one_route"));
	assert_true(concludes(path, "slow_path"));
	assert_false(concludes(path, "hidden"));
	assert_false(concludes(path, "icmp_limited"));
	leave(path);
}

static void branches_are_nodes(void **state)
{
	struct path *path = walk(&(struct world){ .branches = 3 }, 30);

	(void)state;
	assert_int_equal(path->nodes, HOPS + 2);
	assert_int_equal(path->node[1].flows, 1 | 8);
	assert_int_equal(path->node[2].flows, 2);
	assert_int_equal(path->node[3].flows, 4);
	assert_int_equal(path->node[1].times.rtt.n, 2 * ROUNDS);
	assert_int_equal(path->routes, 3);
	assert_int_equal(path->flow[3].route, path->flow[0].route);
	assert_true(concludes(path, "routes"));
	leave(path);
}

static void hidden_hops_are_counted(void **state)
{
	struct world all = { .hides = { 0, 1, 1, 1, 1 } };
	struct world one = { .hides = { 0, 0, 1 } };
	struct path *path = walk(&all, 30);

	(void)state;
	assert_int_equal(path->hops, HOPS * FLOWS);
	for (int i = 0; i < HOPS - 1; i++) {
		assert_false(path->node[i].known);
		assert_string_equal(path->node[i].address, "");
		assert_int_equal(path->node[i].times.rtt.n, 0);
	}
	assert_true(concludes(path, "all_hidden"));
	assert_true(concludes(path, "hop_count"));
	assert_false(concludes(path, "slow_path"));
	leave(path);
	path = walk(&one, 30);
	assert_true(concludes(path, "hidden"));
	leave(path);
	one.is_icmp = true;
	path = walk(&one, 30);
	assert_int_equal(path->flow[0].routers, -1);
	assert_true(concludes(path, "hidden_uncounted"));
	assert_false(concludes(path, "hop_count"));
	leave(path);
}

static void nobody_answers(void **state)
{
	struct world w = { .hides = { 0, 1, 1, 1, 1 }, .is_mute = true };
	struct path *path = walk(&w, 8);

	(void)state;
	assert_int_equal(path->hops, 8 * FLOWS);
	assert_true(concludes(path, "no_answer"));
	assert_int_equal(path->base.network.n, 0);
	leave(path);
	memset(w.hides, 0, sizeof(w.hides));
	path = walk(&w, 8);
	assert_true(concludes(path, "no_target"));
	leave(path);
}

static void a_limited_router_is_no_loss(void **state)
{
	struct path *path = walk(&(struct world){ .loses = true }, 30);

	(void)state;
	assert_int_equal(path->node[1].probes.lost, FLOWS * ROUNDS / 2);
	assert_true(concludes(path, "icmp_limited"));
	assert_int_equal(path->base.probes.lost, 0);
	leave(path);
}

/* Nobody decrements: the target is at the first hop. */
static void no_router_at_all(void **state)
{
	struct path_tally *t = path_tally_create(1, 30);
	struct path_sample s = { .hop = PATH_FULL,
				 .answer = PATH_TARGET,
				 .address = "192.0.2.5",
				 .rtt_ns = STEP,
				 .ttl = 255,
				 .remote_ttl = 255 };
	struct path *path = calloc(1, sizeof(*path));

	(void)state;
	path_tally_add(t, &s);
	assert_int_equal(path_tally_last(t, 0), 1);
	s.hop = 1;
	s.remote_ttl = 1;
	path_tally_add(t, &s);
	assert_int_equal(path_tally_last(t, 0), 1);
	path_tally_report(t, path);
	path_conclude(path);
	assert_int_equal(path->flow[0].routers, 0);
	assert_true(concludes(path, "ttl_untouched"));
	path_tally_destroy(t);
	leave(path);
}

/* The route gets longer while somebody looks, and shorter again. */
static void the_end_moves(void **state)
{
	struct path_tally *t = path_tally_create(1, 30);
	struct path_sample s = { .hop = 4,
				 .answer = PATH_TARGET,
				 .address = "192.0.2.5",
				 .remote_ttl = -1 };

	(void)state;
	assert_int_equal(path_tally_last(t, 0), 30);
	path_tally_add(t, &s);
	assert_int_equal(path_tally_last(t, 0), 4);
	s.answer = PATH_ROUTER;
	strcpy(s.address, "10.0.4.0");
	path_tally_add(t, &s);
	assert_int_equal(path_tally_last(t, 0), 5);
	s.answer = PATH_CLOSED;
	s.hop = 3;
	path_tally_add(t, &s);
	assert_int_equal(path_tally_last(t, 0), 3);
	path_tally_destroy(t);
}

/* ---- MTU ------------------------------------------------------------------*/

/* How many tries it takes to find `mtu`; routers tell it if `told`. */
static unsigned int search(int version, unsigned int most, unsigned int mtu,
			   bool told, unsigned int *found)
{
	struct mtu_search s;
	unsigned int tries = 0;

	mtu_search_start(&s, version, most);
	for (; s.next && tries < 100; tries++) {
		assert_in_range(s.next, s.floor, most);
		if (s.next <= mtu)
			mtu_search_passed(&s);
		else if (told)
			mtu_search_refused(&s, mtu);
		else
			mtu_search_silent(&s);
	}
	*found = s.passed;
	return tries;
}

static void every_mtu_is_found(void **state)
{
	unsigned int found;

	(void)state;
	for (unsigned int mtu = 1280; mtu <= 1500; mtu++) {
		assert_in_range(search(4, 1500, mtu, true, &found), 1, 2);
		assert_int_equal(found, mtu);
		assert_in_range(search(6, 1500, mtu, false, &found), 1, 10);
		assert_int_equal(found, mtu);
	}
	assert_in_range(search(4, 9001, 128, false, &found), 1, 15);
	assert_int_equal(found, 128);
	search(4, 1500, 100, false, &found);
	assert_int_equal(found, 0);
	assert_int_equal(search(6, 1200, 1200, false, &found), 0);
}

/* Routers that tell what cannot be: no word, more than was sent, next to
 * nothing. */
static void lies_are_not_believed(void **state)
{
	static const unsigned int lies[] = { 0, 1500, 9000, 20 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct mtu_search s;
		unsigned int tries = 0;

		mtu_search_start(&s, 4, 1500);
		for (; s.next && tries < 100; tries++) {
			if (s.next <= 1337)
				mtu_search_passed(&s);
			else
				mtu_search_refused(&s, lies[i]);
		}
		assert_int_equal(s.passed, 1337);
		assert_in_range(tries, 1, 15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_path),
		cmocka_unit_test(branches_are_nodes),
		cmocka_unit_test(hidden_hops_are_counted),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(a_limited_router_is_no_loss),
		cmocka_unit_test(no_router_at_all),
		cmocka_unit_test(the_end_moves),
		cmocka_unit_test(every_mtu_is_found),
		cmocka_unit_test(lies_are_not_believed),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
