// SPDX-License-Identifier: GPL-2.0-only
/* Everything before the first probe of a path, and after the last. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/mtu.h"
#include "probe/path_run.h"

#define SLOTS_MIN 1024
#define SLOTS_MAX (1 << 15) /* half of the tags */

/* A probe is watched for two timeouts, then its slot rests. */
static unsigned int slots_needed(const struct path_plan *plan)
{
	int64_t watch = 2 * plan->base.timeout.ns + 10 * SLOT_QUIET_NS;
	int64_t want =
		(plan->max_hop + 1) * (watch / plan->base.interval.ns + 2);
	unsigned int slots = SLOTS_MIN;

	while (slots < want && slots < SLOTS_MAX)
		slots *= 2;
	return slots;
}

/* ---- sockets --------------------------------------------------------------*/

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno
								    : 0;
}

/* What the interface takes may leave: what is known of the path is what is to
 * be found out. */
static int open_raw(struct path_run *r)
{
	const struct plan *plan = &r->plan->base;
	bool is_ip4 = plan->address.family == AF_INET;
	int level = is_ip4 ? IPPROTO_IP : IPPROTO_IPV6;
	uint32_t index = r->base.iface.index;
	int fd = socket(plan->address.family,
			SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	int err = fd < 0 ? -errno : 0;

	r->raw = fd;
	if (!err)
		err = set_int(fd, level,
			      is_ip4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
			      is_ip4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE);
	if (!err && plan->ifname &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, plan->ifname,
		       strlen(plan->ifname) + 1))
		err = -errno;
	/* A bound device says it already, and the kernel refuses both. */
	if (!err && !plan->ifname)
		err = set_int(fd, level,
			      is_ip4 ? IP_UNICAST_IF : IPV6_UNICAST_IF,
			      htonl(index));
	return err;
}

/* Keeps answers from anybody's socket, and this host from saying that nobody
 * listens there. */
static int drop_all(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter))
		       ? -errno
		       : 0;
}

/* A port that is ours for as long as its socket is open. */
static int reserve_port(struct path_run *r, unsigned int flow)
{
	const struct plan *plan = &r->plan->base;
	uint16_t wanted = plan->source_port ? plan->source_port + flow : 0;
	struct sockaddr_storage ss;
	socklen_t length =
		address_to_sockaddr(&r->base.route.source, wanted, &ss);
	int fd = socket(plan->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	r->reserved[flow] = fd;
	err = drop_all(fd);
	if (err)
		return err;
	if (bind(fd, (struct sockaddr *)&ss, length))
		return -errno;
	length = address_to_sockaddr(&plan->address, plan->port, &ss);
	if (connect(fd, (struct sockaddr *)&ss, length))
		return -errno;
	length = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &length))
		return -errno;
	/* The port is at the same place in both families. */
	r->wire[flow].local_port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return 0;
}

/* ---- flows ----------------------------------------------------------------*/

static uint32_t random_bits(uint32_t mask)
{
	uint32_t bits = 0;

	while (!(bits & mask) || (bits & mask) == 0xffff) {
		if (getrandom(&bits, sizeof(bits), 0) < 0)
			bits = mask >> 1;
	}
	return bits & mask;
}

/* Identifiers must differ, as they are what flows are told apart by. */
static uint16_t new_identifier(const struct path_run *r, unsigned int flow)
{
	unsigned int i;
	uint16_t id;

	do {
		id = random_bits(0xffff);
		for (i = 0; i < flow && r->wire[i].local_port != id; i++)
			;
	} while (i < flow);
	return id;
}

static int describe(struct path_run *r, unsigned int flow, bool is_icmp)
{
	const struct plan *plan = &r->plan->base;
	struct path_wire *w = &r->wire[flow];
	struct session session = {};

	w->source = r->base.route.source;
	w->target = plan->address;
	w->is_icmp = is_icmp;
	w->remote_port = is_icmp ? 0 : plan->port;
	w->dscp = plan->dscp;
	w->ssid = random_bits(0xffff);
	w->checksum = random_bits(0xffff);
	w->flow_label = random_bits(0xfffff);
	if (is_icmp)
		w->local_port = new_identifier(r, flow);
	memcpy(session.remote, plan->address.octets, sizeof(session.remote));
	session.local_port = htons(w->local_port);
	session.remote_port = htons(w->remote_port);
	session.protocol = IPPROTO_UDP;
	if (is_icmp)
		session.protocol = plan->address.family == AF_INET
					   ? IPPROTO_ICMP
					   : IPPROTO_ICMPV6;
	return path_hooks_set_flow(r->hooks, flow, &session);
}

