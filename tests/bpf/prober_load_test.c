// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it takes to load the prober: CAP_BPF and CAP_NET_ADMIN and nothing more,
 * and how much of it the verifier walks through with and without the rest.
 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "slot.h"
#include "prober.skel.h"

#define NOBODY 65534
#define CAPABILITY_BPF 39 /* CAP_BPF; linux/capability.h has it from 5.8 on */
#define PROGRAMS 8

static const uint64_t enough = 1ULL << CAPABILITY_BPF | 1ULL << CAP_NET_ADMIN;

struct cost {
	int err; /* of loading, 0 or -errno */
	int programs;
	struct {
		char name[32];
		uint32_t instructions;
	} of[PROGRAMS];
};

static void read_cost(struct prober_bpf *bpf, struct cost *cost)
{
	struct bpf_program *program;
	struct bpf_prog_info info;
	uint32_t length;
	int n = 0;

	bpf_object__for_each_program(program, bpf->obj)
	{
		if (bpf_program__fd(program) < 0)
			continue;
		memset(&info, 0, sizeof(info));
		length = sizeof(info);
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info,
					   &length))
			continue;
		strncpy(cost->of[n].name, bpf_program__name(program),
			sizeof(cost->of[n].name) - 1);
		cost->of[n++].instructions = info.verified_insns;
	}
	cost->programs = n;
}

static void load(const struct prober_config *config, struct cost *cost)
{
	struct prober_bpf *bpf = prober_bpf__open();

	memset(cost, 0, sizeof(*cost));
	if (!bpf) {
		cost->err = -errno;
		return;
	}
	memcpy((void *)&bpf->rodata->config, config, sizeof(*config));
	bpf_program__set_autoload(bpf->progs.xrtt_xdp_rx, !config->rx_at_tc);
	cost->err = prober_bpf__load(bpf);
	if (!cost->err)
		read_cost(bpf, cost);
	prober_bpf__destroy(bpf);
}

/* Becomes nobody with exactly these capabilities. */
static int drop_to(uint64_t capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = {
		{ capabilities, capabilities, 0 },
		{ capabilities >> 32, capabilities >> 32, 0 },
	};

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
	    syscall(SYS_setgroups, 0, NULL) ||
	    syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) ||
	    syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) ||
	    syscall(SYS_capset, &header, data))
		return -errno;
	return getuid() == NOBODY && geteuid() == NOBODY ? 0 : -EINVAL;
}

static void load_as(uint64_t capabilities, const struct prober_config *config,
		    struct cost *cost)
{
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		memset(cost, 0, sizeof(*cost));
		if (capabilities != enough)
			libbpf_set_print(NULL);
		cost->err = drop_to(capabilities);
		if (!cost->err)
			load(config, cost);
		_exit(write(fds[1], cost, sizeof(*cost)) != sizeof(*cost));
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], cost, sizeof(*cost)), sizeof(*cost));
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void check_config(const struct prober_config *config)
{
	struct cost root, nobody;

	load(config, &root);
	assert_int_equal(root.err, 0);
	load_as(enough, config, &nobody);
	assert_int_equal(nobody.err, 0);
	assert_int_equal(nobody.programs, config->rx_at_tc ? 5 : 6);
	assert_int_equal(root.programs, nobody.programs);
	print_message("# link_header %2u, rx_at_tc %u      root    two "
		      "capabilities\n",
		      config->link_header, config->rx_at_tc);
	for (int i = 0; i < root.programs; i++) {
		assert_string_equal(root.of[i].name, nobody.of[i].name);
		assert_int_not_equal(nobody.of[i].instructions, 0);
		print_message("#   %-26s %6u %6u instructions\n",
			      root.of[i].name, root.of[i].instructions,
			      nobody.of[i].instructions);
	}
}

static void test_two_capabilities(void **state)
{
	struct prober_config config;

	(void)state;
	for (int k = 0; k < 4; k++) {
		config.link_header = k & 1 ? 0 : 14;
		config.rx_at_tc = k >> 1;
		check_config(&config);
	}
}

/* The child really has no more than it was left: less does not do. */
static void test_fewer(void **state)
{
	static const uint64_t less[] = { 0, 1ULL << CAPABILITY_BPF,
					 1ULL << CAP_NET_ADMIN };
	struct prober_config config = { .link_header = 14 };
	struct cost cost;

	(void)state;
	for (size_t i = 0; i < sizeof(less) / sizeof(*less); i++) {
		load_as(less[i], &config, &cost);
		assert_int_equal(cost.err, -EPERM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_capabilities),
		cmocka_unit_test(test_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
