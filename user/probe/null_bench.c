// SPDX-License-Identifier: GPL-2.0-only
#include "probe/null_bench.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "host/link.h"
#include "host/netns.h"
#include "host/veth.h"
#include "probe/packet.h"
#include "wire.h"

#define NEAR "null0"
#define FAR "null1"

/* RFC 2544's range for benchmarks: nobody's addresses. */
#define NEAR_ADDRESS "198.18.0.1"
#define FAR_ADDRESS "198.18.0.2"
#define PREFIX_LENGTH 30

#define CARRIER_PATIENCE_NS NSEC_PER_SEC
#define TIMEOUT_NS (200 * NSEC_PER_MSEC)

static int explain(const char *what, int err, char *why)
{
	if (err == -EPERM)
		snprintf(why, WHY_SIZE,
			 "cannot %s: needs CAP_SYS_ADMIN, CAP_NET_ADMIN and "
			 "CAP_BPF (run it with sudo)",
			 what);
	else if (err == -ENOSPC)
		snprintf(why, WHY_SIZE,
			 "cannot %s: no more are allowed here (see sysctl "
			 "user.max_net_namespaces)",
			 what);
	else if (err == -EOPNOTSUPP)
		snprintf(why, WHY_SIZE,
			 "cannot %s: this kernel has none (modprobe veth, if "
			 "it is a module)",
			 what);
	else
		snprintf(why, WHY_SIZE, "cannot %s: %s", what, strerror(-err));
	return err;
}

static int open_namespaces(struct null_bench *b)
{
	b->home = netns_current();
	if (b->home < 0)
		return b->home;
	b->near.netns = netns_new();
	if (b->near.netns < 0)
		return b->near.netns;
	b->far.netns = netns_new();
	if (b->far.netns < 0)
		return b->far.netns;
	return netns_enter(b->near.netns);
}

/* In the end's own namespace. Carrier comes with the second end. */
static int set_up_end(struct null_end *end)
{
	struct iface iface;
	int err = link_hush(end->name);

	if (!err)
		err = link_add_address(end->name, &end->prefix);
	if (!err)
		err = link_set_up(end->name, span_ns(0));
	if (err && err != -ETIMEDOUT)
		return err;
	err = iface_read(end->name, &iface);
	if (!err)
		memcpy(end->mac, iface.mac, sizeof(end->mac));
	return err;
}

static int introduce(const struct null_end *end, const struct null_end *other)
{
	int err = link_set_up(end->name, span_ns(CARRIER_PATIENCE_NS));

	return err ? err
		   : link_add_neighbour(end->name, &other->prefix.address,
					other->mac);
}

/* Ends in the near namespace. */
static int set_up_ends(struct null_bench *b)
{
	int err = set_up_end(&b->near);

	if (!err)
		err = netns_enter(b->far.netns);
	if (!err)
		err = set_up_end(&b->far);
	if (!err)
		err = introduce(&b->far, &b->near);
	if (!err)
		err = netns_enter(b->near.netns);
	if (!err)
		err = introduce(&b->near, &b->far);
	return err;
}

static int pass_all_load(void)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xrtt_pass", "GPL", pass, 2,
			       NULL);

	return fd < 0 ? -errno : fd;
}

static int open_reflector(struct null_bench *b, char *why)
{
	const struct prefix near = { b->near.prefix.address, 128 };
	const struct reflector_plan plan = {
		.ifname = FAR,
		.allow = &near,
		.allows = 1,
		.port = STAMP_PORT,
		.hook = RX_HOOK_AUTO,
	};
	int err = netns_enter(b->far.netns);

	if (err)
		return explain("enter a network namespace", err, why);
	b->reflector = reflector_open(&plan, why, &err);
	if (!b->reflector)
		return err;
	err = netns_enter(b->near.netns);
	return err ? explain("enter a network namespace", err, why) : 0;
}

/* The reflector takes XDP only where the other end has a program, and the
 * prober's comes later, so one stands in for it. Without native XDP there is
 * none to stand in for. */
static int start_reflector(struct null_bench *b, char *why)
{
	struct hook *hook = NULL;
	struct iface iface;
	int fd = pass_all_load();
	int err;

	if (fd < 0)
		return explain("load BPF programs", fd, why);
	err = iface_read(NEAR, &iface);
	if (err)
		explain("read a veth pair", err, why);
	else
		hook = hook_attach_xdp(&iface, fd, &err);
	if (*why)
		goto out;
	err = open_reflector(b, why);
out:
	/* Detached by link, wherever this thread is. */
	hook_detach(hook);
	close(fd);
	return err;
}

int null_bench_open(struct null_bench *b, char *why)
{
	int err;

	*b = (struct null_bench){
		.home = -1,
		.near = { .name = NEAR, .netns = -1 },
		.far = { .name = FAR, .netns = -1 },
	};
	prefix_parse(NEAR_ADDRESS, &b->near.prefix);
	prefix_parse(FAR_ADDRESS, &b->far.prefix);
	b->near.prefix.length = b->far.prefix.length = 96 + PREFIX_LENGTH;
	err = open_namespaces(b);
	if (err)
		return explain("make a private network namespace", err, why);
	err = veth_pair_create(NEAR, FAR, b->far.netns);
	if (err)
		return explain("make a veth pair", err, why);
	err = set_up_ends(b);
	if (err)
		return explain("set up a veth pair", err, why);
	return start_reflector(b, why);
}

struct plan null_bench_plan(const struct null_bench *b, span_t duration,
			    span_t interval)
{
	struct plan plan = {
		.target = b->far.name,
		.address = b->far.prefix.address,
		.ifname = b->near.name,
		.port = STAMP_PORT,
		.protocol = PROTOCOL_STAMP,
		.batch = 1,
		.duration = duration,
		.interval = interval,
		.timeout = { TIMEOUT_NS },
		.size = PACKET_PAYLOAD_MIN,
	};

	/* 2^52 keeps the seed whole in JSON. */
	if (getrandom(&plan.seed, sizeof(plan.seed), 0) > 0)
		plan.seed = (plan.seed >> 12) | 1;
	return plan;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void null_bench_close(struct null_bench *b)
{
	reflector_close(b->reflector);
	if (b->home >= 0)
		netns_enter(b->home);
	close_fd(b->home);
	close_fd(b->near.netns);
	close_fd(b->far.netns);
}
