// SPDX-License-Identifier: GPL-2.0-only
/*
 * stepper N CMD...   run CMD and kill it with SIGKILL just before its Nth step
 * stepper 0 CMD...   let it run to its end
 *
 * A step is a system call by which a process changes something that outlives
 * it: a file made, written, flushed, cut or removed; a request to rtnetlink or
 * to ethtool that is no question; a BPF link made or detached. Before the first
 * and between any two of them lie all the states in which a crash can leave the
 * machine. Threads that CMD starts are not followed.
 *
 * Prints "step N NAME" and ends with 0 if it killed, "steps N" and 1 if CMD
 * ended by itself, 2 if it cannot trace.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint32_t ethtool_sets[] = { ETHTOOL_SCHANNELS, ETHTOOL_SCOALESCE,
					 ETHTOOL_SFEATURES };

static bool peek(pid_t pid, uint64_t from, void *to, size_t size)
{
	struct iovec local = { to, size };
	struct iovec remote = { (void *)(uintptr_t)from, size };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* Whether the descriptor is a file under /run or /sys. */
static bool is_file(pid_t pid, uint64_t fd)
{
	char path[64], target[128];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, (int)fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	return !strncmp(target, "/run/", 5) || !strncmp(target, "/sys/", 5);
}

static bool is_ethtool_set(pid_t pid, uint64_t request)
{
	struct ifreq ifr;
	uint32_t command;

	if (!peek(pid, request, &ifr, sizeof(ifr)) ||
	    !peek(pid, (uintptr_t)ifr.ifr_data, &command, sizeof(command)))
		return false;
	for (size_t i = 0; i < sizeof(ethtool_sets) / sizeof(uint32_t); i++) {
		if (ethtool_sets[i] == command)
			return true;
	}
	return false;
}

/* RTM_NEWx, RTM_DELx, RTM_GETx, RTM_SETx come in fours. */
static bool is_netlink_order(pid_t pid, const uint64_t *args)
{
	struct nlmsghdr head;
	sa_family_t family;

	return args[4] && peek(pid, args[4], &family, sizeof(family)) &&
	       family == AF_NETLINK &&
	       peek(pid, args[1], &head, sizeof(head)) &&
	       (head.nlmsg_type & 3) != 2;
}

/* Its name, NULL if it is no step. */
static const char *step_name(pid_t pid, uint64_t nr, const uint64_t *args)
{
	switch (nr) {
	case __NR_openat:
		return args[2] & O_CREAT ? "create" : NULL;
	case __NR_mkdirat:
		return "mkdir";
#ifdef __NR_mkdir
	case __NR_mkdir:
		return "mkdir";
#endif
	case __NR_write:
		return is_file(pid, args[0]) ? "write" : NULL;
	case __NR_fsync:
		return "fsync";
	case __NR_ftruncate:
		return "ftruncate";
	case __NR_unlinkat:
		return "unlink";
	case __NR_ioctl:
		return args[1] == SIOCETHTOOL && is_ethtool_set(pid, args[2])
			       ? "ethtool"
			       : NULL;
	case __NR_sendto:
		return is_netlink_order(pid, args) ? "rtnetlink" : NULL;
	case __NR_bpf:
		return args[0] == BPF_LINK_CREATE   ? "link-create"
		       : args[0] == BPF_LINK_DETACH ? "link-detach"
						    : NULL;
	default:
		return NULL;
	}
}

/* Up to the next entry of a system call; false once it has ended. */
static bool advance(pid_t pid, struct __ptrace_syscall_info *info)
{
	int status, signal = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, signal) ||
		    waitpid(pid, &status, 0) != pid)
			return false;
		if (!WIFSTOPPED(status))
			return false;
		signal = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			/* That of exec is an event, no signal. */
			signal = status >> 16 ? 0 : WSTOPSIG(status);
			continue;
		}
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info) >
			    0 &&
		    info->op == PTRACE_SYSCALL_INFO_ENTRY)
			return true;
	}
}

static int start(char **argv, pid_t *pid)
{
	int status;

	*pid = fork();
	if (*pid < 0)
		return -errno;
	if (!*pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(*pid, &status, 0) != *pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, *pid, NULL,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
			   PTRACE_O_TRACESYSGOOD))
		return -EPERM;
	return 0;
}

int main(int argc, char **argv)
{
	struct __ptrace_syscall_info info;
	unsigned long kill_at, steps = 0;
	const char *name;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "stepper N CMD...\n");
		return 2;
	}
	kill_at = strtoul(argv[1], NULL, 10);
	if (start(argv + 2, &pid)) {
		fprintf(stderr, "stepper: cannot trace here\n");
		return 2;
	}
	while (advance(pid, &info)) {
		name = step_name(pid, info.entry.nr,
				 (uint64_t *)info.entry.args);
		if (!name || ++steps != kill_at)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		printf("step %lu %s\n", steps, name);
		return 0;
	}
	printf("steps %lu\n", steps);
	return 1;
}
