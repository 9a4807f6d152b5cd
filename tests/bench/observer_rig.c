// SPDX-License-Identifier: GPL-2.0-only
#include "observer_rig.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define ETHERNET 14
#define RING_BYTES (1024 * 1024)

static int load_prober(struct rig *rig, unsigned int flows)
{
	struct prober_bpf *bpf = prober_bpf__open();
	int err;

	if (!bpf)
		return -errno;
	rig->prober = bpf;
	bpf->rodata->config.link_header = ETHERNET;
	err = bpf_map__set_max_entries(bpf->maps.sessions, flows);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.slots,
					       flows * RIG_SLOTS);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.records, RING_BYTES);
	return err ? err : prober_bpf__load(bpf);
}

int rig_open(struct rig *rig, unsigned int flows)
{
	void *slots;
	int err;

	memset(rig, 0, sizeof(*rig));
	err = load_prober(rig, flows);
	if (err)
		return err;
	rig->baseline = baseline_bpf__open_and_load();
	if (!rig->baseline)
		return -errno;
	rig->slots_size = sizeof(struct slot) * RIG_SLOTS * flows;
	slots = mmap(NULL, rig->slots_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(rig->prober->maps.slots), 0);
	if (slots == MAP_FAILED)
		return -errno;
	rig->slots = slots;
	return 0;
}

void rig_close(struct rig *rig)
{
	rig_detach(rig);
	hook_detach(rig->xdp);
	if (rig->slots)
		munmap(rig->slots, rig->slots_size);
	baseline_bpf__destroy(rig->baseline);
	prober_bpf__destroy(rig->prober);
}

int rig_attach_xdp(struct rig *rig, const struct iface *iface)
{
	int err;

	rig->xdp = hook_attach_xdp(
		iface, bpf_program__fd(rig->prober->progs.xrtt_xdp_rx), &err);
	return err;
}

static int attach_tc(struct hook **hook, const struct iface *iface,
		     const struct bpf_program *prog, bool egress)
{
	int err;

	*hook = hook_attach_tc(iface, bpf_program__fd(prog), egress,
			       TC_ATTACH_AUTO, &err);
	return err;
}

/* Each goes to the head of the chain: the stamp comes before the wake-up. */
int rig_attach(struct rig *rig, const struct iface *iface,
	       const struct variant *variant)
{
	int err = 0;

	rig_detach(rig);
	if (variant->wakes_ring)
		err = attach_tc(&rig->waker, iface,
				rig->baseline->progs.wake_egress, true);
	if (!err)
		err = attach_tc(&rig->egress, iface,
				rig->prober->progs.xrtt_tc_egress, true);
	if (!err && variant->all_hooks)
		err = attach_tc(&rig->ingress, iface,
				rig->prober->progs.xrtt_tc_ingress, false);
	return err;
}

void rig_detach(struct rig *rig)
{
	hook_detach(rig->ingress);
	hook_detach(rig->egress);
	hook_detach(rig->waker);
	rig->ingress = rig->egress = rig->waker = NULL;
}

int rig_set_flow(struct rig *rig, unsigned int flow, uint16_t local_port,
		 const struct session *session)
{
	struct session entry = *session;
	uint32_t port = local_port, number = flow + 1;

	entry.first_slot = flow * RIG_SLOTS;
	entry.slot_mask = RIG_SLOTS - 1;
	if (bpf_map_update_elem(bpf_map__fd(rig->prober->maps.sessions), &flow,
				&entry, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(rig->prober->maps.ports), &port,
				&number, BPF_ANY))
		return -errno;
	return 0;
}

struct slot *rig_slots(const struct rig *rig, unsigned int flow)
{
	return rig->slots + (size_t)flow * RIG_SLOTS;
}
