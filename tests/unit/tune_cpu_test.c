// SPDX-License-Identifier: GPL-2.0-only
/* Which CPU a spinning thread gets, and what is read to find it. */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "host/cpu.h"
#include "host/cpu_pick.h"

static struct cpu_set set_of(const char *list)
{
	struct cpu_set set;

	assert_int_equal(cpu_set_parse_list(list, &set), 0);
	return set;
}

static void test_lists(void **state)
{
	static const char *const good[] = { "",	   "0",	      "0-3",
					    "5,7", "0-1,4-7", "8191" };
	static const char *const bad[] = { "-",	     "1-",
					   "3-1",    "8192",
					   "0-8192", "1,",
					   ",1",     "1,,2",
					   "a",	     "1 2",
					   "0x1",    "1\n2",
					   "-1",     "99999999999999999999" };
	char text[64];
	struct cpu_set set;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		set = set_of(good[i]);
		cpu_set_format(&set, text, sizeof(text));
		assert_string_equal(text, good[i]);
	}
	set = set_of("0-3,8\n");
	assert_int_equal(cpu_set_count(&set), 5);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (cpu_set_parse_list(bad[i], &set) != -EINVAL)
			fail_msg("taken for a list: %s", bad[i]);
		assert_int_equal(cpu_set_count(&set), 0);
	}
}

static void test_masks(void **state)
{
	static const char *const bad[] = { "g", "1,g", "123456789", "1\n1",
					   "-1" };
	char text[64], wide[4000];
	struct cpu_set set;

	(void)state;
	assert_int_equal(cpu_set_parse_mask("ff,0000000f\n", &set), 0);
	cpu_set_format(&set, text, sizeof(text));
	assert_string_equal(text, "0-3,32-39");
	assert_int_equal(cpu_set_parse_mask("0\n", &set), 0);
	assert_int_equal(cpu_set_count(&set), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (cpu_set_parse_mask(bad[i], &set) != -EINVAL)
			fail_msg("taken for a mask: %s", bad[i]);
		assert_int_equal(cpu_set_count(&set), 0);
	}
	/* More groups than there can be CPUs. */
	memset(wide, 0, sizeof(wide));
	for (int i = 0; i < 300; i++)
		strcat(wide, i ? ",ffffffff" : "ffffffff");
	assert_int_equal(cpu_set_parse_mask(wide, &set), -EINVAL);
}

static void test_long_list_is_cut_short(void **state)
{
	struct cpu_set set = {};
	char text[16];

	(void)state;
	for (unsigned int cpu = 0; cpu < CPU_MAX; cpu += 2)
		cpu_set_add(&set, cpu);
	cpu_set_format(&set, text, sizeof(text));
	assert_string_equal(text, "0,2,4,6,8,10...");
}

/* Parsers must stand anything, and stay inside what they were given. */
static void test_hostile_text(void **state)
{
	static const char alphabet[] = "0123456789,-: \t\nabcdef@.xr";
	struct prng prng = unit_prng("hostile text");
	char name[16];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		size_t length = prng_below(&prng, 60);
		char *text = malloc(length + 1);
		struct cpu_set set;

		for (size_t j = 0; j < length; j++)
			text[j] = alphabet[prng_below(&prng,
						      sizeof(alphabet) - 1)];
		text[length] = '\0';
		cpu_set_parse_list(text, &set);
		cpu_set_parse_mask(text, &set);
		if (interrupt_parse(text, name, sizeof(name)) >= 0)
			assert_true(strlen(name) < sizeof(name));
		free(text);
	}
}

static void test_interrupts(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(
		interrupt_parse(" 38:     0   4954 PCI-MSIX-0000:00:03.0   "
				"1-edge      virtio2-input.0\n",
				name, sizeof(name)),
		38);
	assert_string_equal(name, "virtio2-input.0");
	assert_true(interrupt_is_rx(name));
	assert_int_equal(interrupt_parse("125: 1 2 3 4 ITS-MSI 81921 Edge "
					 "ens5-Tx-Rx-0\n",
					 name, sizeof(name)),
			 125);
	assert_non_null(strstr(name, "ens5-Tx-Rx-0"));
	assert_int_equal(interrupt_parse("NMI:  0  0  Non-maskable interrupts"
					 "\n",
					 name, sizeof(name)),
			 -1);
	assert_int_equal(
		interrupt_parse("      CPU0   CPU1\n", name, sizeof(name)), -1);
	assert_int_equal(interrupt_parse("7:", name, sizeof(name)), 7);
	assert_string_equal(name, "");
	assert_true(interrupt_is_rx("ens5-Tx-Rx-3"));
	assert_true(interrupt_is_rx("mlx5_comp0@pci:0000:00:05.0"));
	assert_false(interrupt_is_rx("virtio2-output.0"));
	assert_false(interrupt_is_rx("virtio2-config"));
	assert_false(interrupt_is_rx("ena-mgmnt@pci:0000:00:05.0"));
	assert_false(interrupt_is_rx("mlx5_async0@pci:0000:00:05.0"));
}

