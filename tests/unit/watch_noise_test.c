// SPDX-License-Identifier: GPL-2.0-only
/* The noise of real hosts, recorded by tests/bench/watch_noise.sh and put
 * together anew in blocks of 10 to 30 s: no shift is in it. A recording is met
 * with the bar that xrtt found for it, all of them together with the widest. */
#include <inttypes.h>

#include "watch_world.h"

#define RECORDED "tests/unit/data/watch_noise.txt"
#define RECORDINGS 16
#define RECORDED_S 0.01 /* between probes */
#define LOST INT64_MIN

#define BLOCK_S 10.0
#define LEVEL 50000000
#define HOURS 100

struct recording {
	char name[16];
	size_t n;
	int64_t bar_ns;
	int64_t *value;
};

static struct recording recording[RECORDINGS];
static size_t recordings;

static void read_values(FILE *from, struct recording *r)
{
	char word[32];

	r->value = calloc(r->n, sizeof(*r->value));
	assert_non_null(r->value);
	for (size_t i = 0; i < r->n; i++) {
		assert_int_equal(fscanf(from, "%31s", word), 1);
		r->value[i] = word[0] == '-' ? LOST : atoll(word);
	}
}

static int read_recordings(void **state)
{
	FILE *from = fopen(RECORDED, "r");
	int is_comment;

	(void)state;
	if (!from) {
		print_error("no %s here: run it from the top\n", RECORDED);
		return -1;
	}
	while ((is_comment = fgetc(from)) == '#')
		assert_int_equal(fscanf(from, "%*[^\n]\n"), 0);
	ungetc(is_comment, from);
	while (recordings < RECORDINGS &&
	       fscanf(from, "%15s %zu %" SCNd64, recording[recordings].name,
		      &recording[recordings].n,
		      &recording[recordings].bar_ns) == 3)
		read_values(from, &recording[recordings++]);
	fclose(from);
	return recordings < 2 ? -1 : 0;
}

static int release_recordings(void **state)
{
	(void)state;
	while (recordings)
		free(recording[--recordings].value);
	return 0;
}

struct replay {
	struct prng *prng;
	size_t step;		      /* of the recorded probes every so many */
	const struct recording *only; /* NULL: all of them */
	const struct recording *block;
	size_t at, end;
};

static int64_t replay_next(struct replay *r)
{
	size_t most, n;

	if (r->at >= r->end) {
		r->block = r->only;
		if (!r->only)
			r->block = &recording[prng_below(r->prng, recordings)];
		n = (size_t)(BLOCK_S * (1 + 2 * prng_unit(r->prng)) /
			     RECORDED_S);
		most = r->block->n;
		n = n < most ? n : most;
		r->at = prng_below(r->prng, most - n + 1);
		r->end = r->at + n;
	}
	r->at += r->step;
	return r->block->value[r->at - r->step];
}

static int64_t replay_bar(const struct replay *r)
{
	int64_t bar_ns = 0;

	for (size_t i = 0; i < recordings; i++)
		if (bar_ns < recording[i].bar_ns)
			bar_ns = recording[i].bar_ns;
	return r->only ? r->only->bar_ns : bar_ns;
}

static size_t events_in(struct replay *r, double hours)
{
	struct watch *w = watch_create(replay_bar(r));
	double gap_s = RECORDED_S * (double)r->step;
	struct watch_event e;
	size_t events = 0;

	assert_non_null(w);
	for (uint64_t i = 0; (double)i * gap_s < hours * 3600; i++) {
		int64_t value = replay_next(r);
		struct watch_sample s = {
			.at_ns = llround((double)i * gap_s * 1e9),
			.network_ns = LEVEL + value,
		};

		if (value == LOST || !watch_add(w, &s, &e))
			continue;
		events++;
		printf("#   from %.1f to %.1f us in [%.1f, %.1f] s, %s\n",
		       (double)(e.from_ns - LEVEL) / 1e3,
		       (double)(e.to_ns - LEVEL) / 1e3,
		       (double)e.time_lo_ns / 1e9, (double)e.time_hi_ns / 1e9,
		       r->block->name);
	}
	watch_destroy(w);
	return events;
}

static void recorded_noise_is_no_event(void **state)
{
	static const size_t step[] = { 4, 10, 100 };
	struct prng prng = unit_prng("recorded_noise_is_no_event");
	double each = world_runs(HOURS) /
		      (double)(ARRAY_SIZE(step) * (recordings + 1));
	size_t events = 0;

	(void)state;
	for (size_t i = 0; i <= recordings; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(step); j++) {
			struct replay r = {
				.prng = &prng,
				.step = step[j],
				.only = i < recordings ? &recording[i] : NULL,
			};
			size_t n = events_in(&r, each);

			printf("# %s, bar %.1f us, %.3g probes/s: %zu events "
			       "in %.1f flow-hours\n",
			       r.only ? r.only->name : "all",
			       (double)replay_bar(&r) / 1e3,
			       1 / (RECORDED_S * (double)step[j]), n, each);
			events += n;
		}
	}
	assert_true((double)events <= fmax(1, world_runs(HOURS) / 1000.0));
}

/* It can fail: what is recorded is on top of a level that shifts. */
static void shifts_in_recorded_noise_are_events(void **state)
{
	struct prng prng = unit_prng("shifts_in_recorded_noise_are_events");
	struct replay r = { .prng = &prng, .step = 4 };
	int64_t bar_ns = replay_bar(&r);
	struct watch *w = watch_create(bar_ns);
	size_t events = 0;
	struct watch_event e;

	(void)state;
	for (int64_t i = 0; i < 25 * 60 * 20; i++) {
		int64_t value = replay_next(&r);
		int64_t up = i / (25 * 60) % 2;
		struct watch_sample s = {
			.at_ns = i * 40000000,
			.network_ns = LEVEL + value + up * 64 * bar_ns,
		};

		if (value != LOST && watch_add(w, &s, &e)) {
			events++;
			assert_int_equal(e.to_ns > e.from_ns, events % 2);
		}
	}
	watch_destroy(w);
	assert_int_equal(events, 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_noise_is_no_event),
		cmocka_unit_test(shifts_in_recorded_noise_are_events),
	};

	return cmocka_run_group_tests(tests, read_recordings,
				      release_recordings);
}
