// SPDX-License-Identifier: GPL-2.0-only
/* Everything before the first packet, and everything after the last. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "model/account.h"
#include "probe/run.h"

#define NEIGHBOUR_PATIENCE_NS (3 * NSEC_PER_SEC)

enum session_end run_find_interface(struct run *r, char *why)
{
	const struct plan *plan = r->plan;
	char text[ADDRESS_TEXT];
	int err;

	if (plan->ifname && (err = iface_read(plan->ifname, &r->iface))) {
		snprintf(why, WHY_SIZE,
			 "no interface %s: %s (ip link shows what there is)",
			 plan->ifname, strerror(-err));
		return SESSION_BAD_ARGUMENT;
	}
	address_format(&plan->address, text);
	err = route_lookup(&plan->address,
			   plan->source.family ? &plan->source : NULL,
			   r->iface.index, &r->route);
	if (err && (!plan->ifname || r->iface.is_up)) {
		snprintf(why, WHY_SIZE,
			 "no route to %s%s%s: %s (see ip route get %s; are -I "
			 "and -S right?)",
			 text, plan->ifname ? " over " : "",
			 plan->ifname ? plan->ifname : "", strerror(-err),
			 text);
		return SESSION_CANNOT;
	}
	if (!plan->ifname)
		err = iface_read_index(r->route.ifindex, &r->iface);
	if (err || !r->iface.is_up) {
		snprintf(why, WHY_SIZE, "interface %s is down", r->iface.name);
		return SESSION_CANNOT;
	}
	/* What a link-local address means. */
	r->route.source.scope = r->iface.index;
	r->wire = r->iface;
	if (r->iface.vlan && iface_read_index(r->iface.lower, &r->wire))
		r->wire = r->iface;
	return SESSION_MEASURED;
}

static enum session_end check_size(struct run *r, char *why)
{
	unsigned int headers = r->plan->address.family == AF_INET ? 28 : 48;

	if (r->plan->size + headers <= r->iface.mtu)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE,
		 "--size %u does not fit the MTU of %s (%u): at most %u",
		 r->plan->size, r->iface.name, r->iface.mtu,
		 r->iface.mtu - headers);
	return SESSION_BAD_ARGUMENT;
}

enum session_end run_find_neighbour(struct run *r, char *why)
{
	char text[ADDRESS_TEXT];
	int err;

	if (r->route.is_local || !r->iface.link_header)
		return SESSION_MEASURED;
	err = neighbour_resolve(r->iface.index, &r->route.next_hop,
				span_ns(NEIGHBOUR_PATIENCE_NS), r->stop,
				r->next_hop_mac);
	if (!err)
		return SESSION_MEASURED;
	address_format(&r->route.next_hop, text);
	if (err == -EINTR) {
		r->interrupted = true;
		snprintf(why, WHY_SIZE,
			 "interrupted before anybody answered for %s on %s "
			 "(ARP, ND)",
			 text, r->iface.name);
		return SESSION_SILENT;
	}
	if (err != -EHOSTUNREACH) {
		snprintf(why, WHY_SIZE, "cannot resolve neighbour %s: %s", text,
			 strerror(-err));
		return SESSION_CANNOT;
	}
	snprintf(why, WHY_SIZE,
		 "nobody answers for %s on %s (ARP, ND): is it up, and on that "
		 "link?",
		 text, r->iface.name);
	return SESSION_SILENT;
}

static enum session_end open_prober(struct run *r, uint32_t slots, char *why)
{
	struct prober_shape shape = {
		.iface = &r->wire,
		.prepare = r->prepare,
		.rx_hook = r->plan->rx_hook,
		.tc = r->plan->tc,
		.flows = r->flows,
		.slots = slots,
		.is_tcp = r->plan->protocol == PROTOCOL_TCP,
		.is_vlan = r->wire.index != r->iface.index,
		.hw_stamps = hwrx_wants_program(r),
	};
	int err;

	r->prober = prober_open(&shape, why, &err);
	if (!r->prober)
		return SESSION_CANNOT;
	prober_hooks(r->prober, &r->hooks);
	for (int i = 0; i < ENGINES; i++)
		r->rules[i] = (struct outcome_rules){
			.ends.tx =
				i == ENGINE_BYPASS ? STAMP_DRV_TX : r->hooks.tx,
			.ends.rx = r->hooks.rx,
			.ends.remote_inside =
				r->plan->protocol != PROTOCOL_STAMP,
			.timeout = r->plan->timeout,
			.rx_at_tc = r->hooks.rx == STAMP_TC_RX,
		};
	return run_await_carrier(r, why);
}

