// SPDX-License-Identifier: GPL-2.0-only
#include "probe/reflector.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/clsact.h"
#include "host/local.h"
#include "model/stamptime.h"
#include "reflector.skel.h"
#include "wire.h"

/* A source may run ahead of its rate by this much, as probes bunch. */
#define BURST_NS (20 * NSEC_PER_MSEC)
#define BURST_MIN_ANSWERS 64

struct reflector {
	struct reflector_bpf *bpf;
	struct iface iface;
	struct hook *hook;
	const char *why_not_xdp;
	struct local_watch *watch;
	int sockets[2];
};

/* The port is ours, and what comes to it is dropped without a word. */
static int take_port(const struct reflector_plan *plan, int family)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { .len = 1, .filter = &drop };
	struct address any = { .family = family };
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, one = 1, err = 0;

	if (family == AF_INET)
		address_set(&any, family, &(uint32_t){ INADDR_ANY });
	len = address_to_sockaddr(&any, plan->port, &ss);
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno == EAFNOSUPPORT ? -1 : -errno;
	if ((family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one))) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, plan->ifname,
		       strlen(plan->ifname) + 1) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)) ||
	    bind(fd, (struct sockaddr *)&ss, len))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int take_ports(struct reflector *r, const struct reflector_plan *plan,
		      char *why)
{
	static const int families[2] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		r->sockets[i] = take_port(plan, families[i]);
		if (r->sockets[i] >= -1)
			continue;
		if (r->sockets[i] == -EADDRINUSE)
			snprintf(why, WHY_SIZE,
				 "UDP port %u on %s is in use (ss -ulnp shows "
				 "by whom); choose another with -p",
				 plan->port, plan->ifname);
		else if (r->sockets[i] == -EACCES)
			snprintf(
				why, WHY_SIZE,
				"cannot take UDP port %u: below 1024 that "
				"needs CAP_NET_BIND_SERVICE (run it with sudo, "
				"or choose another with -p)",
				plan->port);
		else
			snprintf(why, WHY_SIZE, "cannot take UDP port %u: %s",
				 plan->port, strerror(-r->sockets[i]));
		return r->sockets[i];
	}
	return 0;
}

static void configure(struct reflector *r, const struct reflector_plan *plan,
		      bool xdp)
{
	volatile struct reflector_config *config =
		(void *)&r->bpf->rodata->config;

	config->port = htons(plan->port);
	config->link_header = r->iface.link_header;
	config->has_tai =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP,
					BPF_FUNC_ktime_get_tai_ns, NULL) == 1;
	config->token_ns = plan->rate ? NSEC_PER_SEC / plan->rate : 0;
	config->burst_ns = BURST_NS;
	if (config->burst_ns < BURST_MIN_ANSWERS * config->token_ns)
		config->burst_ns = BURST_MIN_ANSWERS * config->token_ns;
	bpf_program__set_autoload(r->bpf->progs.xrtt_reflect_xdp, xdp);
	bpf_program__set_autoload(r->bpf->progs.xrtt_reflect_tc, !xdp);
}

