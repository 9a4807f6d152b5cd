// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: a reader that is late by SLOW_READER_NS. A receive call on an
 * Internet datagram socket is held for that long once data is waiting; with
 * SLOW_READER_ODD set, only if the data is a STAMP reply to an odd sequence
 * number. Reads of the error queue are left alone, and so are recvfrom() and
 * read().
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define AT_SENDER_SEQ 24

ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int flags);

static __typeof__(recv) *next_recv;
static __typeof__(recvmsg) *next_recvmsg;
static __typeof__(recvmmsg) *next_recvmmsg;

static int64_t hold_ns;
static bool odd_only;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int option_get(int fd, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &size) ? -1 : value;
}

static bool call_concerns(int fd, int flags)
{
	int domain;

	if (!hold_ns || flags & (MSG_ERRQUEUE | MSG_PEEK))
		return false;
	domain = option_get(fd, SO_DOMAIN);
	if (domain != AF_INET && domain != AF_INET6)
		return false;
	return option_get(fd, SO_TYPE) == SOCK_DGRAM;
}

/* As long as the call itself would wait, in ms; -1: for ever. */
static int patience(int fd, int flags)
{
	struct timeval t = { 0 };
	socklen_t size = sizeof(t);

	if (flags & MSG_DONTWAIT || fcntl(fd, F_GETFL) & O_NONBLOCK)
		return 0;
	getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &size);
	return t.tv_sec || t.tv_usec ? t.tv_sec * 1000 + t.tv_usec / 1000 : -1;
}

static bool data_matches(int fd)
{
	uint8_t octets[AT_SENDER_SEQ + 4];
	ssize_t got;

	if (!odd_only)
		return true;
	got = next_recv(fd, octets, sizeof(octets), MSG_PEEK | MSG_DONTWAIT);
	return got == sizeof(octets) && octets[AT_SENDER_SEQ + 3] & 1;
}

static void hold(int fd, int flags)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t until;

	if (!call_concerns(fd, flags))
		return;
	if (poll(&p, 1, patience(fd, flags)) != 1 || !(p.revents & POLLIN))
		return;
	until = now_ns() + hold_ns;
	if (!data_matches(fd))
		return;
	while (now_ns() < until)
		;
}

__attribute__((constructor)) static void slow_reader_start(void)
{
	const char *text = getenv("SLOW_READER_NS");

	hold_ns = text ? atoll(text) : 0;
	odd_only = getenv("SLOW_READER_ODD");
	next_recv = dlsym(RTLD_NEXT, "recv");
	next_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
	next_recvmmsg = dlsym(RTLD_NEXT, "recvmmsg");
}

ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	hold(fd, flags);
	return next_recv(fd, buf, size, flags);
}

/* What recv() is called where the compiler fortifies by default. */
ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int flags)
{
	return recv(fd, buf, size < room ? size : room, flags);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	hold(fd, flags);
	return next_recvmsg(fd, msg, flags);
}

int recvmmsg(int fd, struct mmsghdr *msg, unsigned int count, int flags,
	     struct timespec *timeout)
{
	hold(fd, flags);
	return next_recvmmsg(fd, msg, count, flags, timeout);
}
