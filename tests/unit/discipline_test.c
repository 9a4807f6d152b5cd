// SPDX-License-Identifier: GPL-2.0-only
#include "host/discipline.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/cpu_offset.h"
#include "unit.h"

/* chronyc 4.3's own words: without a source; with `local`; with a server. */
#define UNSYNCHRONISED \
	"00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000," \
	"0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n"
#define BY_ITSELF \
	"7F7F0101,,10,1795438686.587724444,-0.000037504,0.000000000," \
	"0.000000000,12.500,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n"
#define SYNCHRONISED \
	"7F000001,127.0.0.1,2,1795438779.673502546,-0.000001213," \
	"0.000000034,0.000000079,-0.008,0.001,0.040,0.000004977," \
	"0.000001091,0.3,Normal\n"

static void what_chronyc_says_is_read(void **state)
{
	struct chrony_tracking t;

	(void)state;
	assert_int_equal(chrony_parse(UNSYNCHRONISED, &t), 0);
	assert_false(t.synchronised);
	assert_int_equal(chrony_parse(BY_ITSELF, &t), 0);
	assert_false(t.synchronised);
	assert_between(t.frequency_ppm, 12.5, 12.5);
	assert_int_equal(chrony_parse(SYNCHRONISED, &t), 0);
	assert_true(t.synchronised);
	assert_int_equal(t.reference_id, 0x7f000001);
	assert_string_equal(t.reference, "127.0.0.1");
	assert_between(t.frequency_ppm, -0.008, -0.008);
	assert_between(t.residual_ppm, 0.001, 0.001);
	assert_between(t.skew_ppm, 0.04, 0.04);
}

static void anything_else_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"506 Cannot talk to daemon\n",
		",,,,,,,,,,,,,",
		"7F000001,a,2,1,0,0,0,1.0,0,0.1,0,0,1",
		"7F000001,a,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal,",
		"7F000001,a,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal\nmore",
		"7F000001,a,2,1,0,0,0,1.0,0,0.1,0,0,1,normal",
		"7F000001,a,2,1,0,0,0,1.0,0,-0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,nan,0,0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,1.0,0,inf,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,1e3,0,0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,0x1,0,0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0, 1,0,0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,1.0.0,0,0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,10000000,0,0.1,0,0,1,Normal",
		"7F000001,a,2,1,0,0,0,1.0,0,0.1,x,0,1,Normal",
		"7F00001,a,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal",
		"7F0000010,a,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal",
		"-F000001,a,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal",
		"7F000001,\033[31m,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal",
		"7F000001,\xc3\xa9,2,1,0,0,0,1.0,0,0.1,0,0,1,Normal",
	};
	struct chrony_tracking t;
	char wide[2 * CHRONY_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (chrony_parse(lines[i], &t) != -EINVAL)
			fail_msg("not refused: %s", lines[i]);
	}
	snprintf(wide, sizeof(wide),
		 "7F000001,%0*d,2,1,0,0,0,1,0,0.1,0,0,1,Normal",
		 CHRONY_REFERENCE, 1);
	assert_int_equal(chrony_parse(wide, &t), -EINVAL);
	memset(wide, '1', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	assert_int_equal(chrony_parse(wide, &t), -EINVAL);
}

static void changed_lines_do_no_harm(void **state)
{
	struct prng prng = unit_prng(__func__);
	int refused = 0;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		char line[] = SYNCHRONISED;
		struct chrony_tracking t;
		int err;

		for (int changes = i % 4; changes >= 0; changes--)
			line[prng_next(&prng) % (sizeof(line) - 1)] =
				(char)prng_next(&prng);
		err = chrony_parse(line, &t);
		refused += err != 0;
		assert_true(err == 0 || err == -EINVAL);
		if (err)
			continue;
		assert_between(t.frequency_ppm, -1e6, 1e6);
		assert_between(t.skew_ppm, 0, 1e6);
		assert_true(memchr(t.reference, 0, sizeof(t.reference)));
	}
	assert_true(refused > 25000 && refused < 50000);
}

static int query(const char *script, struct chrony_tracking *out)
{
	char dir[] = "/tmp/xrtt-chrony.XXXXXX", path[64];
	FILE *f;
	int err;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/chronyc", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
	err = chrony_query(path, out);
	unlink(path);
	rmdir(dir);
	return err;
}

static void the_client_is_run_and_bounded(void **state)
{
	struct chrony_tracking t;
	mono_t before;

	(void)state;
	assert_int_equal(query("[ \"$*\" = '-n -c tracking' ] && printf '%s' "
			       "'" SYNCHRONISED "'",
			       &t),
			 0);
	assert_true(t.synchronised);
	assert_int_equal(query("echo '506 Cannot talk to daemon'; exit 1", &t),
			 -ENOTCONN);
	assert_int_equal(query("printf 'a\\000b\\n'", &t), -EINVAL);
	assert_int_equal(query("yes", &t), -EINVAL);
	assert_int_equal(query("exit 0", &t), -EINVAL);
	assert_int_equal(chrony_query("/nonexistent/chronyc", &t), -ENOENT);
	before = mono_now();
	assert_int_equal(query("sleep 20", &t), -ETIMEDOUT);
	assert_int_equal(query("exec >&-; sleep 20", &t), -ETIMEDOUT);
	assert_between((double)mono_sub(mono_now(), before).ns, 1e9, 4e9);
}

static const struct clock_steering quiet = {
	.known = true,
	.median_ppm = -6.5,
	.median_lo_ppm = -6.51,
	.median_hi_ppm = -6.49,
};

