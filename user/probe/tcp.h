/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow's probes over TCP, of both engines (include/syn.h).
 *
 * A local port carries one probe at a time, so there are as many as are in
 * flight, opened beforehand where a round trip is short, else as they are
 * needed; the first that is free is taken, and where
 * a probe is answered before the next one is planned, that is always the same:
 * one path. The bypass engine's are planned some time before they are due, and
 * hold a port from then on. A port is free again one more round trip after its
 * reply, so that the RST is there before the next SYN and a duplicate of the
 * reply still finds its probe. Without a reply it is free once the probe is
 * settled and the far host, where it was the SYN-ACK that got lost, has sent it
 * again and got a RST for it; a SYN before that an open port would answer by a
 * RST (RFC 9293 section 3.10.7.4). Where there are no more ports, earlier.
 * With both engines in turn each takes, where it can, the port that the other
 * had last: otherwise they might measure different paths.
 */
#ifndef XRTT_PROBE_TCP_H
#define XRTT_PROBE_TCP_H

#include "probe/run.h"

/* Of one flow; a probe that would need more is not sent. */
#define TCP_PORTS_MAX 2048

/* Opens the flow, in place of a channel. */
enum session_end tcp_open(struct run *r, struct flow *f, uint32_t slots,
			  char *why);
void tcp_close(struct flow *f);

/* A socket of the flow's, for its options. */
int tcp_socket(const struct flow *f);

/* What the bypass engine's program is to be told, and every port's frame. */
void tcp_shape(const struct run *r, struct bypass_shape *shape);
int tcp_set_frames(struct run *r, struct flow *f);

/* Takes a local port for the probe, which window_next() has just given. False
 * if there is none: nothing has happened then. */
bool tcp_take_port(struct run *r, struct flow *f, const struct pending *p);

/* The number of the probe's frame at the bypass engine. */
uint32_t tcp_frame_of(const struct run *r, const struct flow *f,
		      const struct pending *p);

/* Socket engine. */
void tcp_send(struct run *r, struct flow *f, struct pending *p);
bool tcp_receive(struct run *r, struct flow *f); /* was there anything? */

/* A reply has been recorded; then what the replies were. */
void tcp_count(struct flow *f, const struct slot *record);
void tcp_facts(const struct flow *f, struct target_host *out);

#endif
