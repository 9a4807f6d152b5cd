/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that were handed to an interface and never left it. A redirect that
 * fails is reported to nobody (net/bpf/test_run.c: xdp_test_run_batch returns
 * the frame and goes on), so the device's own counter is compared with ours: a
 * deficit that comes up while a probe is on its way and stays tells that a
 * frame of that time was not sent. Others' packets on the interface hide
 * deficits; they never make one.
 */
#ifndef XRTT_MODEL_DEPARTURES_H
#define XRTT_MODEL_DEPARTURES_H

#include "model/time.h"

#define DEPARTURES_READINGS 1024

struct departures {
	span_t every; /* between two readings */
	struct {
		mono_t at;
		uint64_t deficit;
	} reading[DEPARTURES_READINGS];
	uint64_t readings; /* ever taken */
	uint64_t booked;   /* probes that have been told from lost ones */
	bool has_start;
	uint64_t sent_start;
	uint64_t counted_start;
};

/* `watch`: how long after it was sent a probe may be asked about. */
void departures_init(struct departures *d, span_t watch);

/* Whether it is time for a reading. */
bool departures_want(const struct departures *d, mono_t now);

/*
 * `sent` is what we had handed over just before `counted`, the device's frames
 * sent, was read. The first reading is before the first probe.
 */
void departures_note(struct departures *d, mono_t now, uint64_t sent,
		     uint64_t counted);

/*
 * For a probe without an answer: true, and booked, if it is to be taken for one
 * that never left. `unanswered` is how many of those sent have no answer so
 * far: a device with a larger deficit than that does not count these frames,
 * and nothing is concluded.
 */
bool departures_missed(struct departures *d, mono_t sent_at,
		       uint64_t unanswered);

#endif
