// SPDX-License-Identifier: GPL-2.0-only
#include "host/chrony.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <time.h>
#include <unistd.h>

#include "host/clock.h"

#define LIMIT_NS NSEC_PER_SEC
#define REFERENCE_SELF 0x7f7f0101u /* "local": nothing but itself */
#define PPM_MAX 1e6

enum field {
	REFERENCE_ID,
	REFERENCE_NAME,
	FREQUENCY = 7,
	RESIDUAL,
	SKEW,
	LEAP = 13,
	FIELDS,
};

/* Cuts it at the commas; the number of fields, at most FIELDS + 1. */
static int fields_split(char *line, char *field[FIELDS])
{
	int n = 0;

	for (char *rest = line; rest && n <= FIELDS; n++) {
		char *part = strsep(&rest, ",");

		if (n < FIELDS)
			field[n] = part;
	}
	return n;
}

/* Digits with a sign and a point: what strtod() takes beyond is refused. */
static int parse_decimal(const char *text, double *out)
{
	char *end;

	if (!*text || text[strspn(text, "+-.0123456789")])
		return -EINVAL;
	*out = strtod(text, &end);
	return end == text || *end || fabs(*out) > PPM_MAX ? -EINVAL : 0;
}

static int parse_id(const char *text, uint32_t *out)
{
	if (strlen(text) != 8 || text[strspn(text, "0123456789ABCDEF")])
		return -EINVAL;
	*out = (uint32_t)strtoul(text, NULL, 16);
	return 0;
}

static int parse_name(const char *text, char out[CHRONY_REFERENCE])
{
	size_t length = strlen(text);

	if (length >= CHRONY_REFERENCE)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (!isascii(text[i]) || !isprint(text[i]))
			return -EINVAL;
	}
	memcpy(out, text, length + 1);
	return 0;
}

static int parse_leap(const char *text, bool *synchronised)
{
	static const char *const states[] = {
		"Not synchronised",
		"Normal",
		"Insert second",
		"Delete second",
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (!strcmp(text, states[i])) {
			*synchronised = i > 0;
			return 0;
		}
	}
	return -EINVAL;
}

int chrony_parse(const char *line, struct chrony_tracking *out)
{
	char copy[CHRONY_LINE_MAX], *field[FIELDS];
	size_t length = strlen(line);
	double ignored;

	if (length && line[length - 1] == '\n')
		length--;
	if (length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, line, length);
	copy[length] = '\0';
	memset(out, 0, sizeof(*out));
	if (fields_split(copy, field) != FIELDS ||
	    parse_id(field[REFERENCE_ID], &out->reference_id) ||
	    parse_name(field[REFERENCE_NAME], out->reference) ||
	    parse_decimal(field[FREQUENCY], &out->frequency_ppm) ||
	    parse_decimal(field[RESIDUAL], &out->residual_ppm) ||
	    parse_decimal(field[SKEW], &out->skew_ppm) || out->skew_ppm < 0 ||
	    parse_leap(field[LEAP], &out->synchronised))
		return -EINVAL;
	for (int i = SKEW + 1; i < LEAP; i++) {
		if (parse_decimal(field[i], &ignored))
			return -EINVAL;
	}
	if (!out->reference_id || out->reference_id == REFERENCE_SELF)
		out->synchronised = false;
	return 0;
}

static int client_start(const char *path, int to, pid_t *pid)
{
	/* chronyc's words follow the locale, and its socket is its own. */
	char *const environment[] = { "LC_ALL=C", NULL };
	char *const arguments[] = { "chronyc", "-n", "-c", "tracking", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int err;

	sigemptyset(&none);
	sigfillset(&usual);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	err = -posix_spawn(pid, path, &actions, &attr, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return err;
}

/* All it says until it closes its output; -ETIMEDOUT, or -EINVAL if it says
 * more than there is room for. */
static int read_all(int from, char *text, size_t room)
{
	mono_t until = mono_add(mono_now(), span_ns(LIMIT_NS));
	struct pollfd ready = { .fd = from, .events = POLLIN };
	size_t used = 0;

	while (used < room) {
		int64_t left = mono_sub(until, mono_now()).ns;
		ssize_t n;

		if (left <= 0 ||
		    !poll(&ready, 1, (int)(left / NSEC_PER_MSEC) + 1))
			return -ETIMEDOUT;
		n = read(from, text + used, room - used);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (!n) {
			text[used] = '\0';
			return strlen(text) == used ? 0 : -EINVAL;
		}
		used += n > 0 ? (size_t)n : 0;
	}
	return -EINVAL;
}

/* It has closed its output or is not worth waiting for. */
static int client_end(pid_t pid, bool by_force)
{
	struct timespec nap = { .tv_nsec = NSEC_PER_MSEC };
	int status = 0;

	for (int i = 0; i < 100 && !by_force; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status ? -ENOTCONN : 0;
		nanosleep(&nap, NULL);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	return by_force ? 0 : -ETIMEDOUT;
}

static int client_run(const char *path, char *text, size_t room)
{
	int ends[2], err, end_err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	err = client_start(path, ends[1], &pid);
	close(ends[1]);
	if (!err) {
		err = read_all(ends[0], text, room);
		end_err = client_end(pid, err);
		if (!err)
			err = end_err;
	}
	close(ends[0]);
	return err;
}

int chrony_query(const char *path, struct chrony_tracking *out)
{
	static const char *const usual[] = {
		"/usr/bin/chronyc",
		"/usr/sbin/chronyc",
		"/usr/local/bin/chronyc",
	};
	char text[CHRONY_LINE_MAX];
	int err;

	for (size_t i = 0; !path && i < sizeof(usual) / sizeof(*usual); i++) {
		if (!access(usual[i], X_OK))
			path = usual[i];
	}
	if (!path)
		return -ENOENT;
	err = client_run(path, text, sizeof(text));
	return err ? err : chrony_parse(text, out);
}
