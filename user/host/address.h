/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IP address of either family, always as 16 octets (IPv4 as ::ffff:a.b.c.d),
 * which is how the BPF maps hold it.
 */
#ifndef XRTT_HOST_ADDRESS_H
#define XRTT_HOST_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT INET6_ADDRSTRLEN

struct address {
	int family; /* AF_INET or AF_INET6; AF_UNSPEC for "none" */
	uint8_t octets[16];
	uint32_t scope; /* interface index of a link-local IPv6 address */
};

/* A prefix in the same notation: an IPv4 /n has length 96 + n. */
struct prefix {
	struct address address;
	unsigned int length;
};

/* From four or sixteen octets in network order. */
void address_set(struct address *a, int family, const void *octets);

/* Start of the family's own octets (4 or 16 of them). */
const void *address_raw(const struct address *a);
unsigned int address_size(const struct address *a);

/* Numeric or by name; `family` AF_UNSPEC takes the first answer. 0, or a
 * negative getaddrinfo code for gai_strerror(). */
int address_resolve(const char *name, int family, struct address *out);

/* "10.1.0.0/16", "fd00::/8", or a bare address for one host. 0 or -EINVAL;
 * bits beyond the length are -EINVAL too, as they are mostly a mistake. */
int prefix_parse(const char *text, struct prefix *out);

void address_format(const struct address *a, char text[ADDRESS_TEXT]);

/* Fills a socket address; returns its length. */
socklen_t address_to_sockaddr(const struct address *a, uint16_t port,
			      struct sockaddr_storage *out);

#endif
