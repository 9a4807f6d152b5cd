// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: a kernel that lacks what OLD_KERNEL names, as far as bpf(2) shows
 * it. A stub, for where no such kernel can be booted: what it answers is what
 * kernel/bpf/syscall.c and net/bpf/test_run.c answered before they knew better.
 * And drivers: one that never calls skb_tx_timestamp(), and one whose carrier
 * does not come back when attaching XDP has made it restart.
 *
 *   tcx   attaching to it, or asking what is attached, is EINVAL (before 6.6)
 *   tai   helper 208 is an unknown one, to the verifier itself (before 6.1)
 *   live  test-runs with live frames are EINVAL (before 5.18)
 *   drv   no TX stamp comes
 *   carrier  the interface is down once native XDP is attached
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define HELPER_TAI 208
#define HELPER_NONE 0x7ffffff0
#define WORDS 6

static long (*next)(long number, ...);
static __typeof__(setsockopt) *next_setsockopt;

static bool lacks(const char *what)
{
	const char *list = getenv("OLD_KERNEL");

	return list && strstr(list, what);
}

static bool is_tcx(unsigned int type)
{
	return type == TCX_INGRESS || type == TCX_EGRESS;
}

static bool is_unknown(long command, const union bpf_attr *attr)
{
	switch (command) {
	case BPF_LINK_CREATE:
		return is_tcx(attr->link_create.attach_type) && lacks("tcx");
	case BPF_PROG_QUERY:
		return is_tcx(attr->query.attach_type) && lacks("tcx");
	case BPF_PROG_TEST_RUN:
		return attr->test.flags & BPF_F_TEST_XDP_LIVE_FRAMES &&
		       lacks("live");
	default:
		return false;
	}
}

/* The program as a kernel that does not know the helper sees it; free(). */
static struct bpf_insn *without_helper(const union bpf_attr *attr)
{
	size_t size = attr->insn_cnt * sizeof(struct bpf_insn);
	struct bpf_insn *copy = malloc(size);

	if (!copy)
		return NULL;
	memcpy(copy, (const void *)attr->insns, size);
	for (unsigned int i = 0; i < attr->insn_cnt; i++) {
		if (copy[i].code == (BPF_JMP | BPF_CALL) && !copy[i].src_reg &&
		    copy[i].imm == HELPER_TAI)
			copy[i].imm = HELPER_NONE;
	}
	return copy;
}

static long load(long command, const union bpf_attr *attr, long size)
{
	union bpf_attr changed = {};
	struct bpf_insn *copy = without_helper(attr);
	long ret;
	int err;

	memcpy(&changed, attr,
	       size < (long)sizeof(changed) ? (size_t)size : sizeof(changed));
	changed.insns = (__u64)copy;
	ret = next(__NR_bpf, command, &changed, size);
	err = errno;
	free(copy);
	errno = err;
	return ret;
}

static void take_down(unsigned int ifindex)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && if_indextoname(ifindex, ifr.ifr_name))
		ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
}

static long create_link(long command, const union bpf_attr *attr, long size)
{
	long fd = next(__NR_bpf, command, attr, size);

	if (fd >= 0 && attr->link_create.attach_type == BPF_XDP)
		take_down(attr->link_create.target_ifindex);
	return fd;
}

__attribute__((constructor)) static void old_kernel_start(void)
{
	next = dlsym(RTLD_NEXT, "syscall");
	next_setsockopt = dlsym(RTLD_NEXT, "setsockopt");
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	int flags;

	if (level != SOL_SOCKET || option != SO_TIMESTAMPING ||
	    size != sizeof(flags) || !lacks("drv"))
		return next_setsockopt(fd, level, option, value, size);
	memcpy(&flags, value, sizeof(flags));
	flags &= ~SOF_TIMESTAMPING_TX_SOFTWARE;
	return next_setsockopt(fd, level, option, &flags, sizeof(flags));
}

long syscall(long number, ...)
{
	const union bpf_attr *attr;
	long word[WORDS];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < WORDS; i++)
		word[i] = va_arg(list, long);
	va_end(list);
	attr = (const union bpf_attr *)word[1];
	if (number == __NR_bpf && is_unknown(word[0], attr)) {
		errno = EINVAL;
		return -1;
	}
	if (number == __NR_bpf && word[0] == BPF_PROG_LOAD && lacks("tai"))
		return load(word[0], attr, word[2]);
	if (number == __NR_bpf && word[0] == BPF_LINK_CREATE &&
	    lacks("carrier"))
		return create_link(word[0], attr, word[2]);
	return next(number, word[0], word[1], word[2], word[3], word[4],
		    word[5]);
}
