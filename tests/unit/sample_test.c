/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include "model/sample.h"

static const struct wire_ends best = { STAMP_DRV_TX, STAMP_XDP_RX, false };

/* Stamps 1000 ns apart in the order of the enum, remote ones 400 apart. */
static struct sample complete(void)
{
	struct sample s = { .status = PROBE_OK, .due = { 900 } };

	for (enum stamp i = 0; i < STAMPS; i++)
		sample_set(&s, i, (mono_t){ 1000 + 1000 * (int64_t)i });
	s.remote_rx = (remote_t){ INT64_C(1790000000000000000) };
	s.remote_tx = (remote_t){ INT64_C(1790000000000000400) };
	return s;
}

static void without(struct sample *s, enum stamp which)
{
	s->have &= ~(1u << which);
}

static int64_t stage_ns(const struct sample *s, const struct wire_ends *ends,
			enum stage which)
{
	span_t out;

	assert_true(sample_stage(s, ends, which, &out));
	return out.ns;
}

static bool has_stage(const struct sample *s, const struct wire_ends *ends,
		      enum stage which)
{
	span_t out = span_ns(-42);
	bool has = sample_stage(s, ends, which, &out);

	if (!has)
		assert_int_equal(out.ns, -42);
	return has;
}

static void stages_are_between_their_stamps(void **state)
{
	struct sample s = complete();
	span_t out;

	(void)state;
	assert_int_equal(stage_ns(&s, &best, STAGE_APP_TO_TC), 1000);
	assert_int_equal(stage_ns(&s, &best, STAGE_TC_TO_DRIVER), 1000);
	assert_int_equal(stage_ns(&s, &best, STAGE_NETWORK), 4000 - 400);
	assert_int_equal(stage_ns(&s, &best, STAGE_REMOTE), 400);
	assert_false(has_stage(&s, &best, STAGE_NIC_TO_XDP));
	assert_int_equal(stage_ns(&s, &best, STAGE_XDP_TO_TC), 1000);
	assert_int_equal(stage_ns(&s, &best, STAGE_TC_TO_SOCKET), 1000);
	assert_int_equal(stage_ns(&s, &best, STAGE_SOCKET_TO_APP), 1000);
	assert_true(sample_network(&s, &best, &out));
	assert_int_equal(out.ns, 3600);
	assert_true(sample_rtt(&s, &out));
	assert_int_equal(out.ns, 9000);
	assert_true(sample_lateness(&s, &out));
	assert_int_equal(out.ns, 100);
}

/* Random stamps, all the pairs of ends, with and without remote stamps. */
static void stages_add_up(void **state)
{
	const enum stamp tx[] = { STAMP_TC_TX, STAMP_DRV_TX };
	const enum stamp rx[] = { STAMP_HW_RX, STAMP_XDP_RX, STAMP_TC_RX };
	struct prng prng = unit_prng("stages_add_up");

	(void)state;
	for (int i = 0; i < 6000; i++) {
		struct wire_ends ends = { tx[i % 2], rx[i / 2 % 3], i / 6 % 2 };
		struct sample s = complete();
		span_t sum = span_ns(0), rtt, one;

		for (enum stamp j = 0; j < STAMPS; j++)
			s.at[j].ns = prng_next(&prng) >> 8;
		s.remote_tx.ns += prng_next(&prng) >> 8;
		if (ends.remote_inside) {
			without(&s, STAMP_REMOTE_RX);
			without(&s, STAMP_REMOTE_TX);
		}
		for (enum stage j = 0; j < STAGES; j++) {
			if (sample_stage(&s, &ends, j, &one))
				sum = span_add(sum, one);
		}
		assert_true(sample_rtt(&s, &rtt));
		assert_int_equal(sum.ns, rtt.ns);
	}
}

static void what_is_absent_is_absent(void **state)
{
	const struct wire_ends icmp = { STAMP_DRV_TX, STAMP_XDP_RX, true };
	span_t out = span_ns(-42);
	struct sample s = complete();

	(void)state;
	without(&s, STAMP_REMOTE_TX);
	assert_false(has_stage(&s, &best, STAGE_NETWORK));
	assert_false(has_stage(&s, &best, STAGE_REMOTE));
	assert_int_equal(stage_ns(&s, &icmp, STAGE_NETWORK), 4000);
	s = complete();
	without(&s, STAMP_DRV_TX);
	assert_false(has_stage(&s, &best, STAGE_NETWORK));
	assert_false(has_stage(&s, &best, STAGE_TC_TO_DRIVER));
	s.have = 0;
	for (enum stage i = 0; i < STAGES; i++)
		assert_false(has_stage(&s, &best, i));
	assert_false(sample_rtt(&s, &out));
	assert_false(sample_lateness(&s, &out));
	assert_int_equal(out.ns, -42);
	sample_set(&s, STAMP_DRV_TX, (mono_t){ 950 });
	assert_true(sample_lateness(&s, &out));
	assert_int_equal(out.ns, 50);
}

