// SPDX-License-Identifier: GPL-2.0-only
#include "host/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

int netns_current(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void *make(void *fd)
{
	*(int *)fd = unshare(CLONE_NEWNET) ? -errno : netns_current();
	return NULL;
}

/* A thread of its own makes it: there is no way back to fail on. */
int netns_new(void)
{
	pthread_t maker;
	int fd, err;

	err = pthread_create(&maker, NULL, make, &fd);
	if (!err)
		err = pthread_join(maker, NULL);
	return err ? -err : fd;
}

int netns_enter(int fd)
{
	return setns(fd, CLONE_NEWNET) ? -errno : 0;
}
