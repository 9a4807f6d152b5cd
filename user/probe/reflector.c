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

#include "host/clsact.h"
#include "host/link.h"
#include "host/local.h"
#include "host/prepare.h"
#include "host/privilege.h"
#include "host/tai.h"
#include "host/tune.h"
#include "probe/reflect_local.h"
#include "reflector.skel.h"
#include "wire.h"

/* A source may run ahead of its rate by this much, as probes bunch. */
#define BURST_NS (20 * NSEC_PER_MSEC)
#define BURST_MIN_ANSWERS 64

#define CARRIER_PATIENCE_NS (10 * NSEC_PER_SEC)

struct reflector {
	struct reflector_bpf *bpf;
	struct iface iface;
	struct hook *hook;
	const char *why_not_xdp;
	struct fallbacks fallbacks;
	uint32_t has_tai;
	int clock_steps;
	char lost[2 * PREFLIGHT_TEXT + 4];
	struct prepare *prepare;
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
	config->has_tai = r->has_tai;
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
		r->hook = prepare_attach_xdp(r->prepare, bpf_program__fd(prog),
					     &err);
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
static const struct preflight_finding *lost_at_peer(const struct reflector *r)
{
	const struct preflight_finding *f =
		preflight_find(prepare_findings(r->prepare), "veth_peer");

	return f && r->iface.is_veth ? f : NULL;
}

static int start_some(struct reflector *r, const struct reflector_plan *plan)
{
	const struct preflight_finding *lost = lost_at_peer(r);
	int err = reflect_clock_choose(plan->clock, &r->has_tai,
				       &r->fallbacks.at[FALLBACK_CLOCK]);

	if (err)
		return err;
	err = -EOPNOTSUPP;
	if (plan->hook == RX_HOOK_TC)
		return start(r, plan, false);
	if (lost) {
		snprintf(r->lost, sizeof(r->lost), "%s%s%s", lost->text,
			 *lost->fix ? ": " : "", lost->fix);
		r->why_not_xdp = r->lost;
	} else {
		err = start(r, plan, true);
		if (!err || err == -EPERM || err == -EACCES)
			return err;
		r->why_not_xdp = prepare_findings(r->prepare)->why_not_xdp;
		stop(r);
	}
	return plan->hook == RX_HOOK_XDP ? err : start(r, plan, false);
}

static void note_fallbacks(struct reflector *r)
{
	const char *how = hook_how(r->hook), *why = hook_why(r->hook);
	struct fallback *at = r->fallbacks.at;

	if (r->why_not_xdp)
		fallback_set(&at[FALLBACK_RX], "native XDP", how,
			     r->why_not_xdp);
	if (why)
		fallback_set(&at[FALLBACK_TX], "tcx", how, why);
}

static void explain(const struct reflector *r,
		    const struct reflector_plan *plan, int err, char *why)
{
	if (err == -EPERM || err == -EACCES || err == -E2BIG)
		snprintf(why, WHY_SIZE, "cannot load BPF programs: %s",
			 privilege_to_load(err));
	else if (plan->clock == REFLECT_CLOCK_TAI && !r->has_tai)
		snprintf(why, WHY_SIZE,
			 "this kernel has no bpf_ktime_get_tai_ns (Linux 6.1 "
			 "has); --clock auto takes MONOTONIC + offset instead");
	else if (plan->hook == RX_HOOK_XDP && r->why_not_xdp)
		snprintf(
			why, WHY_SIZE,
			"no native XDP on %s: %s; --hook auto takes TC instead",
			plan->ifname, r->why_not_xdp);
	else
		snprintf(why, WHY_SIZE, "cannot load or attach to %s: %s",
			 plan->ifname,
			 hook_tc_refusal(&r->iface, plan->tc, err));
}

/* Before anything is attached: what dead runs left, and what is in the way. */
static int look(struct reflector *r, const struct reflector_plan *plan)
{
	static const struct tune_sink nobody;
	const struct prepare_request request = {
		.iface = &r->iface,
		.wanted = plan->hook == RX_HOOK_TC ? 0 : PREFLIGHT_REFLECT,
		.may_change = plan->prepare,
		.sink = plan->sink ? plan->sink : &nobody,
	};
	int err;

	tune_sweep(request.sink);
	clsact_sweep(r->iface.index);
	r->prepare = prepare_open(&request, &err);
	return r->prepare ? 0 : err;
}

static void await_carrier(const struct reflector *r,
			  const struct reflector_plan *plan)
{
	static const struct tune_sink nobody;
	span_t away;

	if (r->iface.has_carrier)
		link_await_carrier(&r->iface, span_ns(CARRIER_PATIENCE_NS),
				   plan->sink ? plan->sink : &nobody,
				   plan->stop_fd, &away);
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
	r->clock_steps = tai_steps_open();
	*err = iface_read(plan->ifname, &r->iface);
	if (*err)
		snprintf(why, WHY_SIZE,
			 "no interface %s: %s (ip link shows what there is)",
			 plan->ifname, strerror(-*err));
	else
		*err = take_ports(r, plan, why);
	if (!*err)
		r->watch = local_watch_open(err);
	if (!*err)
		*err = look(r, plan);
	if (!*err)
		*err = start_some(r, plan);
	if (!*err) {
		note_fallbacks(r);
		await_carrier(r, plan);
		return r;
	}
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
	prepare_close(r->prepare);
	local_watch_close(r->watch);
	if (r->clock_steps >= 0)
		close(r->clock_steps);
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

const struct fallbacks *reflector_fallbacks(const struct reflector *r)
{
	return &r->fallbacks;
}

bool reflector_has_tai(const struct reflector *r)
{
	return r->has_tai;
}

int reflector_clock_fd(const struct reflector *r)
{
	return r->clock_steps;
}

const struct preflight *reflector_preflight(const struct reflector *r)
{
	return prepare_findings(r->prepare);
}

int reflector_fd(const struct reflector *r)
{
	return local_watch_fd(r->watch);
}

int reflector_refresh(struct reflector *r)
{
	tai_steps_take(r->clock_steps);
	reflect_clock_refresh(&r->bpf->bss->clock_known, r->has_tai);
	local_watch_drain(r->watch);
	return reflect_local_refresh(bpf_map__fd(r->bpf->maps.local));
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