static int add_fd(struct run *r, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	if (fd < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	return 0;
}

enum session_end run_open_events(struct run *r, char *why)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	r->stop = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	r->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	err = r->epoll < 0 || r->stop < 0 ? -errno
					  : add_fd(r, r->timer, RUN_TIMER);
	if (!err)
		err = add_fd(r, r->signals, RUN_SIGNALS);
	if (!err)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE, "cannot wait for events: %s", strerror(-err));
	return SESSION_CANNOT;
}

/* Before anything is attached, as it may restart the queues. */
static enum session_end open_tune(struct run *r, char *why)
{
	static const struct tune_sink nobody;
	const struct tune_sink *sink = r->plan->sink ? r->plan->sink : &nobody;
	int err;

	tune_sweep(sink);
	moderation_read(&r->wire, &r->moderation_found);
	if (!r->plan->tune && !r->plan->busy_poll)
		return SESSION_MEASURED;
	r->tune = tune_open(&r->wire, sink, &err);
	if (!r->tune) {
		snprintf(why, WHY_SIZE, "cannot tune %s: %s", r->wire.name,
			 strerror(-err));
		return SESSION_CANNOT;
	}
	if (r->plan->tune) {
		tune_moderation(r->tune);
		tune_cpu_latency(r->tune);
	}
	return SESSION_MEASURED;
}

/* Before anything is attached too: it restarts the NIC. */
static enum session_end open_hw(struct run *r, char *why)
{
	enum session_end end = hwrx_open(r, why);

	return end || !r->hw ? end : run_await_carrier(r, why);
}

void run_poll_busily(struct run *r)
{
	cpu_set_t ours;

	/* Whoever connects waits for the set of sockets, not for one. */
	if (!r->tune || r->plan->protocol == PROTOCOL_TCP)
		return;
	/* On the CPU that the bypass engine spins on, nobody else may. */
	if (r->bypass && (sched_getaffinity(0, sizeof(ours), &ours) ||
			  (r->cpu >= 0 && CPU_ISSET(r->cpu, &ours))))
		return;
	for (unsigned int i = 0; i < r->flows; i++)
		tune_busy_poll(r->tune, r->flow[i].channel.fd);
	r->polls = true;
}

bool run_is_polled(const struct run *r)
{
	for (unsigned int i = 0; i < r->flows; i++) {
		unsigned int napi = 0;
		socklen_t size = sizeof(napi);

		if (getsockopt(r->flow[i].channel.fd, SOL_SOCKET,
			       SO_INCOMING_NAPI_ID, &napi, &size) ||
		    !napi)
			return false;
	}
	return r->polls;
}

enum session_end run_setup(struct run *r, char *why)
{
	uint32_t slots = flows_slots(r->plan);
	enum session_end end;

	end = run_open_events(r, why);
	if (!end)
		end = run_find_interface(r, why);
	if (!end)
		end = check_size(r, why);
	if (!end)
		end = run_find_neighbour(r, why);
	if (!end)
		end = open_tune(r, why);
	if (!end)
		end = run_preflight(r, why);
	if (!end)
		end = open_hw(r, why);
	if (!end)
		end = open_prober(r, slots, why);
	if (!end)
		end = check_size(r, why);
	if (!end)
		end = flows_open(r, slots, why);
	if (!end && r->plan->engine_auto)
		engine_choose(r, slots);
	if (!end && run_uses(r, ENGINE_BYPASS))
		end = bypass_setup(r, slots, why);
	if (!end)
		run_poll_busily(r);
	return end;
}

static void close_fd(int fd)
{
	if (fd > 0)
		close(fd);
}

void run_close_events(struct run *r)
{
	close_fd(r->epoll);
	close_fd(r->timer);
	close_fd(r->signals);
	close_fd(r->stop);
}

void run_teardown(struct run *r)
{
	flows_close(r);
	bypass_close(r->bypass);
	if (CPU_COUNT(&r->allowed))
		sched_setaffinity(0, sizeof(r->allowed), &r->allowed);
	close_fd(r->txcount);
	prober_close(r->prober);
	tracks_destroy(r->tracks);
	for (int i = 0; i < ENGINES; i++)
		collector_destroy(r->collector[i]);
	account_destroy(r->total);
	free(r->null);
	uncertainty_release(r);
	hwrx_close(r);
	prepare_close(r->prepare);
	tune_close(r->tune);
	run_close_events(r);
}
