/* SPDX-License-Identifier: GPL-2.0-only */
/* A network interface as this host has it, read once. */
#ifndef XRTT_HOST_IFACE_H
#define XRTT_HOST_IFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct iface {
	int index;
	char name[IF_NAMESIZE];
	char driver[32];	  /* ethtool's name, "" if it has none */
	unsigned int link_type;	  /* ARPHRD_* */
	unsigned int link_header; /* octets before the IP header: 14 or 0 */
	unsigned int mtu;
	bool is_up;
	bool has_carrier;
	uint8_t mac[6];
	uint32_t xdp_prog_id; /* of a program already attached, else 0 */
	uint16_t vlan; /* of an 802.1Q interface its identifier, else 0 */
	int lower;     /* and the interface that carries it */
	bool is_veth;
	bool peer_known; /* veth: the other end could be looked at */
	bool peer_has_xdp;
};

/* 0, -ENODEV if there is no such interface, or -errno. */
int iface_read(const char *name, struct iface *out);
int iface_read_index(int index, struct iface *out);

#endif
