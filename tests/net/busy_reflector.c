// SPDX-License-Identifier: GPL-2.0-only
/*
 * A STAMP Session-Reflector in user space (RFC 8762; TLVs as RFC 8972 section
 * 4 asks of who knows none), that can be told to hold every request.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "span.h"

#define NS INT64_C(1000000000)
#define BASE_OCTETS 44
#define MAX_OCTETS 1500
#define MAX_SESSIONS 1024
#define NTP_EPOCH 2208988800
#define PTP_BIT 0x40
#define TLV_UNRECOGNIZED 0x80

/* Offsets in the packet (RFC 8972 figures 2 and 4). */
enum {
	AT_SEQ = 0,
	AT_SENT = 4,
	AT_ERROR = 12,
	AT_SSID = 14,
	AT_RECEIVED = 16,
	AT_SENDER_SEQ = 24,
	AT_SENDER_ERROR = 36,
	AT_SENDER_TTL = 40,
};

struct options {
	int port;
	int64_t hold_ns;
	int seconds;
	bool odd; /* hold odd sequence numbers only */
	bool stateless;
	bool ntp;
	bool ip6;
};

struct session {
	struct sockaddr_storage peer;
	uint16_t ssid;
	uint32_t seq;
};

struct datagram {
	uint8_t octets[MAX_OCTETS];
	size_t size;
	struct sockaddr_storage peer;
	socklen_t peer_size;
	int64_t received_ns; /* REALTIME */
	uint8_t ttl;
};

static struct session sessions[MAX_SESSIONS];
static size_t session_count;

static const char usage[] =
	"usage: busy_reflector -p PORT [--hold TIME [--odd]] [--stateless]\n"
	"                      [--ntp] [--seconds S] [-6]\n";

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

static void put_time(uint8_t *at, int64_t ns, bool ntp)
{
	put32(at, ns / NS + (ntp ? NTP_EPOCH : 0));
	put32(at + 4, ntp ? ((ns % NS) << 32) / NS : ns % NS);
}

/* NULL once there are too many of them. */
static struct session *session_get(const struct datagram *d)
{
	struct session *s;
	uint16_t ssid;

	memcpy(&ssid, d->octets + AT_SSID, sizeof(ssid));
	for (size_t i = 0; i < session_count; i++) {
		s = &sessions[i];
		if (s->ssid == ssid &&
		    !memcmp(&s->peer, &d->peer, sizeof(s->peer)))
			return s;
	}
	if (session_count == MAX_SESSIONS)
		return NULL;
	s = &sessions[session_count++];
	s->peer = d->peer;
	s->ssid = ssid;
	return s;
}

static void control_read(const struct msghdr *msg, struct datagram *d)
{
	struct cmsghdr *c;
	struct timespec t;
	int ttl;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((void *)msg, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			d->received_ns = t.tv_sec * NS + t.tv_nsec;
		} else if (c->cmsg_type == IP_TTL ||
			   c->cmsg_type == IPV6_HOPLIMIT) {
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
			d->ttl = ttl;
		}
	}
}