struct choice {
	const char *allowed, *isolated, *interrupted, *steered, *sibling,
		*local;
	int expected;
	const char *how;
};

static const struct choice choices[] = {
	{ "0", "", "0", "", "0", "", 0, "the only CPU allowed" },
	{ "0-1", "", "1", "", "1", "", 0, "RX interrupts are taken on 1" },
	{ "0-1", "", "0", "", "0", "", 1, "RX interrupts are taken on 0" },
	{ "0-3", "", "", "", "", "", 3, "the interface has no interrupts" },
	{ "0-3", "2", "0", "", "0", "", 2,
	  "isolated, RX interrupts are taken on 0" },
	{ "0-3", "2", "2", "", "2", "", 3, "RX interrupts are taken on 2" },
	{ "0-3", "2", "0-3", "", "0-3", "", 2,
	  "isolated, though it takes RX interrupts, as all do (0-3)" },
	{ "0-3", "", "0", "1-3", "0", "", 3,
	  "though RPS steers packets there" },
	{ "0-3", "", "0", "2-3", "0", "", 1, "RX interrupts are taken on 0" },
	{ "0-3", "", "0", "", "0,3", "", 2, "RX interrupts are taken on 0" },
	{ "0-7", "", "0", "", "0", "0-3", 3, "RX interrupts are taken on 0" },
	{ "0,2", "", "2", "", "2", "", 0, "RX interrupts are taken on 2" },
	{ "", "", "", "", "", "", -ENOENT, "" },
};

static void test_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice *c = &choices[i];
		const struct cpu_facts facts = {
			.allowed = set_of(c->allowed),
			.isolated = set_of(c->isolated),
			.interrupted = set_of(c->interrupted),
			.steered = set_of(c->steered),
			.sibling = set_of(c->sibling),
			.local = set_of(c->local),
			.interrupts_known = true,
		};
		char how[128] = "";

		assert_int_equal(cpu_pick(&facts, how, sizeof(how)),
				 c->expected);
		assert_string_equal(how, c->how);
	}
}

static void test_work_is_avoided_before_all_but_packets(void **state)
{
	struct cpu_facts facts = {
		.allowed = set_of("0-3"),
		.interrupted = set_of("0"),
		.isolated = set_of("3"),
		.busy = set_of("3"),
		.interrupts_known = true,
	};
	char how[128];

	(void)state;
	assert_int_equal(cpu_pick(&facts, how, sizeof(how)), 2);
	facts.busy = set_of("1-3");
	assert_int_equal(cpu_pick(&facts, how, sizeof(how)), 3);
}

static void test_unknown_interrupts_are_said(void **state)
{
	const struct cpu_facts facts = { .allowed = set_of("0-1") };
	char how[128];

	(void)state;
	assert_int_equal(cpu_pick(&facts, how, sizeof(how)), 1);
	assert_non_null(strstr(how, "is not known"));
}

/* On this machine: one that is allowed, and the affinity is as it was. */
static void test_real_choice_is_allowed(void **state)
{
	cpu_set_t before, after, one;
	struct iface lo;
	char how[128];
	int cpu;

	(void)state;
	assert_int_equal(iface_read("lo", &lo), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	cpu = cpu_choose(&lo, how, sizeof(how));
	assert_true(cpu >= 0 && CPU_ISSET(cpu, &before));
	printf("# CPU %d: %s\n", cpu, how);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(cpu_choose(&lo, how, sizeof(how)), cpu);
	assert_non_null(strstr(how, "the only CPU allowed"));
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_long_list_is_cut_short),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_work_is_avoided_before_all_but_packets),
		cmocka_unit_test(test_unknown_interrupts_are_said),
		cmocka_unit_test(test_real_choice_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
