// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PPM (1L << 16) /* of timex.freq */
#define MOST_PPM 500
#define MOST_SECONDS 30
#define GRACE_MS 2000
#define LOCK "/run/lock/xrtt-slew"

enum {
	EXIT_TROUBLE = 1,
	EXIT_USAGE,
	EXIT_MACHINE
};

static const char usage[] =
	"usage: slew PPM SECONDS\n"
	"       slew --check | --rate\n"
	"Pushes this host's CLOCK_MONOTONIC by PPM (-500 to 500) for SECONDS\n"
	"(up to 30) and puts its rate back, whatever becomes of this process:\n"
	"a second one does it should this one die. Prints from, to, ppm and\n"
	"how long the longer of both changes took, times in ns of\n"
	"CLOCK_MONOTONIC. --check changes nothing: status 0 if it could push\n"
	"here, 3 and a line why if not. --rate prints what is set now, in "
	"ppm.\n";

static struct timex before;

static int rate_set(long freq)
{
	struct timex tx = { .modes = ADJ_FREQUENCY, .freq = freq };

	return adjtimex(&tx) < 0 ? -errno : 0;
}

static void rate_restore(void)
{
	struct timex tx = { .modes = ADJ_FREQUENCY | ADJ_TICK,
			    .freq = before.freq,
			    .tick = before.tick };

	adjtimex(&tx);
}

static int64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int complain(int status, const char *what, const char *why)
{
	fprintf(stderr, "slew: %s: %s\n", what, why);
	return status;
}

/* Nobody steers the clock, and we may. */
static int check(void)
{
	if (adjtimex(&before) < 0)
		return complain(EXIT_MACHINE, "adjtimex", strerror(errno));
	if (!(before.status & STA_UNSYNC))
		return complain(EXIT_MACHINE, "this host's clock",
				"a daemon steers it, it is not ours to push");
	if (rate_set(before.freq))
		return complain(EXIT_MACHINE,
				"adjtimex (needs CAP_SYS_TIME on the host)",
				strerror(errno));
	return 0;
}

static int rate_print(void)
{
	if (adjtimex(&before) < 0)
		return complain(EXIT_MACHINE, "adjtimex", strerror(errno));
	printf("%.3f\n", (double)before.freq / PPM);
	return 0;
}

static int lock_take(void)
{
	int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return complain(EXIT_MACHINE, LOCK, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return complain(EXIT_TROUBLE, LOCK,
				"another slew is under way");
	return 0;
}

/* Ends when the pipe's other end goes, with whoever held it, or in time. */
static void guard_run(int life, int limit_ms)
{
	struct pollfd end = { .fd = life };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	while (poll(&end, 1, limit_ms) < 0)
		;
	rate_restore();
	_exit(0);
}

static int guard_start(int limit_ms, int *life)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(ends[1]);
		guard_run(ends[0], limit_ms);
	}
	close(ends[0]);
	*life = ends[1];
	return pid;
}

static void signals_hold(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGALRM);
	sigaddset(set, SIGQUIT);
	sigprocmask(SIG_BLOCK, set, NULL);
}

/* False if a signal cut it short. */
static bool wait_for(double seconds, const sigset_t *signals)
{
	struct timespec ts = { .tv_sec = (time_t)seconds };

	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	return sigtimedwait(signals, NULL, &ts) < 0;
}

static int slew(double ppm, double seconds)
{
	int64_t from, begun, until, to;
	int guard, err, life = -1;
	sigset_t signals;
	bool whole;

	signals_hold(&signals);
	guard = guard_start((int)(seconds * 1e3) + GRACE_MS, &life);
	if (guard < 0)
		return complain(EXIT_TROUBLE, "guard", strerror(-guard));
	atexit(rate_restore);
	from = mono_ns();
	err = rate_set(before.freq + (long)(ppm * PPM));
	begun = mono_ns();
	whole = !err && wait_for(seconds, &signals);
	until = mono_ns();
	rate_restore();
	to = mono_ns();
	close(life);
	waitpid(guard, NULL, 0);
	if (err)
		return complain(EXIT_TROUBLE, "adjtimex", strerror(-err));
	begun -= from;
	until = to - until;
	printf("%" PRId64 " %" PRId64 " %g %" PRId64 "\n", from, to, ppm,
	       begun > until ? begun : until);
	return whole ? 0 : EXIT_TROUBLE;
}

static bool number(const char *text, double least, double most, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out >= least && *out <= most;
}

int main(int argc, char **argv)
{
	double ppm, seconds;
	int status;

	if (argc == 2 && !strcmp(argv[1], "--check"))
		return check();
	if (argc == 2 && !strcmp(argv[1], "--rate"))
		return rate_print();
	if (argc != 3 || !number(argv[1], -MOST_PPM, MOST_PPM, &ppm) ||
	    !number(argv[2], 0, MOST_SECONDS, &seconds)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	status = check();
	if (!status)
		status = lock_take();
	return status ? status : slew(ppm, seconds);
}