static void disorder_hides_the_stages_alone(void **state)
{
	struct sample s = complete();
	span_t out;

	(void)state;
	s.flags = SAMPLE_DISORDER;
	for (enum stage i = 0; i < STAGES; i++)
		assert_false(has_stage(&s, &best, i));
	assert_false(sample_network(&s, &best, &out));
	assert_true(sample_rtt(&s, &out));
	assert_true(sample_in_order(&s, &best));
}

static void order_is_of_every_pair(void **state)
{
	struct sample s = complete();

	(void)state;
	assert_true(sample_in_order(&s, &best));
	for (enum stamp i = 1; i < STAMPS; i++) {
		enum stamp before = i == STAMP_HW_RX ? STAMP_DRV_TX : i - 1;

		if (i == STAMP_REMOTE_RX || i == STAMP_REMOTE_TX)
			continue;
		s = complete();
		s.remote_tx = s.remote_rx;
		s.at[i] = s.at[before];
		assert_true(sample_in_order(&s, &best));
		s.at[i].ns--;
		assert_false(sample_in_order(&s, &best));
		without(&s, i);
		assert_true(sample_in_order(&s, &best));
	}
	s = complete();
	s.remote_tx.ns = s.remote_rx.ns - 1;
	assert_false(sample_in_order(&s, &best));
	/* Held longer than the whole time between the wire's ends. */
	s.remote_tx.ns = s.remote_rx.ns + 4000;
	assert_true(sample_in_order(&s, &best));
	s.remote_tx.ns++;
	assert_false(sample_in_order(&s, &best));
	s.have = 0;
	assert_true(sample_in_order(&s, &best));
}

/* Its place is known to hw_bar only: that much is no disorder, and no stage is
 * made to look better than it is. */
static void hw_rx_has_a_bar(void **state)
{
	const struct wire_ends hw = { STAMP_DRV_TX, STAMP_HW_RX, false };
	struct sample s = complete();

	(void)state;
	s.hw_bar = span_ns(50);
	s.at[STAMP_HW_RX].ns = s.at[STAMP_XDP_RX].ns + 50;
	assert_true(sample_in_order(&s, &hw));
	assert_true(sample_in_order(&s, &best));
	assert_int_equal(stage_ns(&s, &hw, STAGE_NIC_TO_XDP), -50);
	s.at[STAMP_HW_RX].ns++;
	assert_false(sample_in_order(&s, &hw));
	assert_false(sample_in_order(&s, &best));
	s.at[STAMP_HW_RX].ns = s.at[STAMP_DRV_TX].ns + 350;
	assert_int_equal(stage_ns(&s, &hw, STAGE_NETWORK), -50);
	assert_true(sample_in_order(&s, &hw));
	s.at[STAMP_HW_RX].ns--;
	assert_false(sample_in_order(&s, &hw));
	/* Of the others none has. */
	s = complete();
	s.hw_bar = span_ns(50);
	s.at[STAMP_TC_RX].ns = s.at[STAMP_XDP_RX].ns - 1;
	assert_false(sample_in_order(&s, &hw));
}

static void names_are_the_columns(void **state)
{
	(void)state;
	assert_string_equal(stamp_name(STAMP_APP_TX), "app_tx");
	assert_string_equal(stamp_name(STAMP_APP_RX), "app_rx");
	assert_string_equal(stage_name(STAGE_APP_TO_TC), "app_to_tc");
	assert_string_equal(stage_name(STAGE_SOCKET_TO_APP), "socket_to_app");
	assert_string_equal(status_name(PROBE_LOST_IN_HOST), "lost_in_host");
	assert_string_equal(status_name(PROBE_UNRECORDED), "unrecorded");
	assert_string_equal(engine_name(ENGINE_SOCKET), "socket");
	assert_string_equal(engine_name(ENGINE_BYPASS), "bypass");
	for (enum stamp i = 0; i < STAMPS; i++)
		assert_non_null(stamp_name(i));
	for (enum stage i = 0; i < STAGES; i++)
		assert_non_null(stage_name(i));
	for (enum probe_status i = 0; i < PROBE_STATUSES; i++)
		assert_non_null(status_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_are_between_their_stamps),
		cmocka_unit_test(stages_add_up),
		cmocka_unit_test(what_is_absent_is_absent),
		cmocka_unit_test(disorder_hides_the_stages_alone),
		cmocka_unit_test(order_is_of_every_pair),
		cmocka_unit_test(hw_rx_has_a_bar),
		cmocka_unit_test(names_are_the_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
