/* SPDX-License-Identifier: GPL-2.0-only */
/* This host's own addresses, and word of their coming and going. */
#ifndef XRTT_HOST_LOCAL_H
#define XRTT_HOST_LOCAL_H

#include "host/address.h"

struct local_watch;

/* NULL and *err = -errno on failure. */
struct local_watch *local_watch_open(int *err);
void local_watch_close(struct local_watch *watch); /* NULL is fine */
int local_watch_fd(const struct local_watch *watch);

/* Takes what the watch has to say off its queue. */
void local_watch_drain(struct local_watch *watch);

/* Every address of every interface in this network namespace. 0 or -errno. */
int local_list(void (*each)(void *data, const struct address *address),
	       void *data);

#endif
