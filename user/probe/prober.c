// SPDX-License-Identifier: GPL-2.0-only
#include "probe/prober.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host/clsact.h"
#include "host/privilege.h"
#include "probe/hwprog.h"
#include "prober.skel.h"

/* Each record in the ring buffer has a header of eight octets. */
#define RECORD_BYTES (sizeof(struct slot) + 8)
#define RING_MIN (64 * 1024)
#define RING_MAX (16 * 1024 * 1024)

struct prober {
	struct prober_bpf *bpf;
	struct slot *slots;
	size_t slots_size;
	unsigned int slots_each;
	uint64_t *riders;
	struct ring_buffer *ring;
	struct hook *tc_egress;
	struct hook *tc_ingress;
	struct hook *xdp;
	struct hwprog *hw; /* in its place */
	const char *hw_why;
	char hw_refusal[WHY_SIZE]; /* asked again, who refused forgets it */
	const char *rx_why;
	void (*each)(void *data, const struct slot *record);
	void *data;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct prober *p = ctx;

	(void)size;
	p->each(p->data, data);
	return 0;
}

static unsigned int ring_size(unsigned int slots)
{
	size_t size = RING_MIN;

	while (size < slots * RECORD_BYTES && size < RING_MAX)
		size *= 2;
	return size;
}

static int prober_load(struct prober *p, const struct prober_shape *shape,
		       bool rx_at_tc)
{
	unsigned int all = shape->flows * shape->slots;
	struct prober_bpf *bpf = prober_bpf__open();
	int err;

	if (!bpf)
		return -errno;
	p->bpf = bpf;
	bpf->rodata->config.link_header = shape->iface->link_header;
	bpf->rodata->config.rx_at_tc = rx_at_tc;
	bpf->rodata->config.is_tcp = shape->is_tcp;
	bpf->rodata->config.is_vlan = shape->is_vlan;
	bpf_program__set_autoload(bpf->progs.xrtt_xdp_rx, !rx_at_tc);
	err = bpf_map__set_max_entries(bpf->maps.sessions, shape->flows);
	if (!err && shape->is_tcp)
		err = bpf_map__set_max_entries(bpf->maps.riders, PORTS_MAX);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.slots, all);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.records,
					       ring_size(all));
	if (err)
		return err;
	return prober_bpf__load(bpf);
}

static void prober_unload(struct prober *p)
{
	hook_detach(p->xdp);
	hook_detach(p->tc_ingress);
	hook_detach(p->tc_egress);
	p->xdp = p->tc_ingress = p->tc_egress = NULL;
	hwprog_close(p->hw);
	p->hw = NULL;
	prober_bpf__destroy(p->bpf);
	p->bpf = NULL;
}

static struct hook *attach_xdp(const struct prober_shape *shape, int prog_fd,
			       int *err)
{
	return shape->prepare ? prepare_attach_xdp(shape->prepare, prog_fd, err)
			      : hook_attach_xdp(shape->iface, prog_fd, err);
}

static const char *xdp_refusal(const struct prober_shape *shape, int err)
{
	return shape->prepare ? prepare_findings(shape->prepare)->why_not_xdp
			      : strerror(-err);
}

static void prober_load_hw(struct prober *p, const struct prober_shape *shape)
{
	const struct prober_bpf *bpf = p->bpf;
	const struct hwprog_maps maps = {
		.ports = bpf_map__fd(bpf->maps.ports),
		.sessions = bpf_map__fd(bpf->maps.sessions),
		.slots = bpf_map__fd(bpf->maps.slots),
		.records = bpf_map__fd(bpf->maps.records),
		.counters = bpf_map__fd(bpf->maps.counters),
	};

	if (shape->hw_stamps)
		p->hw = hwprog_open(shape->iface, &maps, &p->hw_why);
}

/* A driver that takes a program may still refuse one that is bound to it. */
static struct hook *
prober_attach_xdp(struct prober *p, const struct prober_shape *shape, int *err)
{
	struct hook *hook;

	if (p->hw) {
		hook = attach_xdp(shape, hwprog_fd(p->hw), err);
		if (hook)
			return hook;
		snprintf(p->hw_refusal, sizeof(p->hw_refusal), "%s",
			 xdp_refusal(shape, *err));
		p->hw_why = p->hw_refusal;
		hwprog_close(p->hw);
		p->hw = NULL;
	}
	return attach_xdp(shape, bpf_program__fd(p->bpf->progs.xrtt_xdp_rx),
			  err);
}

