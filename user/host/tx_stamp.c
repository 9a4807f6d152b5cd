// SPDX-License-Identifier: GPL-2.0-only
#include "host/tx_stamp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/hwtstamp.h"

#define EXPERIMENT 0x88b5
#define PAUSE_NS NSEC_PER_MSEC
#define PATIENCE_NS (20 * NSEC_PER_MSEC)

#define STAMPING \
	(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | \
	 SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY)

struct trial {
	int with, without; /* sockets */
	unsigned int asked;
	unsigned int stamped;
	int64_t real_ns[TX_STAMP_PAIRS_MAX]; /* REALTIME before send() */
	double took_with[TX_STAMP_PAIRS_MAX];
	double took_without[TX_STAMP_PAIRS_MAX];
	double until[TX_STAMP_PAIRS_MAX]; /* the stamp, from send() */
};

static int64_t real_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Receives nothing: with protocol 0 nothing is delivered to it. */
static int open_socket(const struct iface *iface, int stamping)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = 0,
		.sll_ifindex = iface->index,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)))
		goto fail;
	if (stamping && setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamping,
				   sizeof(stamping)))
		goto fail;
	return fd;
fail:
	err = -errno;
	close(fd);
	return err;
}

static int send_one(int fd, const struct iface *iface, double *took_ns)
{
	struct {
		struct ethhdr head;
		uint8_t octets[ETH_ZLEN - sizeof(struct ethhdr)];
	} __attribute__((packed)) frame = {
		.head = { .h_dest = { 0x01, 0x80, 0xc2, 0, 0, 0x0e },
			  .h_proto = htons(EXPERIMENT) },
	};
	mono_t before;
	ssize_t n;

	memcpy(frame.head.h_source, iface->mac, ETH_ALEN);
	before = mono_now();
	n = send(fd, &frame, sizeof(frame), 0);
	*took_ns = (double)mono_sub(mono_now(), before).ns;
	return n < 0 ? -errno : 0;
}

static bool read_stamp(int fd, uint32_t *key, int64_t *ns)
{
	struct sock_extended_err e = {};
	char control[256], octets[64];
	struct iovec iov = { octets, sizeof(octets) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	*ns = 0;
	if (recvmsg(fd, &msg, MSG_ERRQUEUE) < 0)
		return false;
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(&msg); cm;
	     cm = CMSG_NXTHDR(&msg, cm)) {
		if (!scm_stamp_read(cm, SCM_STAMP_SOFTWARE, ns) &&
		    cm->cmsg_level == SOL_PACKET &&
		    cm->cmsg_type == PACKET_TX_TIMESTAMP)
			memcpy(&e, CMSG_DATA(cm), sizeof(e));
	}
	*key = e.ee_data;
	return true;
}

static void drain(struct trial *t)
{
	uint32_t key;
	int64_t ns;

	while (read_stamp(t->with, &key, &ns)) {
		if (ns && key < t->asked)
			t->until[t->stamped++] = (double)(ns - t->real_ns[key]);
		if (t->stamped == TX_STAMP_PAIRS_MAX)
			return;
	}
}

static void pause_ns(int64_t ns)
{
	const struct timespec ts = { .tv_nsec = ns };

	nanosleep(&ts, NULL);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *of, unsigned int n, double q)
{
	unsigned int at = (unsigned int)(q * n);

	qsort(of, n, sizeof(*of), compare);
	return of[at < n ? at : n - 1];
}

/* One of each, in turn first, behind one that nobody times: after a pause the
 * first one is slower. */
static int send_pair(struct trial *t, const struct iface *iface)
{
	unsigned int i = t->asked;
	int err = send_one(t->without, iface, &t->took_without[i]);

	for (int turn = 0; !err && turn < 2; turn++) {
		if (turn == (int)(i & 1)) {
			err = send_one(t->without, iface, &t->took_without[i]);
			continue;
		}
		t->real_ns[i] = real_now();
		err = send_one(t->with, iface, &t->took_with[i]);
		/* A failed one may have used up its number. */
		if (!err)
			t->asked++;
	}
	return err;
}

static int send_all(struct trial *t, const struct iface *iface,
		    unsigned int pairs)
{
	int err = 0;

	while (!err && t->asked < pairs) {
		err = send_pair(t, iface);
		pause_ns(PAUSE_NS);
		drain(t);
	}
	pause_ns(PATIENCE_NS);
	drain(t);
	return t->asked ? 0 : err;
}

static void report(struct trial *t, struct tx_stamp_report *out)
{
	out->asked = t->asked;
	out->stamped = t->stamped;
	if (!t->stamped)
		return;
	out->jitter_ns = quantile(t->until, t->stamped, 0.99) -
			 quantile(t->until, t->stamped, 0.5);
	out->has_cost = t->stamped == t->asked;
	out->cost_ns = quantile(t->took_with, t->asked, 0.5) -
		       quantile(t->took_without, t->asked, 0.5);
	if (out->cost_ns < 0)
		out->cost_ns = 0;
}

int tx_stamp_try(const struct iface *iface, unsigned int pairs,
		 struct tx_stamp_report *out)
{
	struct trial *t;
	int err;

	memset(out, 0, sizeof(*out));
	if (iface->link_type != ARPHRD_ETHER)
		return -EOPNOTSUPP;
	if (!iface->is_up)
		return -ENETDOWN;
	if (pairs > TX_STAMP_PAIRS_MAX)
		pairs = TX_STAMP_PAIRS_MAX;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->with = open_socket(iface, STAMPING);
	t->without = t->with < 0 ? t->with : open_socket(iface, 0);
	err = t->without < 0 ? t->without : send_all(t, iface, pairs);
	if (!err)
		report(t, out);
	if (t->with >= 0)
		close(t->with);
	if (t->without >= 0)
		close(t->without);
	free(t);
	return err;
}
