/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow's own socket: an ordinary UDP socket, as an application would have, or
 * a raw ICMP one. It is never read by another thread, and nobody sleeps on it
 * while a probe goes out: a TX stamp's arrival would wake the sleeper between
 * the stamp and the wire.
 */
#ifndef XRTT_PROBE_CHANNEL_H
#define XRTT_PROBE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "model/hwclock.h"
#include "probe/packet.h"

struct channel {
	int fd;
	enum protocol protocol;
	uint16_t local_port; /* or the echo identifier */
	int stamping;	     /* what is asked of SO_TIMESTAMPING */
	bool tx_stamps;	     /* the kernel took the request for them */
	bool has_hw_rx;	     /* of what was received last */
	nic_t hw_rx;
	uint32_t tx_key; /* SO_TIMESTAMPING's OPT_ID of the next packet */
	uint32_t *seq_of_key;
	uint32_t key_mask;
};

/* What the error queue held. */
enum channel_note {
	CHANNEL_TX_STAMP,
	CHANNEL_PORT_UNREACHABLE,
	CHANNEL_UNREACHABLE,
};

struct channel_event {
	enum channel_note note;
	uint32_t seq; /* TX stamp: of the packet */
	real_t stamp; /* TX stamp: when the driver had it */
};

/*
 * Opens, binds and connects; `source` has its interface for scope. `in_flight`
 * (2^n) is how many packets may await their TX stamp. 0 or -errno and `why`
 * filled.
 */
int channel_open(struct channel *c, const struct plan *plan,
		 const struct address *source, uint32_t in_flight, char *why);
void channel_close(struct channel *c);

/* Attaches the BPF filter that stamps what reaches the socket. 0 or -errno. */
int channel_attach(struct channel *c, int filter_fd);

/* Forgets an earlier packet's ICMP error, which the next send would report in
 * place of sending; the error queue still has it. */
void channel_clear_error(struct channel *c);

/* Sends the packet that `t` holds. 0 or -errno. */
int channel_send(struct channel *c, const struct packet_template *t,
		 uint32_t seq);

/* Asks for the NIC's stamp with each datagram as well. 0 or -errno. */
int channel_want_hw_rx(struct channel *c);

/* One datagram, never waiting: its length, -EAGAIN if there is none, or what
 * the network reported about an earlier one (-ECONNREFUSED ...). The NIC's
 * stamp on it, where it is wanted and there is one, is left in `c`. */
int channel_receive(struct channel *c, uint8_t *octets, size_t size);

/* Next entry of the error queue, never waiting. 1, or 0 if it is empty. */
int channel_next_event(struct channel *c, struct channel_event *event);

#endif
