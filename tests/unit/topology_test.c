// SPDX-License-Identifier: GPL-2.0-only
#include "watch_world.h"

#include "model/classes.h"

#define RUNS 20
#define RIGHT 0.95  /* of the topologies: classes and members */
#define FOUND 0.999 /* of the shifts; all of the first 20 topologies' */
#define INSIDE 0.99 /* of these: the true moment, */
#define WAYS 0.99   /* the way, and, where the shift exceeds p90 and no busy */
#define NARROW 0.99 /* period is beside it, within GAPS_MOST intervals */
#define FLOWS 24
#define CLASSES_MOST 6
#define SHIFTS_MOST 4
#define RUN_S 150.0
#define DWELL_S 15.0 /* a level lasts at least */
#define BAR_NS 4000
#define GAPS_MOST 3.0

#define SEGMENTS_ROOM 4096

struct truth {
	struct world_flow flow;
	size_t class[SHIFTS_MOST + 1]; /* before each shift, and after all */
	double p90_ns;
	size_t events;
	struct watch_event event[64];
	bool busy[SHIFTS_MOST]; /* the samples beside that shift met */
};

struct topology {
	struct prng *prng;
	size_t classes;
	double level_ns[CLASSES_MOST];
	double interval_s;
	struct truth truth[FLOWS];
	struct flow_segment segment[SEGMENTS_ROOM];
	size_t segments;
	double at_once_s[2]; /* every fourth flow's shifts */
};

struct score {
	unsigned int shifts, found, spurious, turned, inside, narrow, wide;
	unsigned int ways, classes, elsewhere;
};

static struct topology world;

static void draw_levels(struct topology *t)
{
	t->level_ns[0] = 50e6;
	for (size_t i = 1; i < t->classes; i++)
		t->level_ns[i] = t->level_ns[i - 1] +
				 world_log_uniform(t->prng, 20e3, 10e6);
}

/* `shifts` times, DWELL_S apart from each other and the ends. */
static void draw_times(struct prng *prng, size_t shifts, double *at_s)
{
	double spare = RUN_S - DWELL_S * (double)(shifts + 1), gone = 0;

	for (size_t i = 0; i < shifts; i++) {
		gone += prng_unit(prng) * (spare - gone);
		at_s[i] = DWELL_S * (double)(i + 1) + gone;
	}
}

