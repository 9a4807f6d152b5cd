// SPDX-License-Identifier: GPL-2.0-only
#include "loading.h"

#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <cmocka.h>

#define NOBODY 65534

_Static_assert(LOADING_NET_ADMIN == 1ULL << CAP_NET_ADMIN, "");

static void read_cost(struct bpf_object *object, struct loading *out)
{
	struct bpf_program *program;
	struct bpf_prog_info info;
	uint32_t length;
	int n = 0;

	bpf_object__for_each_program(program, object)
	{
		if (bpf_program__fd(program) < 0)
			continue;
		memset(&info, 0, sizeof(info));
		length = sizeof(info);
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info,
					   &length))
			continue;
		strncpy(out->of[n].name, bpf_program__name(program),
			sizeof(out->of[n].name) - 1);
		out->of[n++].instructions = info.verified_insns;
	}
	out->programs = n;
}

static void load(loading_open_fn *open, const void *config, struct loading *out)
{
	struct bpf_object *object = open(config);

	if (!object) {
		out->err = -errno;
		return;
	}
	out->err = bpf_object__load(object);
	if (!out->err)
		read_cost(object, out);
}

int loading_become_nobody(uint64_t capabilities)
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

void loading_try(uint64_t capabilities, loading_open_fn *open,
		 const void *config, struct loading *out)
{
	int fds[2], status;
	pid_t child;

	memset(out, 0, sizeof(*out));
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (capabilities != LOADING_ROOT)
			out->err = loading_become_nobody(capabilities);
		if (capabilities != LOADING_ROOT &&
		    capabilities != LOADING_ENOUGH)
			libbpf_set_print(NULL);
		if (!out->err)
			load(open, config, out);
		_exit(write(fds[1], out, sizeof(*out)) != sizeof(*out));
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], out, sizeof(*out)), sizeof(*out));
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

void loading_compare(const char *title, loading_open_fn *open,
		     const void *config, int programs)
{
	struct loading root, nobody;

	loading_try(LOADING_ROOT, open, config, &root);
	assert_int_equal(root.err, 0);
	loading_try(LOADING_ENOUGH, open, config, &nobody);
	assert_int_equal(nobody.err, 0);
	assert_int_equal(nobody.programs, programs);
	assert_int_equal(root.programs, programs);
	print_message("# %-32s root    two capabilities\n", title);
	for (int i = 0; i < programs; i++) {
		assert_string_equal(root.of[i].name, nobody.of[i].name);
		assert_int_not_equal(nobody.of[i].instructions, 0);
		print_message("#   %-26s %6u %6u instructions\n",
			      root.of[i].name, root.of[i].instructions,
			      nobody.of[i].instructions);
	}
}
