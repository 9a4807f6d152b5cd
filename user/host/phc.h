/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A NIC's own clock (PHC) as a measure of CLOCK_MONOTONIC's rate. Only clocks
 * that something beyond this host disciplines are used: EC2's (ENA).
 */
#ifndef XRTT_HOST_PHC_H
#define XRTT_HOST_PHC_H

#include "model/time.h"

/* The PHC showed phc_ns at some moment between the two. */
struct phc_reading {
	mono_t before;
	mono_t after;
	int64_t phc_ns;
};

struct phc_slope {
	double ppm; /* MONOTONIC's rate against the PHC */
	double uncertainty_ppm;
};

/* -EINVAL where the second was not read after the first, or the PHC did not
 * advance between them. */
int phc_slope_between(const struct phc_reading *first,
		      const struct phc_reading *last, struct phc_slope *out);

/* Opens the PHC of `ifname`, with its device's name at /sys/class/net; a
 * descriptor, or -errno: -ENODEV where there is none that is disciplined. */
int phc_open(const char *ifname);

/* Opens /dev/ptpINDEX, whoever disciplines it: a descriptor, or -errno. */
int phc_open_index(int index);

/* One request: 0; -EAGAIN and -errno as below. */
int phc_read_once(int fd, struct phc_reading *out);

/* The narrowest of four, which are as many requests (ENA grants 125 a second).
 * 0; -EAGAIN if REALTIME was stepped meanwhile; -errno: not to be had. */
int phc_read(int fd, struct phc_reading *out);

#endif
