// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: what the application itself would see. Every datagram that the
 * program sends or receives on an Internet socket is noted with CLOCK_MONOTONIC
 * read right before the call that sends it, or right after the call that
 * received it. APP_STAMPS names a CSV file, written when the program ends:
 *
 *   dir,ns,octets      tx or rx; when; the datagram's first 64 octets, in hex
 *
 * Reads of the error queue are left alone. A full table is said on stderr.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define ROWS 65536u
#define OCTETS 64u
#define FDS 1024
#define LINK_LOCAL 0xa9fe /* 169.254, RFC 3927 */

ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t size, size_t room, int flags,
		       __SOCKADDR_ARG from, socklen_t *len);

struct row {
	int64_t ns;
	uint8_t octets[OCTETS];
	uint8_t len;
	bool is_rx;
};

static __typeof__(socket) *next_socket;
static __typeof__(connect) *next_connect;
static __typeof__(send) *next_send;
static __typeof__(sendto) *next_sendto;
static __typeof__(sendmsg) *next_sendmsg;
static __typeof__(recv) *next_recv;
static __typeof__(recvfrom) *next_recvfrom;
static __typeof__(recvmsg) *next_recvmsg;

static struct row rows[ROWS];
static uint32_t used;
static bool internet[FDS];

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* After the call, so that its own cost lies outside both stamps. */
static void note(bool is_rx, int64_t ns, const void *octets, ssize_t len)
{
	uint32_t i;

	if (len <= 0)
		return;
	i = __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
	if (i >= ROWS)
		return;
	rows[i].len = len < (ssize_t)OCTETS ? len : OCTETS;
	memcpy(rows[i].octets, octets, rows[i].len);
	rows[i].is_rx = is_rx;
	rows[i].ns = ns;
}

/* Known since socket(): asking the kernel each time would be seen. */
static bool is_internet(int fd)
{
	return fd >= 0 && fd < FDS && internet[fd];
}

/* xrtt's hops over its own veth, at link-local addresses, are no probes. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)to.__sockaddr__;

	if (is_internet(fd) && in->sin_family == AF_INET &&
	    ntohl(in->sin_addr.s_addr) >> 16 == LINK_LOCAL)
		internet[fd] = false;
	return next_connect(fd, to, len);
}

__attribute__((constructor)) static void app_stamps_start(void)
{
	next_socket = dlsym(RTLD_NEXT, "socket");
	next_connect = dlsym(RTLD_NEXT, "connect");
	next_send = dlsym(RTLD_NEXT, "send");
	next_sendto = dlsym(RTLD_NEXT, "sendto");
	next_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
	next_recv = dlsym(RTLD_NEXT, "recv");
	next_recvfrom = dlsym(RTLD_NEXT, "recvfrom");
	next_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
	/* No page of it is touched for the first time while it measures. */
	memset(rows, 0xff, sizeof(rows));
}

__attribute__((destructor)) static void app_stamps_end(void)
{
	const char *path = getenv("APP_STAMPS");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file) {
		fprintf(stderr, "app_stamps: cannot write what APP_STAMPS "
				"names\n");
		return;
	}
	fputs("dir,ns,octets\n", file);
	for (uint32_t i = 0; i < used && i < ROWS; i++) {
		fprintf(file, "%s,%" PRId64 ",", rows[i].is_rx ? "rx" : "tx",
			rows[i].ns);
		for (uint8_t at = 0; at < rows[i].len; at++)
			fprintf(file, "%02x", rows[i].octets[at]);
		fputc('\n', file);
	}
	if (used > ROWS)
		fprintf(stderr, "app_stamps: no room for %u datagrams\n",
			used - ROWS);
	if (fclose(file))
		perror("app_stamps");
}

int socket(int domain, int type, int protocol)
{
	int fd = next_socket(domain, type, protocol);

	if (fd >= 0 && fd < FDS)
		internet[fd] = domain == AF_INET || domain == AF_INET6;
	return fd;
}

ssize_t send(int fd, const void *buf, size_t size, int flags)
{
	int64_t ns = now_ns();
	ssize_t sent = next_send(fd, buf, size, flags);

	if (sent > 0 && is_internet(fd))
		note(false, ns, buf, sent);
	return sent;
}

/* lint: as libc has it */
ssize_t sendto(int fd, const void *buf, size_t size, int flags,
	       __CONST_SOCKADDR_ARG to, socklen_t len)
{
	int64_t ns = now_ns();
	ssize_t sent = next_sendto(fd, buf, size, flags, to, len);

	if (sent > 0 && is_internet(fd))
		note(false, ns, buf, sent);
	return sent;
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	int64_t ns = now_ns();
	ssize_t sent = next_sendmsg(fd, msg, flags);

	if (sent > 0 && msg->msg_iovlen == 1 && is_internet(fd))
		note(false, ns, msg->msg_iov->iov_base, sent);
	return sent;
}

static ssize_t received(int fd, const void *buf, ssize_t len, int flags)
{
	int64_t ns = now_ns();

	if (len > 0 && !(flags & MSG_ERRQUEUE) && is_internet(fd))
		note(true, ns, buf, len);
	return len;
}

ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	return received(fd, buf, next_recv(fd, buf, size, flags), flags);
}

/* lint: as libc has it */
ssize_t recvfrom(int fd, void *buf, size_t size, int flags, __SOCKADDR_ARG from,
		 socklen_t *len)
{
	return received(fd, buf, next_recvfrom(fd, buf, size, flags, from, len),
			flags);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t len = next_recvmsg(fd, msg, flags);

	if (msg->msg_iovlen != 1)
		return len;
	return received(fd, msg->msg_iov->iov_base, len, flags);
}

/* What the above are called where the compiler fortifies by default. */
ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int flags)
{
	return recv(fd, buf, size < room ? size : room, flags);
}

/* lint: as libc has it */
ssize_t __recvfrom_chk(int fd, void *buf, size_t size, size_t room, int flags,
		       __SOCKADDR_ARG from, socklen_t *len)
{
	return recvfrom(fd, buf, size < room ? size : room, flags, from, len);
}