static enum session_end open_flow(struct path_run *r, unsigned int flow,
				  char *why)
{
	bool is_icmp = r->plan->base.protocol == PROTOCOL_ICMP;
	int err = is_icmp ? 0 : reserve_port(r, flow);

	if (!err)
		err = describe(r, flow, is_icmp);
	if (!err)
		return SESSION_MEASURED;
	if (err == -EADDRINUSE)
		snprintf(why, WHY_SIZE,
			 "UDP port %u is in use; leave out --source-port or "
			 "choose another",
			 r->plan->base.source_port + flow);
	else
		snprintf(why, WHY_SIZE, "cannot set up flow %u to %s: %s",
			 flow + 1, r->plan->base.target, strerror(-err));
	return SESSION_CANNOT;
}

/* ---- all of it ------------------------------------------------------------*/

static void look_at_mtu(struct path_run *r)
{
	bool is_ip4 = r->plan->base.address.family == AF_INET;
	socklen_t size = sizeof(int);
	uint64_t ip6;
	int mtu;

	r->mtu.interface = r->base.iface.mtu;
	if (!is_ip4 && !mtu_read_ip6(r->base.iface.name, &ip6) &&
	    ip6 < r->mtu.interface)
		r->mtu.interface = ip6;
	if (r->mtu.interface > PATH_PACKET_MOST)
		r->mtu.interface = PATH_PACKET_MOST;
	if (r->reserved[0] > 0 &&
	    !getsockopt(r->reserved[0], is_ip4 ? IPPROTO_IP : IPPROTO_IPV6,
			is_ip4 ? IP_MTU : IPV6_MTU, &mtu, &size))
		r->mtu.kernel = mtu;
}

static enum session_end open_window(struct path_run *r, char *why)
{
	unsigned int slots = slots_needed(r->plan);
	enum session_end end;
	int err;

	r->hooks = path_hooks_open(&r->base, slots, why, &err);
	if (!r->hooks)
		return SESSION_CANNOT;
	end = run_await_carrier(&r->base, why);
	if (end)
		return end;
	r->mask = slots - 1;
	r->pending = calloc(slots, sizeof(*r->pending));
	r->tally = path_tally_create(r->plan->flows, r->plan->max_hop);
	if (r->pending && r->tally)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE, "out of memory");
	return SESSION_CANNOT;
}

static enum session_end open_sockets(struct path_run *r, char *why)
{
	enum session_end end = SESSION_MEASURED;
	int err = open_raw(r);

	if (err) {
		snprintf(why, WHY_SIZE, "cannot open a raw socket on %s: %s%s",
			 r->base.iface.name, strerror(-err),
			 err == -EPERM ? " (it takes CAP_NET_RAW)" : "");
		return SESSION_CANNOT;
	}
	for (unsigned int f = 0; !end && f < r->plan->flows; f++)
		end = open_flow(r, f, why);
	if (!end && describe(r, r->plan->flows, true)) {
		snprintf(why, WHY_SIZE, "cannot set up the echoes");
		end = SESSION_CANNOT;
	}
	return end;
}

enum session_end path_setup(struct path_run *r, char *why)
{
	enum session_end end = run_open_events(&r->base, why);

	if (!end)
		end = run_find_interface(&r->base, why);
	if (!end)
		end = run_find_neighbour(&r->base, why);
	if (!end)
		end = run_preflight(&r->base, why);
	if (!end)
		end = open_window(r, why);
	if (!end)
		end = open_sockets(r, why);
	if (!end)
		look_at_mtu(r);
	return end;
}

void path_teardown(struct path_run *r)
{
	for (unsigned int f = 0; f < r->plan->flows; f++) {
		if (r->reserved[f] > 0)
			close(r->reserved[f]);
	}
	if (r->raw >= 0)
		close(r->raw);
	path_hooks_close(r->hooks);
	path_tally_destroy(r->tally);
	free(r->pending);
	free(r->lateness.ns);
	hop_release(&r->hop);
	free(r->base.null);
	prepare_close(r->base.prepare);
	run_close_events(&r->base);
}
