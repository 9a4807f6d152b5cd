/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "model/budget.h"
#include "unit.h"

static struct duration one(double p50, double p99)
{
	return (struct duration){
		.n = 1000,
		.quantile = { [LEVEL_P50] = p50, [LEVEL_P99] = p99 },
	};
}

static void combine(struct instrument *out, const struct budget_term *term,
		    size_t n)
{
	struct budget budget = { 0 };

	for (size_t i = 0; i < n; i++)
		assert_int_equal(budget_add(&budget, &term[i]), 0);
	assert_int_equal(budget_combine(&budget, out), 0);
}

static void symmetric_by_squares_lengthening_by_sum(void **state)
{
	static const struct budget_term term[] = {
		{ "a", 30, 'A', false, false, "x" },
		{ "b", 40, 'B', false, true, "x" },
		{ "c", 100, 'A', true, false, "x" },
		{ "d", 7, 'B', true, true, "x" },
	};
	struct instrument in;

	(void)state;
	combine(&in, term, 4);
	assert_true(in.known && in.bounded);
	assert_between(in.plus, 50, 50);
	assert_between(in.minus, 157, 157);
	assert_int_equal(in.terms, 4);
	assert_memory_equal(in.term, term, sizeof(term));
	budget_release(&in);
	assert_false(in.known);
	assert_null(in.term);
}

static void what_has_no_bound_says_so(void **state)
{
	static const struct budget_term gap[] = {
		{ "a", 30, 'A', false, false, "x" },
		{ "gap", INFINITY, 'B', true, false, "x" },
		{ "c", 100, 'A', true, false, "x" },
	};
	static const struct budget_term both[] = {
		{ "a", NAN, 'A', false, false, "x" },
		{ "c", 100, 'A', true, false, "x" },
	};
	struct instrument in;

	(void)state;
	combine(&in, gap, 3);
	assert_true(in.known && !in.bounded);
	assert_between(in.plus, 30, 30);
	assert_between(in.minus, 130, 130);
	budget_release(&in);
	combine(&in, both, 2);
	assert_true(in.known && !in.bounded && !isfinite(in.plus));
	assert_between(in.minus, 100, 100);
	budget_release(&in);
	combine(&in, NULL, 0);
	assert_true(in.known && in.bounded && in.plus == 0 && in.minus == 0);
	budget_release(&in);
}

static void a_term_must_say_all(void **state)
{
	static const struct budget_term wrong[] = {
		{ NULL, 1, 'A', false, false, "x" },
		{ "a", 1, 'A', false, false, NULL },
		{ "a", 1, 'C', false, false, "x" },
		{ "a", 1, 0, false, false, "x" },
		{ "a", -1, 'A', false, false, "x" },
	};
	static const struct budget_term right = {
		"a", 0, 'A', true, true, "x"
	};
	struct budget budget = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(budget_add(&budget, &wrong[i]), -EINVAL);
	for (size_t i = 0; i < BUDGET_TERMS; i++)
		assert_int_equal(budget_add(&budget, &right), 0);
	assert_int_equal(budget_add(&budget, &right), -ENOSPC);
	assert_int_equal(budget.terms, BUDGET_TERMS);
}

static void a_difference_leaves_out_what_is_common(void **state)
{
	static const struct budget_term of_a[] = {
		{ "clock_rate", 2750, 'B', false, true, "x" },
		{ "rx_gap", 900, 'B', true, true, "x" },
		{ "clock_read", 30, 'A', false, false, "x" },
		{ "tx_gap", 500, 'B', true, false, "x" },
	};
	static const struct budget_term of_b[] = {
		{ "clock_rate", 2740, 'B', false, true, "x" },
		{ "rx_gap", 900, 'B', true, true, "x" },
		{ "clock_read", 40, 'A', false, false, "x" },
		{ "tx_gap", 200, 'B', true, false, "x" },
	};
	struct duration a = one(55000, 66000), b = one(54800, 66100);
	struct difference d;

	(void)state;
	assert_false(budget_difference(&a, &b, BUDGET_P50).known);
	combine(&a.at_p50, of_a, 4);
	combine(&b.at_p50, of_b, 4);
	combine(&a.at_p99, of_a, 2);
	combine(&b.at_p99, of_b, 2);
	d = budget_difference(&a, &b, BUDGET_P50);
	assert_true(d.known);
	assert_between(d.value, 200, 200);
	assert_between(d.minus, sqrt(2600) + 500, sqrt(2600) + 500);
	assert_between(d.plus, sqrt(2600) + 200, sqrt(2600) + 200);
	assert_int_equal(d.left_out, 2);
	assert_string_equal(d.common[0], "clock_rate");
	assert_string_equal(d.common[1], "rx_gap");
	d = budget_difference(&a, &b, BUDGET_P99);
	assert_between(d.value, -100, -100);
	assert_between(d.minus, 10, 10);
	assert_between(d.plus, 10, 10);
	a.n = 0;
	assert_false(budget_difference(&a, &b, BUDGET_P50).known);
	budget_release(&a.at_p50);
	budget_release(&b.at_p50);
	budget_release(&a.at_p99);
	budget_release(&b.at_p99);
}

static void unknown_gaps_cancel_only_if_common(void **state)
{
	struct budget_term gap = { "gap", INFINITY, 'B', true, true, "x" };
	struct budget_term none = { "gap", 50, 'B', true, true, "x" };
	struct duration a = one(10, 10), b = one(10, 10);
	struct difference d;

	(void)state;
	combine(&a.at_p50, &gap, 1);
	combine(&b.at_p50, &gap, 1);
	d = budget_difference(&a, &b, BUDGET_P50);
	assert_true(d.minus == 0 && d.plus == 0);
	budget_release(&b.at_p50);
	combine(&b.at_p50, &none, 1);
	d = budget_difference(&a, &b, BUDGET_P50);
	assert_true(isinf(d.minus) && d.plus == 0);
	d = budget_difference(&b, &a, BUDGET_P50);
	assert_true(isinf(d.plus) && d.minus == 0);
	a.at_p50.term[0].common = false;
	d = budget_difference(&b, &a, BUDGET_P50);
	assert_true(isinf(d.plus) && d.minus == 50 && !d.left_out);
	budget_release(&a.at_p50);
	budget_release(&b.at_p50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symmetric_by_squares_lengthening_by_sum),
		cmocka_unit_test(what_has_no_bound_says_so),
		cmocka_unit_test(a_term_must_say_all),
		cmocka_unit_test(a_difference_leaves_out_what_is_common),
		cmocka_unit_test(unknown_gaps_cancel_only_if_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