static int datagram_receive(int fd, struct datagram *d)
{
	union {
		char octets[256];
		struct cmsghdr align;
	} control;
	struct iovec iov = { d->octets, sizeof(d->octets) };
	struct msghdr msg = {
		.msg_name = &d->peer,
		.msg_namelen = sizeof(d->peer),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;

	memset(&d->peer, 0, sizeof(d->peer));
	d->ttl = 0;
	got = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (got < 0)
		return -errno;
	d->received_ns = now_ns(CLOCK_REALTIME);
	d->size = got;
	d->peer_size = msg.msg_namelen;
	control_read(&msg, d);
	return 0;
}

/* Every TLV is unknown here: it goes back as it came, with the U flag. */
static void tlvs_mark(struct datagram *d)
{
	size_t at = BASE_OCTETS;

	while (at + 4 <= d->size) {
		d->octets[at] |= TLV_UNRECOGNIZED;
		at += 4 + (d->octets[at + 2] << 8 | d->octets[at + 3]);
	}
}

static int datagram_answer(int fd, struct datagram *d, const struct options *o)
{
	int64_t until = now_ns(CLOCK_MONOTONIC);
	struct session *s = session_get(d);
	uint8_t *p = d->octets;

	if (!s)
		return -ENOSPC;
	if (!o->odd || p[AT_SEQ + 3] & 1)
		until += o->hold_ns;
	memmove(p + AT_SENDER_SEQ, p, 12);
	memmove(p + AT_SENDER_ERROR, p + AT_ERROR, 2);
	memset(p + AT_SENDER_ERROR + 2, 0, 2);
	memset(p + AT_SENDER_TTL, 0, 4);
	p[AT_SENDER_TTL] = d->ttl;
	if (!o->stateless)
		put32(p + AT_SEQ, s->seq++);
	p[AT_ERROR] = o->ntp ? 0 : PTP_BIT;
	p[AT_ERROR + 1] = 1;
	put_time(p + AT_RECEIVED, d->received_ns, o->ntp);
	tlvs_mark(d);
	while (now_ns(CLOCK_MONOTONIC) < until)
		;
	put_time(p + AT_SENT, now_ns(CLOCK_REALTIME), o->ntp);
	if (sendto(fd, p, d->size, 0, (void *)&d->peer, d->peer_size) < 0)
		return -errno;
	return 0;
}

static int socket_open(const struct options *o)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(o->port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET,
				  .sin_port = htons(o->port) };
	int fd = socket(o->ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	    (o->ip6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one,
				 sizeof(one))
		    : setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one,
				 sizeof(one))) ||
	    (o->ip6 ? bind(fd, (void *)&a6, sizeof(a6))
		    : bind(fd, (void *)&a4, sizeof(a4)))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int reflect(const struct options *o, const sigset_t *stop)
{
	int64_t end = now_ns(CLOCK_MONOTONIC) + o->seconds * NS;
	const struct timespec at_once = { 0 };
	static struct datagram d;
	int fd = socket_open(o);
	int err = 0;

	if (fd < 0)
		return fd;
	puts("ready");
	fflush(stdout);
	while (now_ns(CLOCK_MONOTONIC) < end &&
	       sigtimedwait(stop, NULL, &at_once) < 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 100) <= 0)
			continue;
		err = datagram_receive(fd, &d);
		if (!err && d.size >= BASE_OCTETS)
			err = datagram_answer(fd, &d, o);
		if (err)
			fprintf(stderr, "busy_reflector: %s\n", strerror(-err));
	}
	close(fd);
	return 0;
}

static int option_take(int c, struct options *o)
{
	int64_t value = 0;

	if (c == 'p')
		value = o->port = number_parse(optarg, 65535);
	else if (c == 'h')
		value = o->hold_ns = span_parse(optarg);
	else if (c == 's')
		value = o->seconds = number_parse(optarg, 3600);
	else if (c == 'l')
		o->stateless = true;
	else if (c == 'o')
		o->odd = true;
	else if (c == 'n')
		o->ntp = true;
	else if (c == '6')
		o->ip6 = true;
	else
		value = -EINVAL;
	return value < 0 ? -EINVAL : 0;
}

int main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "hold", required_argument, NULL, 'h' },
		{ "seconds", required_argument, NULL, 's' },
		{ "stateless", no_argument, NULL, 'l' },
		{ "odd", no_argument, NULL, 'o' },
		{ "ntp", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .port = 862, .seconds = 60 };
	sigset_t stop;
	int c, err;

	while ((c = getopt_long(argc, argv, "p:6", table, NULL)) != -1) {
		if (option_take(c, &o)) {
			fputs(usage, stderr);
			return 2;
		}
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	err = reflect(&o, &stop);
	if (!err)
		return 0;
	fprintf(stderr, "busy_reflector: port %d: %s\n", o.port,
		strerror(-err));
	return 1;
}