static void draw_flow(struct topology *t, struct truth *f, bool at_once)
{
	struct prng *prng = t->prng;
	size_t class = prng_below(prng, t->classes), shifts;
	double at_s[SHIFTS_MOST];

	*f = (struct truth){ 0 };
	shifts = t->classes > 1 ? prng_below(prng, SHIFTS_MOST + 1) : 0;
	draw_times(prng, shifts, at_s);
	if (at_once && t->classes > 1) {
		shifts = 2;
		at_s[0] = t->at_once_s[0];
		at_s[1] = t->at_once_s[1];
	}
	f->flow = (struct world_flow){
		.interval_s = t->interval_s,
		.bar_ns = BAR_NS,
		.offset_ns = 0.8 * BAR_NS * prng_unit(prng),
		.jitter_ns = 0.2 * BAR_NS,
		.level_ns = t->level_ns[class],
		.drift = 1e-4 * (prng_unit(prng) - 0.5),
		.noise = { .scale_ns = world_log_uniform(prng, 1e3, 1e4),
			   .index = 1.5,
			   .every_s = world_log_uniform(prng, 10, 60),
			   .floor_ns = 2e5,
			   .queue_ns = 5e5 },
		.shifts = shifts,
	};
	f->class[0] = class;
	for (size_t i = 0; i < shifts; i++) {
		size_t to = (class + 1 + prng_below(prng, t->classes - 1)) %
			    t->classes;

		f->flow.shift[i] = (struct world_shift){
			.at_s = at_s[i],
			.by_ns = t->level_ns[to] - t->level_ns[class],
			.returning = prng_unit(prng) < 0.5,
		};
		f->class[i + 1] = class = to;
	}
	world_flow_begin(&f->flow, prng);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void note_busy(struct truth *f, double at_s)
{
	for (size_t i = 0; i < f->flow.shifts; i++)
		if (fabs(at_s - f->flow.shift[i].at_s) < 4 * f->flow.interval_s)
			f->busy[i] |= f->flow.busy;
}

static void run_flow(struct topology *t, unsigned int number)
{
	static double excess_ns[1 << 16];
	struct truth *f = &t->truth[number];
	struct watch *w = watch_create(BAR_NS);
	const struct watch_segment *segment;
	size_t n = 0, segments;

	for (;;) {
		struct watch_sample s = world_flow_next(&f->flow);

		if (s.at_ns > RUN_S * 1e9)
			break;
		excess_ns[n++] = f->flow.excess_ns;
		note_busy(f, (double)s.at_ns / 1e9);
		if (f->events < ARRAY_SIZE(f->event))
			f->events += watch_add(w, &s, &f->event[f->events]);
	}
	qsort(excess_ns, n, sizeof(*excess_ns), compare);
	f->p90_ns = excess_ns[n * 9 / 10];
	segments = watch_segments(w, &segment);
	for (size_t i = 0; i < segments; i++)
		t->segment[t->segments++] = (struct flow_segment){
			.flow = number,
			.censored = !i || i + 1 == segments,
			.segment = segment[i],
		};
	watch_destroy(w);
}

static void tell(const struct truth *f, size_t i, const char *what)
{
	const struct world_shift *s = &f->flow.shift[i];
	const struct watch_event *e = &f->event[i];

	printf("#   %s: %+.1f us at %.3f s, p90 %.1f us, every %.3f s; found "
	       "%+.1f us in [%.3f, %.3f], way %d, told %.3f\n",
	       what, s->by_ns / 1e3, s->at_s, f->p90_ns / 1e3,
	       f->flow.interval_s, (double)(e->to_ns - e->from_ns) / 1e3,
	       (double)e->time_lo_ns / 1e9, (double)e->time_hi_ns / 1e9, e->way,
	       (double)e->told_ns / 1e9);
}

static void score_event(const struct truth *f, size_t i, struct score *score)
{
	const struct world_shift *s = &f->flow.shift[i];
	const struct watch_event *e = &f->event[i];
	double at_ns = s->at_s * 1e9;
	double width = (double)(e->time_hi_ns - e->time_lo_ns);
	bool inside = at_ns >= (double)e->time_lo_ns &&
		      at_ns <= (double)e->time_hi_ns;

	score->found++;
	score->turned += (e->to_ns > e->from_ns) != (s->by_ns > 0);
	score->inside += inside;
	if (!inside)
		tell(f, i, "not inside");
	if (e->way == (s->returning ? WATCH_WAY_RETURN : WATCH_WAY_FORWARD))
		score->ways++;
	else
		tell(f, i, "another way");
	if (fabs(s->by_ns) <= f->p90_ns || f->busy[i])
		return;
	score->narrow++;
	if (width > GAPS_MOST * f->flow.interval_s * 1e9 + 1e3) {
		score->wide++;
		tell(f, i, "too wide");
	}
}

static void score_flow(const struct truth *f, struct score *score)
{
	score->shifts += (unsigned int)f->flow.shifts;
	if (f->events == f->flow.shifts) {
		for (size_t i = 0; i < f->events; i++)
			score_event(f, i, score);
		return;
	}
	if (f->events > f->flow.shifts)
		score->spurious += f->events - f->flow.shifts;
	printf("#   a flow with %zu shifts and %zu events\n", f->flow.shifts,
	       f->events);
}

static void score_classes(struct topology *t, struct score *score)
{
	bool seen[CLASSES_MOST] = { false };
	size_t number[CLASSES_MOST], all = 0, n, flow = FLOWS, nth = 0;
	struct flow_class *class;

	assert_int_equal(
		classes_group(t->segment, t->segments, BAR_NS, &class, &n), 0);
	for (size_t f = 0; f < FLOWS; f++)
		for (size_t i = 0; i <= t->truth[f].flow.shifts; i++)
			seen[t->truth[f].class[i]] = true;
	for (size_t i = 0; i < t->classes; i++)
		number[i] = seen[i] ? all++ : 0;
	score->classes += n != all;
	for (size_t i = 0; i < t->segments; i++) {
		const struct flow_segment *s = &t->segment[i];

		nth = s->flow == flow ? nth + 1 : 0;
		flow = s->flow;
		score->elsewhere += nth > t->truth[flow].flow.shifts ||
				    (size_t)s->flow_class !=
					    number[t->truth[flow].class[nth]];
	}
	classes_release(class, n);
}

static struct score run_topology(struct topology *t, size_t classes)
{
	struct score score = { 0 };

	t->classes = classes;
	t->segments = 0;
	t->interval_s = world_log_uniform(t->prng, 1.0 / 39, 1.0 / 5);
	draw_levels(t);
	draw_times(t->prng, 2, t->at_once_s);
	for (unsigned int i = 0; i < FLOWS; i++) {
		draw_flow(t, &t->truth[i], i % 4 == 3);
		run_flow(t, i);
		score_flow(&t->truth[i], &score);
	}
	score_classes(t, &score);
	return score;
}

static void sum_up(struct score *all, const struct score *s)
{
	all->shifts += s->shifts;
	all->found += s->found;
	all->spurious += s->spurious;
	all->turned += s->turned;
	all->inside += s->inside;
	all->ways += s->ways;
	all->narrow += s->narrow;
	all->wide += s->wide;
}

/* The first, and every sixth, has a single class. */
static void topologies_are_found_again(void **state)
{
	struct prng prng = unit_prng("topologies_are_found_again");
	int runs = world_runs(RUNS), right = 0;
	struct score all = { 0 };

	(void)state;
	world.prng = &prng;
	for (int run = 0; run < runs; run++) {
		struct score s = run_topology(&world, run % CLASSES_MOST + 1);

		sum_up(&all, &s);
		right += !s.classes && !s.elsewhere;
		printf("# %zu classes, %.0f ms: %u of %u shifts, %u more, "
		       "%u inside, %u ways; %u of %u too wide; %s, "
		       "%u segments elsewhere\n",
		       world.classes, world.interval_s * 1e3, s.found, s.shifts,
		       s.spurious, s.inside, s.ways, s.wide, s.narrow,
		       s.classes ? "other classes" : "these classes",
		       s.elsewhere);
	}
	printf("# %d of %d right; %u of %u shifts, %u more, %u turned, %u "
	       "inside, %u ways, %u of %u too wide\n",
	       right, runs, all.found, all.shifts, all.spurious, all.turned,
	       all.inside, all.ways, all.wide, all.narrow);
	assert_true(right >= RIGHT * runs);
	assert_between(all.found, FOUND * all.shifts, all.shifts);
	assert_true(all.spurious <= (1 - FOUND) * all.shifts);
	assert_int_equal(all.turned, 0);
	assert_true(all.inside >= INSIDE * all.found);
	assert_true(all.ways >= WAYS * all.found);
	assert_true(all.wide <= (1 - NARROW) * all.narrow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topologies_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
