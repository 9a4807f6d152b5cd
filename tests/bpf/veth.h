/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A veth pair between two network namespaces of this process's own, the near
 * end with the requests' source addresses, the far one with the local ones. The
 * namespaces have no name and go with the process.
 */
#ifndef XRTT_TEST_VETH_H
#define XRTT_TEST_VETH_H

#include <stddef.h>
#include <stdint.h>
#include "bench.h"

#define VETH_NEAR "xrtt-near"
#define VETH_FAR "xrtt-far"

struct veth {
	int near_ns;
	int far_ns;
};

/* One request over a socket, and what the wire showed of its answer. */
struct veth_ask {
	int version;
	int no_checksum;
	size_t payload;
	uint8_t answer[512];
	size_t answered;    /* octets, 0: silence */
	struct frame frame; /* as captured at the near end */
	int is_partial;	    /* it came with its checksum still to be made */
	uint16_t tag;	    /* its VLAN tag, 0: none */
};

/* Leaves the caller in the near namespace. */
void veth_open(struct veth *v);
void veth_close(struct veth *v);
/* Moves the caller to a namespace of the pair. */
void veth_enter(int ns);
/* ETHTOOL_STXCSUM, ETHTOOL_SGRO, ... of a device of this namespace. */
void veth_set_feature(const char *device, uint32_t command, int is_on);
/* Attaches one hook of `b` to the far end; the near one gets an XDP program
 * that passes all, without which it drops what XDP_TX sends. */
void veth_attach(struct veth *v, struct bench *b, enum bench_hook hook);
/* Attaches TC ingress to a device of this namespace. */
void veth_attach_tc(struct bench *b, const char *device);
void veth_ask(struct veth_ask *ask);
/* A frame as it stands, to the far end's address 02:00:00:00:00:00. */
void veth_ask_raw(struct veth_ask *ask, const struct frame *request);

#endif
