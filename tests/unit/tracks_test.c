// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "model/histogram.h"
#include "probe/tracks.h"

#define FLOWS 3
#define INTERVAL_NS 100000000
#define BAR_NS 2000
#define REMOTE_NS \
	INT64_C(1790000000000000000) /* the far host's clock is ahead */
#define ORIGIN_NS INT64_C(77000000000)

static const struct wire_ends ends = { STAMP_DRV_TX, STAMP_XDP_RX, false };

struct world {
	struct page_pool *pool;
	struct tracks *tracks;
	struct prng prng;
	int64_t there_ns, back_ns; /* of each way */
};

static struct world world_create(const char *test)
{
	struct world w = {
		.pool = page_pool_create(0),
		.prng = unit_prng(test),
		.there_ns = 20000000,
		.back_ns = 30000000,
	};

	w.tracks = tracks_create(FLOWS, w.pool);
	assert_non_null(w.tracks);
	assert_int_equal(tracks_watch(w.tracks, BAR_NS), 0);
	assert_between(tracks_bar(w.tracks), BAR_NS, BAR_NS);
	tracks_set_origin(w.tracks, (mono_t){ ORIGIN_NS });
	return w;
}

static void world_destroy(struct world *w)
{
	tracks_destroy(w->tracks);
	page_pool_destroy(w->pool);
}

/* A remote stamp, of a clock 40 ppm fast. */
static remote_t remote_at(int64_t ns)
{
	return (remote_t){ REMOTE_NS + ns + ns / 25000 };
}

/* Sent at `at`, with either way as the world has it. */
static struct sample answered(struct world *w, unsigned int flow, uint32_t seq,
			      int64_t at)
{
	int64_t far = at + w->there_ns -
		      (int64_t)(20000 * log(prng_unit(&w->prng) + 1e-12));
	struct sample s = {
		.seq = seq,
		.flow = flow,
		.status = PROBE_OK,
		.has_reflector_seq = true,
		.reflector_seq = seq + 7 * flow,
		.remote_rx = remote_at(far),
		.remote_tx = remote_at(far + 5000),
	};

	s.have = 1u << STAMP_REMOTE_RX | 1u << STAMP_REMOTE_TX;
	sample_set(&s, STAMP_DRV_TX, (mono_t){ ORIGIN_NS + at });
	sample_set(&s, STAMP_XDP_RX,
		   (mono_t){ ORIGIN_NS + far + 5000 + w->back_ns });
	return s;
}

static void settle(struct world *w, const struct sample *s)
{
	if (s->status == PROBE_OK)
		tracks_arrived(w->tracks, s->flow, s->seq, &s->reflector_seq);
	tracks_settled(w->tracks, s, &ends);
}

static struct flows *report(struct world *w)
{
	struct flows *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(tracks_report(w->tracks, f), 0);
	assert_int_equal(f->flows, FLOWS);
	return f;
}

static void each_flow_has_its_own_account(void **state)
{
	struct world w = world_create(__func__);
	struct result all = { .loss.longest_run = 9 };
	struct flows *f;

	(void)state;
	for (uint32_t k = 0; k < 300; k++) {
		struct sample s = answered(&w, k % FLOWS, k / FLOWS,
					   k * (INTERVAL_NS / FLOWS));

		if (k % FLOWS == 1 && k < 60)
			s.status = PROBE_LOST;
		settle(&w, &s);
	}
	tracks_refused(w.tracks, 2);
	f = report(&w);
	tracks_total(w.tracks, &all);
	assert_int_equal(all.probes.planned, 301);
	assert_int_equal(all.probes.unsent, 1);
	assert_int_equal(all.probes.sent, 300);
	assert_int_equal(all.probes.lost, 20);
	assert_int_equal(all.probes.reordered, 0);
	assert_int_equal(all.loss.longest_run, 9);
	assert_between(all.loss.ratio, 20 / 300.0, 20 / 300.0);
	assert_int_equal(f->flow[0].probes.received, 100);
	assert_int_equal(f->flow[1].probes.lost, 20);
	assert_int_equal(f->flow[1].loss.longest_run, 20);
	assert_int_equal(f->flow[1].network.n, 80);
	assert_int_equal(f->flow[2].probes.planned, 101);
	assert_true(tracks_are_stateful(w.tracks));
	tracks_release(f);
	world_destroy(&w);
}

