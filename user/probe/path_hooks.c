// SPDX-License-Identifier: GPL-2.0-only
#include "probe/path_hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host/clsact.h"
#include "host/privilege.h"
#include "path.skel.h"

struct path_hooks {
	struct path_bpf *bpf;
	unsigned int slots;
	struct slot *slot;
	struct path_quote *quote;
	struct hook *egress;
	struct hook *ingress; /* XDP's or TC's */
	bool is_xdp;
	const char *rx_why;
};

/* ---- loading and attaching ------------------------------------------------*/

static int load(struct path_hooks *h, const struct run *r, bool rx_at_tc)
{
	struct path_bpf *bpf = path_bpf__open();
	int err;

	if (!bpf)
		return -errno;
	h->bpf = bpf;
	bpf->rodata->config.link_header = r->wire.link_header;
	bpf->rodata->config.rx_at_tc = rx_at_tc;
	bpf->rodata->config.is_vlan = r->wire.index != r->iface.index;
	bpf_program__set_autoload(bpf->progs.xrtt_path_xdp, !rx_at_tc);
	bpf_program__set_autoload(bpf->progs.xrtt_path_ingress, rx_at_tc);
	/* One session more, for the echoes that look for the path's MTU. */
	err = bpf_map__set_max_entries(bpf->maps.sessions, r->flows + 1);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.slots, h->slots);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.quotes, h->slots);
	return err ? err : path_bpf__load(bpf);
}

static void unload(struct path_hooks *h)
{
	hook_detach(h->ingress);
	hook_detach(h->egress);
	h->ingress = h->egress = NULL;
	path_bpf__destroy(h->bpf);
	h->bpf = NULL;
}

static int attach(struct path_hooks *h, const struct run *r, bool rx_at_tc)
{
	struct path_bpf *bpf = h->bpf;
	int err;

	h->is_xdp = false;
	if (rx_at_tc)
		h->ingress = hook_attach_tc(
			&r->wire, bpf_program__fd(bpf->progs.xrtt_path_ingress),
			false, r->plan->tc, &err);
	else
		h->ingress = prepare_attach_xdp(
			r->prepare, bpf_program__fd(bpf->progs.xrtt_path_xdp),
			&err);
	if (!h->ingress)
		return err;
	h->is_xdp = !rx_at_tc;
	h->egress = hook_attach_tc(&r->wire,
				   bpf_program__fd(bpf->progs.xrtt_path_egress),
				   true, r->plan->tc, &err);
	return h->egress ? 0 : err;
}

/* As the prober does: falling back means loading them again. */
static int start(struct path_hooks *h, const struct run *r)
{
	bool rx_at_tc = r->plan->rx_hook == RX_HOOK_TC;
	int err = load(h, r, rx_at_tc);

	if (!err)
		err = attach(h, r, rx_at_tc);
	if (!err || rx_at_tc || h->is_xdp || r->plan->rx_hook != RX_HOOK_AUTO ||
	    err == -EPERM || err == -EACCES)
		return err;
	h->rx_why = prepare_findings(r->prepare)->why_not_xdp;
	unload(h);
	err = load(h, r, true);
	return err ? err : attach(h, r, true);
}

static int map(struct path_hooks *h)
{
	void *slot =
		mmap(NULL, h->slots * sizeof(*h->slot), PROT_READ | PROT_WRITE,
		     MAP_SHARED, bpf_map__fd(h->bpf->maps.slots), 0);
	void *quote;

	if (slot == MAP_FAILED)
		return -errno;
	h->slot = slot;
	quote = mmap(NULL, h->slots * sizeof(*h->quote), PROT_READ | PROT_WRITE,
		     MAP_SHARED, bpf_map__fd(h->bpf->maps.quotes), 0);
	if (quote == MAP_FAILED)
		return -errno;
	h->quote = quote;
	return 0;
}

static void explain(const struct path_hooks *h, const struct run *r, int err,
		    char *why)
{
	const char *name = r->wire.name;

	if (err == -EPERM || err == -EACCES || err == -E2BIG)
		snprintf(why, WHY_SIZE, "cannot load BPF programs: %s",
			 privilege_to_load(err));
	else if (!h->bpf || !h->bpf->obj)
		snprintf(why, WHY_SIZE, "cannot open the BPF object: %s",
			 strerror(-err));
	else if (r->plan->rx_hook == RX_HOOK_XDP && !h->is_xdp)
		snprintf(why, WHY_SIZE,
			 "no native XDP on %s: %s; --rx-hook auto takes TC "
			 "ingress instead",
			 name, prepare_findings(r->prepare)->why_not_xdp);
	else
		snprintf(why, WHY_SIZE, "cannot load or attach to %s: %s", name,
			 hook_tc_refusal(&r->wire, r->plan->tc, err));
}

struct path_hooks *path_hooks_open(const struct run *r, unsigned int slots,
				   char *why, int *err)
{
	struct path_hooks *h = calloc(1, sizeof(*h));

	if (!h) {
		*err = -ENOMEM;
		snprintf(why, WHY_SIZE, "out of memory");
		return NULL;
	}
	h->slots = slots;
	clsact_sweep(r->wire.index);
	*err = start(h, r);
	if (!*err)
		*err = map(h);
	if (!*err)
		return h;
	explain(h, r, *err, why);
	path_hooks_close(h);
	return NULL;
}

void path_hooks_close(struct path_hooks *h)
{
	if (!h)
		return;
	if (h->slot)
		munmap(h->slot, h->slots * sizeof(*h->slot));
	if (h->quote)
		munmap(h->quote, h->slots * sizeof(*h->quote));
	unload(h);
	free(h);
}

/* ---- using ----------------------------------------------------------------*/

int path_hooks_set_flow(struct path_hooks *h, unsigned int flow,
			const struct session *session)
{
	uint32_t port = ntohs(session->local_port), number = flow + 1;
	struct session entry = *session;

	entry.first_slot = 0;
	entry.slot_mask = h->slots - 1;
	if (bpf_map_update_elem(bpf_map__fd(h->bpf->maps.sessions), &flow,
				&entry, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(h->bpf->maps.ports), &port, &number,
				BPF_ANY))
		return -errno;
	return 0;
}

struct slot *path_hooks_slots(const struct path_hooks *h)
{
	return h->slot;
}

struct path_quote *path_hooks_quotes(const struct path_hooks *h)
{
	return h->quote;
}

void path_hooks_report(const struct path_hooks *h, struct hooks *out)
{
	memset(out, 0, sizeof(*out));
	out->tx = STAMP_TC_TX;
	out->rx = h->is_xdp ? STAMP_XDP_RX : STAMP_TC_RX;
	out->tx_how = hook_how(h->egress);
	out->rx_how = hook_how(h->ingress);
	out->rx_why = h->rx_why;
	if (h->rx_why)
		fallback_set(&out->fallbacks.at[FALLBACK_RX], "native XDP",
			     out->rx_how, h->rx_why);
	if (hook_why(h->egress))
		fallback_set(&out->fallbacks.at[FALLBACK_TX], "tcx",
			     out->tx_how, hook_why(h->egress));
}

uint64_t path_hooks_stale(const struct path_hooks *h)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t values[cpus > 0 ? cpus : 1];
	uint32_t key = COUNT_STALE;
	uint64_t sum = 0;

	if (cpus < 1 || bpf_map_lookup_elem(bpf_map__fd(h->bpf->maps.counters),
					    &key, values))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}
