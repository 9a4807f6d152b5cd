// SPDX-License-Identifier: GPL-2.0-only
#include "host/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/clock.h"

#define HTTP_PORT 80
#define MESSAGE_MAX 4096

/* 0 once the socket can do it, -ETIMEDOUT or -errno. */
static int wait_for(int fd, short events, mono_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		int64_t left = mono_sub(until, mono_now()).ns;

		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(&p, 1, left / NSEC_PER_MSEC + 1);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

static int connect_to(int fd, const char *address, mono_t until)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(HTTP_PORT),
	};
	socklen_t length = sizeof(int);
	int err;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -EINVAL;
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	err = wait_for(fd, POLLOUT, until);
	if (err)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length))
		return -errno;
	return -err;
}

static int send_request(int fd, const struct http_request *q)
{
	char text[MESSAGE_MAX];
	ssize_t sent;
	int n;

	n = snprintf(text, sizeof(text),
		     "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
		     "Content-Length: 0\r\nConnection: close\r\n\r\n",
		     q->method, q->path, q->address, q->header);
	if ((size_t)n >= sizeof(text))
		return -EMSGSIZE;
	/* A fresh connection has room for more than this. */
	sent = send(fd, text, n, MSG_NOSIGNAL);
	if (sent < 0)
		return -errno;
	return sent == n ? 0 : -EPROTO;
}

/* What follows a header's name, within the headers; NULL: not there. */
static const char *find_header(const char *text, const char *end,
			       const char *name)
{
	size_t n = strlen(name);
	const char *line = strstr(text, "\r\n");

	for (; line && line < end; line = strstr(line + 2, "\r\n")) {
		if (!strncasecmp(line + 2, name, n))
			return line + 2 + n;
	}
	return NULL;
}

/* 1 once the answer is whole, 0 while it is not, -EPROTO. */
static int is_whole(const char *text, size_t n, bool ended, const char **body)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length;

	if (!end)
		return ended ? -EPROTO : 0;
	*body = end + 4;
	if (find_header(text, end, "Transfer-Encoding:"))
		return -EPROTO;
	length = find_header(text, end, "Content-Length:");
	if (!length)
		return ended;
	if (text + n - *body >= strtol(length, NULL, 10))
		return 1;
	return ended ? -EPROTO : 0;
}

static int receive(int fd, mono_t until, char *text, const char **body)
{
	size_t n = 0;
	int whole;

	do {
		ssize_t more;
		int err = wait_for(fd, POLLIN, until);

		if (err)
			return err;
		if (n == MESSAGE_MAX - 1)
			return -EPROTO;
		more = recv(fd, text + n, MESSAGE_MAX - 1 - n, 0);
		if (more < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (more < 0)
			return -errno;
		n += more;
		text[n] = '\0';
		whole = is_whole(text, n, more == 0, body);
	} while (!whole);
	return whole < 0 ? whole : 0;
}

static int take(const char *text, const char *from, char *body, size_t size,
		int *status)
{
	if (sscanf(text, "HTTP/1.%*1d %3d", status) != 1 || *status != 200 ||
	    strlen(from) >= size)
		return -EPROTO;
	strcpy(body, from);
	return 0;
}

int http_ask(const struct http_request *request, mono_t until, char *body,
	     size_t size, int *status)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[MESSAGE_MAX] = "";
	const char *from = text;
	int err;

	*status = 0;
	if (fd < 0)
		return -errno;
	err = connect_to(fd, request->address, until);
	if (!err)
		err = send_request(fd, request);
	if (!err)
		err = receive(fd, until, text, &from);
	if (!err)
		err = take(text, from, body, size, status);
	close(fd);
	return err;
}
