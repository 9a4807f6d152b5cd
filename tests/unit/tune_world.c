// SPDX-License-Identifier: GPL-2.0-only
#include "tune_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/tune_dir.h"
#include "unit.h"

#define HEARD 65536

static char heard[HEARD];

static void sink_line(void *data, const char *text)
{
	size_t length = strlen(heard);

	(void)data;
	snprintf(heard + length, HEARD - length, "%s\n", text);
}

const struct tune_sink world_sink = { .line = sink_line };

void world_forget(void)
{
	heard[0] = '\0';
}

bool world_heard(const char *text)
{
	if (strstr(heard, text))
		return true;
	print_message("not said: \"%s\", in:\n%s", text, heard);
	return false;
}

void world_shell(const char *command)
{
	if (system(command)) {
		print_error("failed: %s\n", command);
		fail();
	}
}

static const char *world_make(void)
{
	if (geteuid())
		return "needs root";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return "no namespace of one's own here";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/run", "tmpfs", 0, "mode=0755") ||
	    mount("none", "/sys", "sysfs", 0, NULL))
		return "/run and /sys cannot be mounted anew here";
	if (system("ip link add " WORLD_VETH " type veth peer name veth1 && "
		   "ip link set veth1 up && ip link set " WORLD_VETH " up && "
		   "ethtool -K " WORLD_VETH " gro on"))
		return "no veth with GRO here";
	if (system("ip tuntap add dev " WORLD_TAP " mode tap"))
		return "no tap here (/dev/net/tun)";
	return NULL;
}

bool world_enter(void)
{
	const char *why = world_make();

	if (why)
		printf("1..0 # SKIP %s\n", why);
	return !why;
}

struct iface world_iface(const char *name)
{
	struct iface iface;

	assert_int_equal(iface_read(name, &iface), 0);
	return iface;
}

uint64_t world_get(const char *ifname, enum tunable what)
{
	const struct iface iface = world_iface(ifname);
	uint64_t value;

	assert_int_equal(tunable_read(&iface, what, &value), 0);
	return value;
}

void world_set(const char *ifname, enum tunable what, uint64_t value)
{
	const struct iface iface = world_iface(ifname);

	assert_int_equal(tunable_write(&iface, what, value), 0);
}

unsigned int world_notes(void)
{
	const struct dirent *entry;
	DIR *list = opendir(TUNE_DIR);
	unsigned int count = 0;

	if (!list)
		return 0;
	while ((entry = readdir(list))) {
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock"))
			count++;
	}
	closedir(list);
	return count;
}

/* ---- a run --------------------------------------------------------------- */

static void run_body(const char *ifname, int told, int ask)
{
	const struct iface iface = world_iface(ifname);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct tune *t;
	char octet = 0;
	int err;

	t = tune_open(&iface, &world_sink, &err);
	if (!t)
		_exit(1);
	tune_moderation(t);
	tune_busy_poll(t, fd);
	if (write(told, &octet, 1) != 1)
		_exit(2);
	if (read(ask, &octet, 1) < 0)
		_exit(3);
	tune_close(t);
	_exit(0);
}

struct run run_start(const char *ifname)
{
	int told[2], ask[2];
	struct run run;

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ask, O_CLOEXEC), 0);
	run.pid = fork();
	assert_true(run.pid >= 0);
	if (!run.pid) {
		close(told[0]);
		close(ask[1]);
		run_body(ifname, told[1], ask[0]);
	}
	close(told[1]);
	close(ask[0]);
	run.told = told[0];
	run.ask = ask[1];
	return run;
}

void run_await(const struct run *run)
{
	char octet;

	assert_int_equal(read(run->told, &octet, 1), 1);
}

void run_end(struct run *run, bool by_force)
{
	int status;

	if (by_force)
		assert_int_equal(kill(run->pid, SIGKILL), 0);
	else
		assert_int_equal(write(run->ask, "", 1), 1);
	close(run->ask);
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	close(run->told);
	if (by_force)
		assert_true(WIFSIGNALED(status));
	else
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	run->pid = 0;
}