static void without_samples_there_is_nothing(void **state)
{
	struct world w = world_create(__func__);
	struct result all = { 0 };
	struct gap_values v = tracks_network(w.tracks, 0);
	struct flows *f = report(&w);

	(void)state;
	assert_int_equal(v.n, 0);
	assert_null(v.ns);
	assert_int_equal(tracks_classify(f, BAR_NS), 0);
	tracks_total(w.tracks, &all);
	assert_int_equal(all.probes.planned, 0);
	assert_int_equal(f->segments, 0);
	assert_int_equal(f->events, 0);
	assert_int_equal(f->classes, 0);
	for (int i = 0; i < FLOWS; i++)
		assert_int_equal(f->flow[i].flow_class, -1);
	tracks_release(f);
	world_destroy(&w);
}

static void values_are_in_even_steps(void **state)
{
	struct world w = world_create(__func__);
	struct gap_values v;

	(void)state;
	for (uint32_t k = 0; k < 5000; k++) {
		struct sample s = answered(&w, 1, k, (int64_t)k * INTERVAL_NS);

		settle(&w, &s);
	}
	v = tracks_network(w.tracks, 1);
	assert_int_equal(v.n, TRACKS_STEPS);
	for (size_t i = 1; i < v.n; i++)
		assert_true(v.ns[i - 1] <= v.ns[i]);
	assert_between((double)v.ns[v.n / 2], 50e6 + 12e3, 50e6 + 16e3);
	free(v.ns);
	world_destroy(&w);
}

/* Of one flow one way gets 3 ms longer or shorter at `turn`: whoever passes
 * that way later has it. */
static void move(bool forward, int64_t by_ns)
{
	const int64_t turn = 10037000000;
	struct world w = world_create(forward ? "forward" : "return");
	int64_t *way = forward ? &w.there_ns : &w.back_ns;
	int64_t before = forward ? 0 : w.there_ns;
	const struct watch_event *e;
	bool turned = false;
	struct flows *f;

	for (uint32_t k = 0; k < 900; k++) {
		int64_t at = (int64_t)k * (INTERVAL_NS / FLOWS);
		struct sample s;

		if (k % FLOWS == 2 && !turned && at + before >= turn) {
			*way += by_ns;
			turned = true;
		}
		if (k % FLOWS == 2 || !turned) {
			s = answered(&w, k % FLOWS, k / FLOWS, at);
		} else {
			*way -= by_ns;
			s = answered(&w, k % FLOWS, k / FLOWS, at);
			*way += by_ns;
		}
		settle(&w, &s);
	}
	f = report(&w);
	assert_int_equal(tracks_classify(f, BAR_NS), 0);
	assert_int_equal(f->events, 1);
	assert_int_equal(f->event[0].flow, 2);
	e = &f->event[0].event;
	assert_between((double)turn, (double)e->time_lo_ns,
		       (double)e->time_hi_ns);
	assert_between((double)e->time_ns, (double)e->time_lo_ns,
		       (double)e->time_hi_ns);
	assert_between((double)(e->to_ns - e->from_ns), by_ns - 2e4,
		       by_ns + 2e4);
	assert_int_equal(f->segment[2].flow, 2);
	assert_int_equal(e->from_ns, f->segment[2].segment.min_ns);
	assert_int_equal(e->to_ns, f->segment[3].segment.min_ns);
	assert_int_equal(e->way,
			 forward ? WATCH_WAY_FORWARD : WATCH_WAY_RETURN);
	assert_int_equal(f->segments, FLOWS + 1);
	assert_int_equal(f->classes, 2);
	assert_int_equal(f->flow[2].flow_class, by_ns > 0 ? 1 : 0);
	assert_int_equal(f->flow[0].flow_class, by_ns > 0 ? 0 : 1);
	assert_true(f->segment[FLOWS - 1].censored);
	assert_between(f->hours * 3600, 29.5 * FLOWS, 30 * FLOWS);
	tracks_release(f);
	world_destroy(&w);
}

static void a_shift_has_its_moment_and_its_way(void **state)
{
	(void)state;
	move(true, 3000000);
	move(true, -3000000);
	move(false, 3000000);
	move(false, -3000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_flow_has_its_own_account),
		cmocka_unit_test(without_samples_there_is_nothing),
		cmocka_unit_test(values_are_in_even_steps),
		cmocka_unit_test(a_shift_has_its_moment_and_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
