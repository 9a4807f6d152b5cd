/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bypass engine's program over a veth pair whose other end keeps what comes
 * in (catcher.bpf.c): a sender with its slots, its frame, its orders.
 */
#ifndef XRTT_TEST_BYPASS_RIG_H
#define XRTT_TEST_BYPASS_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include "catcher.h"
#include "frames.h"
#include "host/clock.h"
#include "probe/bypass.h"
#include "slot.h"

#define ORDERS 16
#define LEAD_NS (20 * NSEC_PER_MSEC)
#define STEP_NS (200 * NSEC_PER_USEC)

/* An engine with its slots, and the frame that it is to send. */
struct sender {
	struct bypass *bypass;
	struct slot *slots;
	struct frame frame; /* sequence number, stamp and checksum aside */
	size_t udp;
};

struct kind {
	int version;
	int tags;
	size_t payload;
	bool flood;
	unsigned int batch;
};

/* cmocka's group fixtures: the veth pair, the caller at its near end. */
int sender_set_up(void **state);
int sender_tear_down(void **state);
int sender_ifindex(void);

/* NULL: STAMP over IPv4, untagged. Nothing has been caught then. */
void sender_open(struct sender *e, const struct kind *kind);
void sender_start(struct sender *e);
void sender_order(struct sender *e, uint32_t seq, int64_t due);
/* Until the orders below this number are over and their frames have arrived,
 * as many and no more. */
void sender_await(struct sender *e, uint64_t taken, uint32_t frames);
struct bypass_state sender_state(const struct sender *e);

/* The sum of all that the checksum covers, in words of network order. */
uint64_t sender_sum(const struct sender *e);
uint16_t sum_fold(uint64_t sum);

uint32_t catcher_count(void);
void catcher_read(uint32_t n, struct caught_frame *out);
/* It is the frame that it must be, its checksum as frames.c makes it. */
void catcher_expect(const struct sender *e, uint32_t seq, uint64_t tai,
		    const struct caught_frame *got);

void nap(int64_t ns);

#endif
