/* SPDX-License-Identifier: GPL-2.0-only */
/* TAI against MONOTONIC, and when that changes. */
#ifndef XRTT_HOST_TAI_H
#define XRTT_HOST_TAI_H

#include <stdbool.h>

#include "model/taimap.h"

/* Takes about 5 us; never fails. */
void tai_read(struct taimap *out);

/*
 * A descriptor that becomes readable when CLOCK_REALTIME is stepped (set,
 * ADJ_SETOFFSET, a leap second, a suspend), and TAI with it; -errno. The kernel
 * tells nobody of ADJ_TAI, which moves TAI alone, by whole seconds, mostly once
 * after boot (fs/timerfd.c: TFD_TIMER_CANCEL_ON_SET).
 */
int tai_steps_open(void);

/* Takes what it has to say: true if there was a step since the last call. */
bool tai_steps_take(int fd);

#endif
