// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tcp_port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Between asking for a free port and taking it by number, others may. */
#define ATTEMPTS 16

/* Descriptors left to others. */
#define FILES_SPARED 128

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno
								    : 0;
}

/* 0: on none. TCP knows no other way: tcp_v4_connect() does not ask for
 * IP_UNICAST_IF. */
static int stay_on(int fd, uint32_t ifindex)
{
	return set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, ifindex);
}

static int set_options(int fd, const struct plan *plan, uint32_t ifindex)
{
	bool ip4 = plan->address.family == AF_INET;
	int err = stay_on(fd, ifindex);

	if (err)
		return err;
	/* The bypass engine's frames have none, and routers may go by it. */
	if (!ip4 && plan->both)
		set_int(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
	return set_int(fd, ip4 ? IPPROTO_IP : IPPROTO_IPV6,
		       ip4 ? IP_TOS : IPV6_TCLASS, plan->dscp << 2);
}

static int open_at(const struct plan *plan, const struct address *source,
		   uint16_t number)
{
	struct sockaddr_storage ss;
	socklen_t len = address_to_sockaddr(source, number, &ss);
	int fd, err;

	fd = socket(source->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		return -errno;
	err = set_options(fd, plan, source->scope);
	if (!err && bind(fd, (struct sockaddr *)&ss, len))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* A port that the kernel has chosen it would also give back at the end of the
 * first connection. */
static int find_free(const struct plan *plan, const struct address *source,
		     uint16_t *number)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = open_at(plan, source, 0), err = 0;

	if (fd < 0)
		return fd;
	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		err = -errno;
	/* The port is at the same place in both families. */
	*number = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	close(fd);
	return err;
}

int tcp_port_open(const struct plan *plan, const struct address *source,
		  uint16_t *number)
{
	int fd = -EADDRINUSE, err;

	if (*number)
		return open_at(plan, source, *number);
	for (int i = 0; i < ATTEMPTS && fd == -EADDRINUSE; i++) {
		err = find_free(plan, source, number);
		if (err)
			return err;
		fd = open_at(plan, source, *number);
	}
	return fd;
}

unsigned int tcp_port_most(unsigned int want)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) ||
	    files.rlim_cur >= want + FILES_SPARED)
		return want;
	return files.rlim_cur > FILES_SPARED ? files.rlim_cur - FILES_SPARED
					     : 1;
}

void tcp_port_explain(const struct plan *plan, const struct address *source,
		      int err, char *why)
{
	char text[ADDRESS_TEXT];

	address_format(source, text);
	if (err == -EADDRINUSE)
		snprintf(why, WHY_SIZE,
			 "TCP port %u of %s is in use; leave out --source-port "
			 "or choose another",
			 plan->source_port, text);
	else if (err == -EADDRNOTAVAIL)
		snprintf(why, WHY_SIZE, "%s is not an address of this host",
			 text);
	else if (err == -EACCES)
		snprintf(why, WHY_SIZE,
			 "cannot bind a TCP port below 1024: needs "
			 "CAP_NET_BIND_SERVICE");
	else
		snprintf(why, WHY_SIZE, "cannot set up the flow's TCP port: %s",
			 strerror(-err));
}

int tcp_port_connect(int fd, const struct plan *plan)
{
	struct sockaddr_storage ss;
	socklen_t len = address_to_sockaddr(&plan->address, plan->port, &ss);
	int err = connect(fd, (struct sockaddr *)&ss, len) ? -errno : 0;

	/* The SYN has left. Where that is not permitted (CAP_NET_RAW), the way
	 * in stays as narrow as with -I. */
	if (!plan->ifname)
		stay_on(fd, 0);
	return err == -EINPROGRESS ? 0 : err;
}

int tcp_port_result(int fd)
{
	int err = 0;
	socklen_t size = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size))
		return -errno;
	return -err;
}

void tcp_port_release(int fd, uint32_t ifindex)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	stay_on(fd, ifindex);
	connect(fd, &none, sizeof(none));
}
