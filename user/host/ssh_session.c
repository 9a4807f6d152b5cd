// SPDX-License-Identifier: GPL-2.0-only
#include "host/ssh_session.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/local.h"
#include "host/netdev_attr.h"
#include "host/route.h"

#define VARIABLE "SSH_CONNECTION"
#define ENVIRONMENT_MAX (256 * 1024)
#define ANCESTORS_MAX 64

static int address_take(const char *text, struct address *out)
{
	char bare[ADDRESS_TEXT + IF_NAMESIZE + 1];
	struct prefix prefix;
	char *scope;

	if (strlen(text) >= sizeof(bare))
		return -EINVAL;
	strcpy(bare, text);
	scope = strchr(bare, '%');
	if (scope)
		*scope++ = '\0';
	if (strchr(bare, '/') || prefix_parse(bare, &prefix))
		return -EINVAL;
	*out = prefix.address;
	if (scope)
		out->scope = if_nametoindex(scope);
	return 0;
}

int ssh_session_parse(const char *text, struct ssh_session *out)
{
	char client[80], server[80];
	unsigned int port;
	int end = -1;

	memset(out, 0, sizeof(*out));
	if (sscanf(text, "%79s %u %79s %u%n", client, &port, server, &port,
		   &end) != 4 ||
	    end < 0 || text[end])
		return -EINVAL;
	if (address_take(client, &out->client) ||
	    address_take(server, &out->server) ||
	    out->client.family != out->server.family)
		return -EINVAL;
	return 0;
}

static int parse_environment(const char *text, size_t size,
			     struct ssh_session *out)
{
	const char *end = text + size;

	while (text < end) {
		if (!strncmp(text, VARIABLE "=", sizeof(VARIABLE)))
			return ssh_session_parse(text + sizeof(VARIABLE), out);
		text += strnlen(text, end - text) + 1;
	}
	return -ENOENT;
}

/* The environment that the process was started with. */
static int ask_process(pid_t pid, struct ssh_session *out)
{
	char path[64], *text;
	size_t size = 0;
	ssize_t got;
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	text = malloc(ENVIRONMENT_MAX + 1);
	while (text && size < ENVIRONMENT_MAX &&
	       (got = read(fd, text + size, ENVIRONMENT_MAX - size)) > 0)
		size += got;
	close(fd);
	if (text)
		text[size] = '\0';
	err = text ? parse_environment(text, size, out) : -ENOMEM;
	free(text);
	return err;
}

/* Field 4 of proc_pid_stat(5), behind the name's last ')'. */
static pid_t parent_of(pid_t pid)
{
	char path[64], text[1024];
	const char *at;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (text_file_read(AT_FDCWD, path, text, sizeof(text)))
		return 0;
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

int ssh_session_find(struct ssh_session *out)
{
	const char *own = getenv(VARIABLE);
	pid_t pid = getppid();

	if (own && !ssh_session_parse(own, out))
		return 0;
	for (int i = 0; pid > 0 && i < ANCESTORS_MAX; i++) {
		if (!ask_process(pid, out))
			return 0;
		pid = parent_of(pid);
	}
	return -ENOENT;
}

struct sought {
	const struct address *address;
	bool found;
};

static void compare(void *data, const struct address *a)
{
	struct sought *sought = data;

	sought->found |=
		!memcmp(a->octets, sought->address->octets, sizeof(a->octets));
}

int ssh_session_ifindex(const struct ssh_session *s)
{
	struct sought sought = { .address = &s->server };
	struct route route;

	if (local_list(compare, &sought) || !sought.found)
		return 0;
	if (route_lookup(&s->client, &s->server, 0, &route) || route.is_local)
		return 0;
	return route.ifindex;
}
