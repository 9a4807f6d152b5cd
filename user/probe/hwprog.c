// SPDX-License-Identifier: GPL-2.0-only
#include "probe/hwprog.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "slot.h"

#include "hwstamp.skel.h"

/* From linux/bpf.h of 6.3. */
#define DEVICE_BOUND_ONLY (1U << 6)

#define KFUNC "bpf_xdp_metadata_rx_timestamp"

struct hwprog {
	struct hwstamp_bpf *bpf;
};

/* Else its call would be loaded as one to nowhere, and refused at length. */
static const char *obstacle(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int id;

	if (!kernel)
		return "the kernel does not show its types "
		       "(/sys/kernel/btf/vmlinux)";
	id = btf__find_by_name_kind(kernel, KFUNC, BTF_KIND_FUNC);
	btf__free(kernel);
	return id < 0 ? "this kernel has no " KFUNC " (Linux 6.3)" : NULL;
}

static int hwprog_load(struct hwprog *p, const struct iface *iface,
		       const struct hwprog_maps *maps)
{
	struct hwstamp_bpf *bpf = hwstamp_bpf__open();
	int err;

	if (!bpf)
		return -errno;
	p->bpf = bpf;
	bpf->rodata->config.link_header = iface->link_header;
	bpf_program__set_ifindex(bpf->progs.xrtt_hw_rx, iface->index);
	err = bpf_program__set_flags(bpf->progs.xrtt_hw_rx, DEVICE_BOUND_ONLY);
	if (!err)
		err = bpf_map__reuse_fd(bpf->maps.ports, maps->ports);
	if (!err)
		err = bpf_map__reuse_fd(bpf->maps.sessions, maps->sessions);
	if (!err)
		err = bpf_map__reuse_fd(bpf->maps.slots, maps->slots);
	if (!err)
		err = bpf_map__reuse_fd(bpf->maps.records, maps->records);
	if (!err)
		err = bpf_map__reuse_fd(bpf->maps.counters, maps->counters);
	return err ? err : hwstamp_bpf__load(bpf);
}

static const char *refusal(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "not permitted to load a program bound to a device "
		       "(needs CAP_BPF and CAP_NET_ADMIN)";
	case -ENOMEM:
		return "out of memory";
	default:
		return "the kernel refuses a program bound to this device";
	}
}

struct hwprog *hwprog_open(const struct iface *iface,
			   const struct hwprog_maps *maps, const char **why)
{
	struct hwprog *p;
	int err;

	*why = obstacle();
	if (*why)
		return NULL;
	p = calloc(1, sizeof(*p));
	err = p ? hwprog_load(p, iface, maps) : -ENOMEM;
	if (!err)
		return p;
	*why = refusal(err);
	hwprog_close(p);
	return NULL;
}

void hwprog_close(struct hwprog *p)
{
	if (!p)
		return;
	hwstamp_bpf__destroy(p->bpf);
	free(p);
}

int hwprog_fd(const struct hwprog *p)
{
	return bpf_program__fd(p->bpf->progs.xrtt_hw_rx);
}

void hwprog_state(const struct hwprog *p, struct nic_state *out)
{
	*out = *(const volatile struct nic_state *)&p->bpf->bss->nic;
}
