// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bypass.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bypass.skel.h"
#include "host/clock.h"
#include "host/privilege.h"
#include "probe/runner.h"
#include "slot.h"

struct bypass {
	struct bypass_bpf *bpf;
	struct bypass_order *order;
	unsigned int orders;
	struct slot *slots; /* mapped, if they are its own */
	uint64_t next;	    /* number of the next order */
	struct runner runner;
};

/* Longer frames have their first octets written afresh, shorter ones all. */
static unsigned int head_of(const struct bypass_shape *shape)
{
	unsigned int head = 0;

	if (shape->is_syn)
		return shape->length;
#define FITS(octets, at) \
	if (shape->udp_at == (at) && shape->length >= (octets)) \
		head = (octets);
	BYPASS_HEADS(FITS)
#undef FITS
	return head;
}

static int bypass_load(struct bypass *b, const struct bypass_shape *shape)
{
	struct bypass_bpf *bpf = bypass_bpf__open();
	int err;

	if (!bpf)
		return -errno;
	b->bpf = bpf;
	bpf->rodata->config = (struct bypass_config){
		.ifindex = shape->ifindex,
		.order_mask = shape->orders - 1,
		.flows = shape->flows,
		.head = head_of(shape),
		.udp_at = shape->udp_at,
		.flood = shape->flood,
		.hop_at_tc = shape->hop_at_tc,
		.is_syn = shape->is_syn,
		.isn = shape->isn,
	};
	err = bpf_map__set_max_entries(bpf->maps.orders, shape->orders);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.frames, shape->flows);
	if (!err && shape->slots_fd < 0)
		err = bpf_map__set_max_entries(bpf->maps.slots, shape->orders);
	else if (!err)
		err = bpf_map__reuse_fd(bpf->maps.slots, shape->slots_fd);
	bpf_program__set_autoload(bpf->progs.xrtt_hop_xdp, shape->slots_fd < 0);
	bpf_program__set_autoload(bpf->progs.xrtt_hop_tc, shape->slots_fd < 0);
	return err ? err : bypass_bpf__load(bpf);
}

static int bypass_map(struct bypass *b, const struct bypass_shape *shape)
{
	void *orders = mmap(NULL, sizeof(*b->order) * shape->orders,
			    PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(b->bpf->maps.orders), 0);

	if (orders == MAP_FAILED)
		return -errno;
	b->order = orders;
	b->orders = shape->orders;
	b->runner = (struct runner){
		.prog_fd = bpf_program__fd(b->bpf->progs.xrtt_bypass_tx),
		.length = shape->length,
		.batch = shape->batch,
		.cpu = shape->cpu,
		.runs = (uint64_t *)&b->bpf->bss->state.runs,
		.calls = (uint64_t *)&b->bpf->bss->state.calls,
	};
	return 0;
}

struct bypass *bypass_open(const struct bypass_shape *shape, char *why,
			   int *err)
{
	struct bypass *b = calloc(1, sizeof(*b));

	*err = b ? bypass_load(b, shape) : -ENOMEM;
	if (!*err)
		*err = bypass_map(b, shape);
	if (!*err)
		return b;
	if (*err == -EPERM || *err == -EACCES || *err == -E2BIG)
		snprintf(why, WHY_SIZE,
			 "cannot load the bypass engine's BPF program: %s",
			 privilege_to_load(*err));
	else
		snprintf(why, WHY_SIZE,
			 "cannot load the bypass engine's BPF program: %s "
			 "(--engine socket does without)",
			 strerror(-*err));
	bypass_close(b);
	return NULL;
}

void bypass_close(struct bypass *b)
{
	if (!b)
		return;
	bypass_stop(b);
	if (b->order)
		munmap(b->order, sizeof(*b->order) * b->orders);
	if (b->slots)
		munmap(b->slots, sizeof(*b->slots) * b->orders);
	bypass_bpf__destroy(b->bpf);
	free(b);
}

int bypass_set_frame(struct bypass *b, unsigned int flow,
		     const struct bypass_frame *frame)
{
	if (bpf_map_update_elem(bpf_map__fd(b->bpf->maps.frames), &flow, frame,
				BPF_ANY))
		return -errno;
	return 0;
}

int bypass_hop_fd(const struct bypass *b, bool tc)
{
	return bpf_program__fd(tc ? b->bpf->progs.xrtt_hop_tc
				  : b->bpf->progs.xrtt_hop_xdp);
}

struct slot *bypass_slots(struct bypass *b)
{
	void *slots;

	if (b->slots)
		return b->slots;
	slots = mmap(NULL, sizeof(*b->slots) * b->orders,
		     PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(b->bpf->maps.slots), 0);
	if (slots != MAP_FAILED)
		b->slots = slots;
	return b->slots;
}

int bypass_start(struct bypass *b, char *why)
{
	int err;

	b->bpf->bss->state.tai_offset_ns = tai_offset_ns();
	err = runner_start(&b->runner);
	if (err)
		snprintf(why, WHY_SIZE,
			 "cannot run the bypass engine's program: %s%s",
			 strerror(-err),
			 err == -EINVAL || err == -EOPNOTSUPP
				 ? " (live frames take kernel 5.18; --engine "
				   "socket does without)"
				 : "");
	return err;
}

void bypass_stop(struct bypass *b)
{
	runner_stop(&b->runner);
}

unsigned int bypass_room(const struct bypass *b)
{
	return b->orders - (b->next - bypass_taken(b));
}

uint64_t bypass_order(struct bypass *b, const struct bypass_order *order)
{
	b->order[b->next & (b->orders - 1)] = *order;
	return b->next++;
}

void bypass_publish(struct bypass *b)
{
	__atomic_store_n((uint64_t *)&b->bpf->bss->state.filled, b->next,
			 __ATOMIC_RELEASE);
}

uint64_t bypass_taken(const struct bypass *b)
{
	return __atomic_load_n((uint64_t *)&b->bpf->bss->state.taken,
			       __ATOMIC_ACQUIRE);
}

uint64_t bypass_waiting(const struct bypass *b)
{
	if (!b->runner.is_running || b->runner.err)
		return 0;
	return b->next - bypass_taken(b);
}

void bypass_state(const struct bypass *b, struct bypass_state *out)
{
	memcpy(out, (void *)&b->bpf->bss->state, sizeof(*out));
}

int bypass_error(const struct bypass *b)
{
	return b->runner.err;
}