static int prober_attach(struct prober *p, const struct prober_shape *shape,
			 bool rx_at_tc)
{
	const struct iface *iface = shape->iface;
	struct prober_bpf *bpf = p->bpf;
	int err;

	if (!rx_at_tc) {
		prober_load_hw(p, shape);
		p->xdp = prober_attach_xdp(p, shape, &err);
		if (!p->xdp)
			return err;
	}
	p->tc_ingress =
		hook_attach_tc(iface,
			       bpf_program__fd(bpf->progs.xrtt_tc_ingress),
			       false, shape->tc, &err);
	if (!p->tc_ingress)
		return err;
	p->tc_egress =
		hook_attach_tc(iface,
			       bpf_program__fd(bpf->progs.xrtt_tc_egress), true,
			       shape->tc, &err);
	return p->tc_egress ? 0 : err;
}

static int prober_map(struct prober *p, const struct prober_shape *shape)
{
	struct prober_bpf *bpf = p->bpf;
	void *slots;

	p->slots_each = shape->slots;
	p->slots_size = sizeof(struct slot) * shape->slots * shape->flows;
	slots = mmap(NULL, p->slots_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(bpf->maps.slots), 0);
	if (slots == MAP_FAILED)
		return -errno;
	p->slots = slots;
	p->ring = ring_buffer__new(bpf_map__fd(bpf->maps.records), on_record, p,
				   NULL);
	return p->ring ? 0 : -errno;
}

/* What stops us, for the one line that the user sees. */
static void explain(char *why, const struct prober_shape *shape,
		    const struct prober *p, int err)
{
	const char *name = shape->iface->name;

	if (err == -EPERM || err == -EACCES || err == -E2BIG)
		snprintf(why, WHY_SIZE, "cannot load BPF programs: %s",
			 privilege_to_load(err));
	else if (!p->bpf || !p->bpf->obj)
		snprintf(why, WHY_SIZE, "cannot open the BPF object: %s",
			 strerror(-err));
	else if (shape->rx_hook == RX_HOOK_XDP && !p->xdp)
		snprintf(why, WHY_SIZE,
			 "no native XDP on %s: %s; --rx-hook auto "
			 "takes TC ingress instead",
			 name, xdp_refusal(shape, err));
	else
		snprintf(why, WHY_SIZE, "cannot load or attach to %s: %s", name,
			 hook_tc_refusal(shape->iface, shape->tc, err));
}

/* XDP where it is to be had; what the programs do differs, so falling back
 * means loading them again. */
static int prober_start(struct prober *p, const struct prober_shape *shape)
{
	bool rx_at_tc = shape->rx_hook == RX_HOOK_TC;
	int err;

	err = prober_load(p, shape, rx_at_tc);
	if (!err)
		err = prober_attach(p, shape, rx_at_tc);
	if (!err || rx_at_tc || p->xdp || shape->rx_hook != RX_HOOK_AUTO ||
	    err == -EPERM || err == -EACCES)
		return err;
	p->rx_why = xdp_refusal(shape, err);
	prober_unload(p);
	err = prober_load(p, shape, true);
	return err ? err : prober_attach(p, shape, true);
}

struct prober *prober_open(const struct prober_shape *shape, char *why,
			   int *err)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p) {
		*err = -ENOMEM;
		snprintf(why, WHY_SIZE, "out of memory");
		return NULL;
	}
	clsact_sweep(shape->iface->index);
	*err = prober_start(p, shape);
	if (!*err)
		*err = prober_map(p, shape);
	if (!*err)
		return p;
	explain(why, shape, p, *err);
	prober_close(p);
	return NULL;
}

void prober_close(struct prober *p)
{
	if (!p)
		return;
	ring_buffer__free(p->ring);
	if (p->slots)
		munmap(p->slots, p->slots_size);
	if (p->riders)
		munmap(p->riders, PORTS_MAX * sizeof(*p->riders));
	prober_unload(p);
	free(p);
}

