// SPDX-License-Identifier: GPL-2.0-only
#include "host/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

void address_set(struct address *a, int family, const void *octets)
{
	memset(a, 0, sizeof(*a));
	a->family = family;
	if (family == AF_INET) {
		memcpy(a->octets, mapped, sizeof(mapped));
		memcpy(a->octets + 12, octets, 4);
	} else if (family == AF_INET6) {
		memcpy(a->octets, octets, 16);
	}
}

const void *address_raw(const struct address *a)
{
	return a->family == AF_INET ? a->octets + 12 : a->octets;
}

unsigned int address_size(const struct address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

int address_resolve(const char *name, int family, struct address *out)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list;
	int err;

	err = getaddrinfo(name, NULL, &hints, &list);
	if (err)
		return err;
	if (list->ai_family == AF_INET) {
		struct sockaddr_in *sin = (void *)list->ai_addr;

		address_set(out, AF_INET, &sin->sin_addr);
	} else {
		struct sockaddr_in6 *sin6 = (void *)list->ai_addr;

		address_set(out, AF_INET6, &sin6->sin6_addr);
		out->scope = sin6->sin6_scope_id;
	}
	freeaddrinfo(list);
	return 0;
}

static bool prefix_is_clean(const struct prefix *p)
{
	for (unsigned int bit = p->length; bit < 128; bit++) {
		if (p->address.octets[bit / 8] & (0x80 >> bit % 8))
			return false;
	}
	return true;
}

int prefix_parse(const char *text, struct prefix *out)
{
	char copy[ADDRESS_TEXT + 4];
	unsigned char octets[16];
	unsigned long length;
	int family, width;
	char *slash, *end;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	width = family == AF_INET ? 32 : 128;
	if (inet_pton(family, copy, octets) != 1)
		return -EINVAL;
	length = width;
	if (slash) {
		length = strtoul(slash, &end, 10);
		if (*slash < '0' || *slash > '9' || *end ||
		    length > (unsigned long)width)
			return -EINVAL;
	}
	address_set(&out->address, family, octets);
	out->length = length + 128 - width;
	return prefix_is_clean(out) ? 0 : -EINVAL;
}

void address_format(const struct address *a, char text[ADDRESS_TEXT])
{
	if (!inet_ntop(a->family, address_raw(a), text, ADDRESS_TEXT))
		strcpy(text, "?");
}

socklen_t address_to_sockaddr(const struct address *a, uint16_t port,
			      struct sockaddr_storage *out)
{
	struct sockaddr_in6 *sin6 = (void *)out;
	struct sockaddr_in *sin = (void *)out;

	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, address_raw(a), 4);
		return sizeof(*sin);
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_scope_id = a->scope;
	memcpy(&sin6->sin6_addr, a->octets, 16);
	return sizeof(*sin6);
}
