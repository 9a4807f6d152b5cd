/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bypass engine's probe over TCP as a whole frame: a SYN with the options
 * and in the order in which Linux sends them (MSS, SACK permitted, timestamps,
 * window scale), so that what lets an ordinary SYN through lets this one
 * through, and both engines' are equally long.
 */
#ifndef XRTT_PROBE_SYN_FRAME_H
#define XRTT_PROBE_SYN_FRAME_H

#include "probe/frame.h"
#include "syn.h"

/* The whole frame's octets. */
unsigned int syn_frame_length(const struct frame_path *path);

/* Fills `out` but for its slots; ISN and TCP checksum are 0, and the sum that
 * the checksum is to be made from is there. `mtu` is the interface's. */
void syn_frame_build(const struct frame_path *path, unsigned int mtu,
		     struct bypass_frame *out);

#endif
