// SPDX-License-Identifier: GPL-2.0-only
#include "bypass_rig.h"

#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "catcher.skel.h"
#include "veth.h"

#define PATIENCE_MS 3000

static struct veth veth;
static struct catcher_bpf *catcher;

static const struct kind plain = { 4, 0, FRAME_STAMP, false, 1 };

int sender_set_up(void **state)
{
	(void)state;
	veth_open(&veth);
	catcher = catcher_bpf__open_and_load();
	if (!catcher)
		return -1;
	veth_enter(veth.far_ns);
	if (bpf_xdp_attach(if_nametoindex(VETH_FAR),
			   bpf_program__fd(catcher->progs.catcher_xdp),
			   1U << 2 /* XDP_FLAGS_DRV_MODE */, NULL))
		return -1;
	veth_enter(veth.near_ns);
	return 0;
}

int sender_tear_down(void **state)
{
	(void)state;
	veth_close(&veth);
	catcher_bpf__destroy(catcher);
	return 0;
}

/* ---- a sender ----------------------------------------------------------- */

/* All of it that is longer than STAMP is a TLV of padding, of zeroes. */
static void build(struct sender *e, const struct kind *kind)
{
	static const uint8_t tlv[4] = { 0x80, 1 };
	struct frame_spec spec = frame_defaults(kind->version);
	uint8_t *stamp;

	spec.tags = kind->tags;
	spec.payload = kind->payload;
	frame_build(&e->frame, &spec);
	e->udp = frame_parse(&e->frame, 0).udp;
	stamp = e->frame.octets + e->udp + 8;
	memset(stamp + 16, 0, kind->payload - 16);
	if (kind->payload > FRAME_STAMP) {
		memcpy(stamp + FRAME_STAMP, tlv, sizeof(tlv));
		frame_put16(stamp + FRAME_STAMP + 2,
			    kind->payload - FRAME_STAMP - sizeof(tlv));
	}
	memset(stamp, 0, 12);
	memset(e->frame.octets + e->udp + 6, 0, 2);
}

uint64_t sender_sum(const struct sender *e)
{
	struct frame_layout l = frame_parse(&e->frame, 0);
	size_t from = l.udp - (l.version == 4 ? 8 : 32);
	uint64_t sum = 0;

	for (size_t at = from; at < l.udp + l.udp_length; at += 2)
		sum += (uint64_t)e->frame.octets[at] << 8 |
		       (at + 1 < l.udp + l.udp_length ? e->frame.octets[at + 1]
						      : 0);
	return sum + 17 + l.udp_length;
}

uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void hand_over(struct sender *e)
{
	struct bypass_frame frame = { .slot_mask = ORDERS - 1 };
	uint16_t sum = sum_fold(sender_sum(e));
	size_t head = e->frame.length;

	if (head > sizeof(frame.head))
		head = sizeof(frame.head);
	memcpy(frame.head, e->frame.octets, head);
	frame.sum = (uint16_t)(sum >> 8 | sum << 8);
	assert_int_equal(bypass_set_frame(e->bypass, 0, &frame), 0);
}

int sender_ifindex(void)
{
	return if_nametoindex(VETH_NEAR);
}

uint32_t catcher_count(void)
{
	return catcher->bss->caught;
}

void sender_open(struct sender *e, const struct kind *kind)
{
	struct bypass_shape shape = {
		.ifindex = if_nametoindex(VETH_NEAR),
		.slots_fd = -1,
		.flows = 1,
		.orders = ORDERS,
		.cpu = -1,
	};
	char why[WHY_SIZE];
	int err;

	memset(e, 0, sizeof(*e));
	if (!kind)
		kind = &plain;
	build(e, kind);
	shape.batch = kind->batch;
	shape.flood = kind->flood;
	shape.length = e->frame.length;
	shape.udp_at = e->udp;
	e->bypass = bypass_open(&shape, why, &err);
	if (!e->bypass)
		print_error("%s\n", why);
	assert_non_null(e->bypass);
	e->slots = bypass_slots(e->bypass);
	assert_non_null(e->slots);
	hand_over(e);
	catcher->bss->caught = 0;
}

void sender_start(struct sender *e)
{
	char why[WHY_SIZE] = "";
	int err = bypass_start(e->bypass, why);

	if (err)
		print_error("%s\n", why);
	assert_int_equal(err, 0);
}

void nap(int64_t ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&ts, NULL);
}

void sender_order(struct sender *e, uint32_t seq, int64_t due)
{
	struct bypass_order o = { .due = due, .seq = seq };

	assert_true(bypass_room(e->bypass) > 0);
	bypass_order(e->bypass, &o);
}

void sender_await(struct sender *e, uint64_t taken, uint32_t frames)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		if (bypass_taken(e->bypass) >= taken &&
		    catcher->bss->caught >= frames)
			break;
		nap(NSEC_PER_MSEC);
	}
	nap(5 * NSEC_PER_MSEC);
	assert_int_equal(bypass_taken(e->bypass), taken);
	assert_int_equal(catcher->bss->caught, frames);
}

struct bypass_state sender_state(const struct sender *e)
{
	struct bypass_state state;

	bypass_state(e->bypass, &state);
	return state;
}

void catcher_read(uint32_t n, struct caught_frame *out)
{
	n %= CATCHER_FRAMES;
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(catcher->maps.frames),
					     &n, out),
			 0);
}

void catcher_expect(const struct sender *e, uint32_t seq, uint64_t tai,
		    const struct caught_frame *got)
{
	struct frame f = e->frame;
	uint8_t *stamp = f.octets + e->udp + 8;

	frame_put32(stamp, seq);
	frame_put32(stamp + 4, tai / NSEC_PER_SEC);
	frame_put32(stamp + 8, tai % NSEC_PER_SEC);
	frame_put16(f.octets + e->udp + 6, 1); /* there is to be one */
	frame_seal(&f, 0);
	assert_int_equal(got->length, f.length);
	assert_memory_equal(got->octets, f.octets, f.length);
}
