// SPDX-License-Identifier: GPL-2.0-only
/*
 * listen PORT: listens there, over IPv4 and IPv6, until it is killed, and never
 * accepts: however slow a guest is, its queue has room for all that a test
 * sends. Prints "ready" once it does.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE 4096

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (argc != 2) {
		fprintf(stderr, "usage: listen PORT\n");
		return 2;
	}
	any.sin6_port = htons(strtol(argv[1], NULL, 10));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(fd, QUEUE)) {
		perror("listen");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