int prober_set_session(struct prober *p, unsigned int flow,
		       const struct session *session)
{
	struct session entry = *session;

	entry.first_slot = flow * p->slots_each;
	entry.slot_mask = p->slots_each - 1;
	if (bpf_map_update_elem(bpf_map__fd(p->bpf->maps.sessions), &flow,
				&entry, BPF_ANY))
		return -errno;
	return 0;
}

int prober_add_port(struct prober *p, unsigned int flow, uint16_t local_port)
{
	uint32_t port = local_port, number = flow + 1;

	if (bpf_map_update_elem(bpf_map__fd(p->bpf->maps.ports), &port, &number,
				BPF_ANY))
		return -errno;
	return 0;
}

int prober_set_flow(struct prober *p, unsigned int flow, uint16_t local_port,
		    const struct session *session)
{
	int err = prober_set_session(p, flow, session);

	return err ? err : prober_add_port(p, flow, local_port);
}

uint64_t *prober_riders(struct prober *p)
{
	void *riders = p->riders;

	if (riders)
		return riders;
	riders = mmap(NULL, PORTS_MAX * sizeof(*p->riders),
		      PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(p->bpf->maps.riders), 0);
	if (riders != MAP_FAILED)
		p->riders = riders;
	return p->riders;
}

struct slot *prober_slots(const struct prober *p, unsigned int flow)
{
	return p->slots + (size_t)flow * p->slots_each;
}

int prober_slots_fd(const struct prober *p)
{
	return bpf_map__fd(p->bpf->maps.slots);
}

int prober_filter_fd(const struct prober *p, enum protocol protocol, int family)
{
	struct bpf_program *prog = p->bpf->progs.xrtt_sock_udp;

	if (protocol == PROTOCOL_TCP)
		prog = p->bpf->progs.xrtt_sock_tcp;
	if (protocol == PROTOCOL_ICMP)
		prog = family == AF_INET ? p->bpf->progs.xrtt_sock_icmp4
					 : p->bpf->progs.xrtt_sock_icmp6;
	return bpf_program__fd(prog);
}

int prober_program_fd(const struct prober *p, enum budget_program which)
{
	switch (which) {
	case BUDGET_TC_EGRESS:
		return bpf_program__fd(p->bpf->progs.xrtt_tc_egress);
	case BUDGET_XDP:
		return bpf_program__fd(p->bpf->progs.xrtt_xdp_rx);
	case BUDGET_TC_INGRESS:
		return bpf_program__fd(p->bpf->progs.xrtt_tc_ingress);
	default:
		return -ENOENT;
	}
}

int prober_consume(struct prober *p,
		   void (*each)(void *data, const struct slot *record),
		   void *data)
{
	int n;

	p->each = each;
	p->data = data;
	n = ring_buffer__consume(p->ring);
	return n < 0 ? n : 0;
}

uint64_t prober_count(const struct prober *p, enum prober_counter which)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t values[cpus > 0 ? cpus : 1];
	uint32_t key = which;
	uint64_t sum = 0;

	if (cpus < 1 || bpf_map_lookup_elem(bpf_map__fd(p->bpf->maps.counters),
					    &key, values))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}

const char *prober_nic(const struct prober *p, struct nic_state *out)
{
	memset(out, 0, sizeof(*out));
	if (p->hw)
		hwprog_state(p->hw, out);
	else if (!p->hw_why)
		return "the first receive hook is not in XDP";
	return p->hw ? NULL : p->hw_why;
}

void prober_hooks(const struct prober *p, struct hooks *out)
{
	memset(out, 0, sizeof(*out));
	out->tx = STAMP_TC_TX;
	out->rx = p->xdp ? STAMP_XDP_RX : STAMP_TC_RX;
	out->tx_how = hook_how(p->tc_egress);
	out->rx_how = hook_how(p->xdp ? p->xdp : p->tc_ingress);
	out->rx_why = p->rx_why;
	if (p->rx_why)
		fallback_set(&out->fallbacks.at[FALLBACK_RX], "native XDP",
			     out->rx_how, p->rx_why);
	if (hook_why(p->tc_egress))
		fallback_set(&out->fallbacks.at[FALLBACK_TX], "tcx",
			     out->tx_how, hook_why(p->tc_egress));
}