static int admit(struct reflector *r, const struct reflector_plan *plan)
{
	uint32_t yes = 1;

	for (size_t i = 0; i < plan->allows; i++) {
		struct door_prefix key = { .length = plan->allow[i].length };

		memcpy(key.address, plan->allow[i].address.octets,
		       sizeof(key.address));
		if (bpf_map_update_elem(bpf_map__fd(r->bpf->maps.allow), &key,
					&yes, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int start(struct reflector *r, const struct reflector_plan *plan,
		 bool xdp)
{
	struct bpf_program *prog;
	int err;

	r->bpf = reflector_bpf__open();
	if (!r->bpf)
		return -errno;
	configure(r, plan, xdp);
	err = reflector_bpf__load(r->bpf);
	if (!err)
		err = admit(r, plan);
	if (!err)
		err = reflector_refresh(r);
	if (err)
		return err;
	prog = xdp ? r->bpf->progs.xrtt_reflect_xdp
		   : r->bpf->progs.xrtt_reflect_tc;
	if (xdp)
		r->hook =
			hook_attach_xdp(&r->iface, bpf_program__fd(prog), &err);
	else
		r->hook = hook_attach_tc(&r->iface, bpf_program__fd(prog),
					 false, plan->tc, &err);
	return err;
}

static void stop(struct reflector *r)
{
	hook_detach(r->hook);
	r->hook = NULL;
	reflector_bpf__destroy(r->bpf);
	r->bpf = NULL;
}

/* A frame sent by XDP_TX is silently lost if the veth's other end runs no XDP
 * program of its own. */
static bool veth_would_lose(const struct iface *iface)
{
	return iface->is_veth && !(iface->peer_known && iface->peer_has_xdp);
}

static const char veth_refusal[] =
	"the veth's other end has no XDP program, so XDP_TX would lose every "
	"answer (attach a pass-all one there)";

static int start_some(struct reflector *r, const struct reflector_plan *plan)
{
	int err = -EOPNOTSUPP;

	if (plan->hook == RX_HOOK_TC)
		return start(r, plan, false);
	if (veth_would_lose(&r->iface)) {
		r->why_not_xdp = veth_refusal;
	} else {
		err = start(r, plan, true);
		if (!err || err == -EPERM || err == -EACCES)
			return err;
		r->why_not_xdp = hook_xdp_refusal(&r->iface, err);
		stop(r);
	}
	return plan->hook == RX_HOOK_XDP ? err : start(r, plan, false);
}

static void explain(const struct reflector *r,
		    const struct reflector_plan *plan, int err, char *why)
{
	if (err == -EPERM || err == -EACCES)
		snprintf(why, WHY_SIZE,
			 "cannot load BPF programs: needs CAP_BPF and "
			 "CAP_NET_ADMIN (run it with sudo)");
	else if (plan->hook == RX_HOOK_XDP && r->why_not_xdp)
		snprintf(
			why, WHY_SIZE,
			"no native XDP on %s: %s; --hook auto takes TC instead",
			plan->ifname, r->why_not_xdp);
	else
		snprintf(why, WHY_SIZE, "cannot load or attach to %s: %s",
			 plan->ifname, strerror(-err));
}

struct reflector *reflector_open(const struct reflector_plan *plan, char *why,
				 int *err)
{
	struct reflector *r = calloc(1, sizeof(*r));

	*why = '\0';
	if (!r) {
		*err = -ENOMEM;
		snprintf(why, WHY_SIZE, "out of memory");
		return NULL;
	}
	r->sockets[0] = r->sockets[1] = -1;
	*err = iface_read(plan->ifname, &r->iface);
	if (*err)
		snprintf(why, WHY_SIZE,
			 "no interface %s: %s (ip link shows what there is)",
			 plan->ifname, strerror(-*err));
	else
		*err = take_ports(r, plan, why);
	if (!*err) {
		r->watch = local_watch_open(err);
		clsact_sweep(r->iface.index);
	}
	if (!*err)
		*err = start_some(r, plan);
	if (!*err)
		return r;
	if (!*why)
		explain(r, plan, *err, why);
	reflector_close(r);
	return NULL;
}

void reflector_close(struct reflector *r)
{
	if (!r)
		return;
	stop(r);
	local_watch_close(r->watch);
	for (int i = 0; i < 2; i++) {
		if (r->sockets[i] >= 0)
			close(r->sockets[i]);
	}
	free(r);
}

const char *reflector_how(const struct reflector *r)
{
	return hook_how(r->hook);
}

const char *reflector_why_not_xdp(const struct reflector *r)
{
	return r->why_not_xdp;
}

int reflector_fd(const struct reflector *r)
{
	return local_watch_fd(r->watch);
}

/* The value of each entry is the round in which the address was last seen. */
struct refresh {
	int map;
	uint32_t round;
	int err;
};

static void take_address(void *data, const struct address *a)
{
	struct refresh *refresh = data;

	if (bpf_map_update_elem(refresh->map, a->octets, &refresh->round,
				BPF_ANY))
		refresh->err = -errno;
}

static void forget_others(const struct refresh *refresh)
{
	struct door_address key, next;
	bool more = !bpf_map_get_next_key(refresh->map, NULL, &next);
	uint32_t round;

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(refresh->map, &key, &next);
		if (!bpf_map_lookup_elem(refresh->map, &key, &round) &&
		    round != refresh->round)
			bpf_map_delete_elem(refresh->map, &key);
	}
}

int reflector_refresh(struct reflector *r)
{
	static uint32_t round;
	struct refresh refresh = {
		.map = bpf_map__fd(r->bpf->maps.local),
		.round = ++round,
	};
	bool synchronised;
	int64_t error_ns = clock_error_ns(&synchronised);
	int err;

	r->bpf->bss->clock_known.error =
		stamptime_encode_error(span_ns(error_ns)) | STAMP_ERROR_PTP |
		(synchronised ? STAMP_ERROR_SYNC : 0);
	r->bpf->bss->clock_known.tai_offset_ns = tai_offset_ns();
	local_watch_drain(r->watch);
	err = local_list(take_address, &refresh);
	if (!err)
		err = refresh.err;
	if (!err)
		forget_others(&refresh);
	return err;
}

void reflector_count(const struct reflector *r, uint64_t count[DOOR_COUNTERS])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t values[cpus > 0 ? cpus : 1];

	for (uint32_t key = 0; key < DOOR_COUNTERS; key++) {
		count[key] = 0;
		if (cpus < 1 ||
		    bpf_map_lookup_elem(bpf_map__fd(r->bpf->maps.counters),
					&key, values))
			continue;
		for (int i = 0; i < cpus; i++)
			count[key] += values[i];
	}
}