static struct clock_state judged(const struct discipline_evidence *e)
{
	struct clock_state out = {};

	discipline_judge(e, &quiet, &out);
	assert_non_null(out.source);
	assert_non_null(out.how);
	return out;
}

static void without_discipline_50_ppm(void **state)
{
	struct discipline_evidence e = {};
	struct clock_state c = judged(&e);

	(void)state;
	assert_false(c.disciplined);
	assert_string_equal(c.source, "none");
	assert_between(c.rate_ppm, 50, 50);
	assert_between(c.steering.median_ppm, -6.5, -6.5);
	e.kernel_synchronised = true;
	e.daemon = "systemd-timesyncd";
	c = judged(&e);
	assert_true(c.disciplined);
	assert_string_equal(c.source, "systemd-timesyncd");
	assert_between(c.rate_ppm, 50, 50);
	e.clock_ppm = 0.25;
	assert_between(judged(&e).rate_ppm, 0.25, 0.25);
}

static void chrony_bounds_the_rate(void **state)
{
	struct discipline_evidence e = {
		.has_chrony = true,
		.chrony = { { .reference = "PHC0",
			      .frequency_ppm = 6.5,
			      .residual_ppm = -0.01,
			      .skew_ppm = 0.08 },
			    { .reference = "PHC0",
			      .frequency_ppm = 6.52,
			      .residual_ppm = 0.01,
			      .skew_ppm = 0.07 } },
	};
	struct clock_state c = judged(&e);

	(void)state;
	assert_true(c.disciplined);
	assert_string_equal(c.source, "chrony from the PHC");
	assert_string_equal(c.reference, "PHC0");
	assert_between(c.rate_ppm, 0.0999, 0.1101);
	/* An offset being slewed away all through the run is an error. */
	e.chrony[1].frequency_ppm = -3.5;
	assert_between(judged(&e).rate_ppm, 10.08, 10.1);
	e.chrony[0].frequency_ppm = e.chrony[1].frequency_ppm = -193.5;
	assert_between(judged(&e).rate_ppm, 200, 200.2);
}

static void the_phc_bounds_the_rate(void **state)
{
	struct discipline_evidence e = {
		.has_phc = true,
		.phc = { .ppm = -1.5, .uncertainty_ppm = 0.5 },
	};

	(void)state;
	assert_false(judged(&e).disciplined);
	assert_between(judged(&e).rate_ppm, 2, 2);
	e.phc.uncertainty_ppm = 200; /* too short a run */
	assert_between(judged(&e).rate_ppm, 50, 50);
	e.phc = (struct phc_slope){ 80, 5 }; /* off by more for certain */
	assert_between(judged(&e).rate_ppm, 85, 85);
}

static struct phc_reading read_at(struct prng *prng, double at, double ppm)
{
	double width = 5000 + 15000 * prng_unit(prng);
	double before = at - width * prng_unit(prng);

	return (struct phc_reading){
		.before = { (int64_t)floor(before) },
		.after = { (int64_t)ceil(before + width) },
		.phc_ns = INT64_C(400000000000000000) +
			  (int64_t)round(at / (1 + ppm / 1e6)),
	};
}

static void a_slope_holds_the_true_rate(void **state)
{
	struct prng prng = unit_prng(__func__);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double ppm = 60 * prng_unit(&prng) - 30;
		double over = exp(log(1e8) + log(1e4) * prng_unit(&prng));
		struct phc_reading first = read_at(&prng, 1e12, ppm);
		struct phc_reading last = read_at(&prng, 1e12 + over, ppm);
		struct phc_slope slope;
		double rounding;

		assert_int_equal(phc_slope_between(&first, &last, &slope), 0);
		/* A reading of the PHC is itself a whole number. */
		rounding = 1 / over * 1e6;
		assert_between(slope.ppm - ppm,
			       -slope.uncertainty_ppm - rounding,
			       slope.uncertainty_ppm + rounding);
		assert_true(slope.uncertainty_ppm <= 2.01e4 / over * 1e6);
		assert_int_equal(phc_slope_between(&last, &first, &slope),
				 -EINVAL);
	}
}

static void two_cpus_share_one_clock(void **state)
{
	struct clock_reading r = {};
	struct offset_bounds pair;

	(void)state;
	clock_reading_measure(&r);
	assert_true(r.known);
	assert_true(r.p50_ns > 0 && r.p50_ns <= r.p99_ns);
	assert_true(r.granularity_ns > 0 && r.granularity_ns <= r.p99_ns);
	assert_int_equal(cpu_offset_measure(0, 0, span_ns(1), &pair), -EINVAL);
	cpu_offset_survey(span_ns(5 * NSEC_PER_MSEC), &r);
	assert_true(r.cpus_online >= 1 && r.cpus <= r.cpus_online);
	if (r.cpus_online == 1)
		assert_int_equal(r.offset_ns, 0);
	if (r.cpus_online == 1 || !r.has_offset)
		return;
	assert_true(r.offset_ns > 0);
	if (!cpu_offset_measure(0, 1, span_ns(5 * NSEC_PER_MSEC), &pair))
		assert_true(pair.lo_ns <= pair.hi_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_chronyc_says_is_read),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(changed_lines_do_no_harm),
		cmocka_unit_test(the_client_is_run_and_bounded),
		cmocka_unit_test(without_discipline_50_ppm),
		cmocka_unit_test(chrony_bounds_the_rate),
		cmocka_unit_test(the_phc_bounds_the_rate),
		cmocka_unit_test(a_slope_holds_the_true_rate),
		cmocka_unit_test(two_cpus_share_one_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
