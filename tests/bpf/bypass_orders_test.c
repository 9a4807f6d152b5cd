// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of the bypass engine's orders, and what it takes to run it. */
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "bypass_rig.h"

#define CAPABILITY_BPF 39 /* CAP_BPF; linux/capability.h has it from 5.8 on */
#define ENOUGH (1ULL << CAPABILITY_BPF | 1ULL << CAP_NET_ADMIN)

/* ---- orders that send nothing ------------------------------------------- */

static void test_armed_slot_is_refused(void **state)
{
	struct caught_frame got;
	struct slot before;
	struct sender e;

	(void)state;
	sender_open(&e, NULL);
	e.slots[1] = (struct slot){
		.state = SLOT_ARMED, .seq = 1, .nonce = 77, .drv_tx = 78
	};
	before = e.slots[1];
	sender_start(&e);
	for (int i = 0; i < 3; i++)
		sender_order(&e, i, mono_now().ns + LEAD_NS + i * STEP_NS);
	bypass_publish(e.bypass);
	sender_await(&e, 3, 2);
	assert_int_equal(sender_state(&e).refused, 1);
	assert_int_equal(sender_state(&e).missed, 0);
	assert_memory_equal(&e.slots[1], &before, sizeof(before));
	catcher_read(1, &got);
	assert_int_equal(frame_get32(got.octets + e.udp + 8), 2);
	bypass_close(e.bypass);
}

static void test_before_the_first_run_is_missed(void **state)
{
	struct sender e;

	(void)state;
	sender_open(&e, NULL);
	sender_order(&e, 0, mono_now().ns - NSEC_PER_MSEC);
	sender_order(&e, 1, mono_now().ns + NSEC_PER_SEC);
	bypass_publish(e.bypass);
	sender_start(&e);
	sender_await(&e, 2, 1);
	assert_int_equal(sender_state(&e).missed, 1);
	assert_int_equal(e.slots[0].state, SLOT_FREE);
	assert_int_equal(e.slots[0].drv_tx, 0);
	assert_int_equal(e.slots[1].state, SLOT_ARMED);
	bypass_close(e.bypass);
}

/* A signal ends the test-run, and the next takes a while to start. */
static void test_between_two_runs_is_missed(void **state)
{
	const int64_t step = 5 * NSEC_PER_MSEC;
	uint64_t runs, sent = 0;
	struct bypass_state s;
	int64_t due[ORDERS];
	struct sender e;
	sigset_t set;

	(void)state;
	sender_open(&e, NULL);
	sender_start(&e);
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	/* So that it is the other thread's. */
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	runs = sender_state(&e).runs;
	for (int i = 0; i < ORDERS; i++)
		sender_order(&e, i, due[i] = mono_now().ns + (i + 4) * step);
	bypass_publish(e.bypass);
	nap(5 * step);
	kill(getpid(), SIGURG);
	nap((ORDERS + 4) * step);
	s = sender_state(&e);
	assert_int_equal(bypass_taken(e.bypass), ORDERS);
	assert_true(s.runs > runs);
	for (int i = 0; i < ORDERS; i++) {
		if (e.slots[i].state == SLOT_FREE)
			continue;
		sent++;
		assert_true(e.slots[i].drv_tx >= (uint64_t)due[i]);
	}
	print_message("# %d missed\n", (int)s.missed);
	assert_in_range(s.missed, 1, ORDERS - 2);
	assert_int_equal(sent, ORDERS - s.missed);
	assert_int_equal(catcher_count(), sent);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	bypass_close(e.bypass);
}

static void test_stop_leaves_the_rest(void **state)
{
	struct sender e;
	int64_t begun;

	(void)state;
	sender_open(&e, NULL);
	sender_start(&e);
	for (int i = 0; i < ORDERS; i++)
		sender_order(&e, i,
			     mono_now().ns + LEAD_NS +
				     (i < 5 ? 0 : 100 * NSEC_PER_SEC));
	bypass_publish(e.bypass);
	sender_await(&e, 5, 5);
	assert_true(bypass_waiting(e.bypass) > 0);
	begun = mono_now().ns;
	bypass_stop(e.bypass);
	assert_true(mono_now().ns - begun < NSEC_PER_SEC);
	assert_int_equal(bypass_waiting(e.bypass), 0);
	assert_int_equal(bypass_taken(e.bypass), 5);
	assert_int_equal(bypass_room(e.bypass), 5);
	assert_int_equal(catcher_count(), 5);
	for (int i = 0; i < ORDERS; i++)
		assert_int_equal(e.slots[i].state,
				 i < 5 ? SLOT_ARMED : SLOT_FREE);
	bypass_close(e.bypass);
}

/* What is not published is not seen. */
static void test_unpublished_is_not_sent(void **state)
{
	struct sender e;

	(void)state;
	sender_open(&e, NULL);
	sender_start(&e);
	sender_order(&e, 0, 0);
	nap(20 * NSEC_PER_MSEC);
	assert_int_equal(bypass_taken(e.bypass), 0);
	bypass_publish(e.bypass);
	sender_await(&e, 1, 1);
	bypass_close(e.bypass);
}

/* ---- privilege ---------------------------------------------------------- */

static int keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = {
		{ kept, kept, 0 },
		{ kept >> 32, kept >> 32, 0 },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* 0, or bypass_open()'s error, or bypass_start()'s. */
static int run_with(uint64_t capabilities)
{
	const struct bypass_shape shape = {
		.ifindex = sender_ifindex(),
		.slots_fd = -1,
		.flows = 1,
		.orders = ORDERS,
		.length = 86,
		.udp_at = 34,
		.batch = 1,
		.cpu = -1,
	};
	struct bypass *b;
	char why[WHY_SIZE];
	int err = keep_capabilities(capabilities);

	if (err)
		return err;
	if (capabilities != ENOUGH)
		libbpf_set_print(NULL);
	b = bypass_open(&shape, why, &err);
	if (b)
		err = bypass_start(b, why);
	bypass_close(b);
	return err;
}

static int run_in_child(uint64_t capabilities)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child)
		_exit(-run_with(capabilities));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void test_two_capabilities(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(ENOUGH), 0);
	assert_int_equal(run_in_child(1ULL << CAPABILITY_BPF), -EPERM);
	assert_int_equal(run_in_child(1ULL << CAP_NET_ADMIN), -EPERM);
	assert_int_equal(run_in_child(0), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_armed_slot_is_refused),
		cmocka_unit_test(test_before_the_first_run_is_missed),
		cmocka_unit_test(test_between_two_runs_is_missed),
		cmocka_unit_test(test_stop_leaves_the_rest),
		cmocka_unit_test(test_unpublished_is_not_sent),
		cmocka_unit_test(test_two_capabilities),
	};

	return cmocka_run_group_tests(tests, sender_set_up, sender_tear_down);
}
