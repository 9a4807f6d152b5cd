/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this process was started over ssh, and over which interface: the
 * session must not be cut off by what the process does to that one.
 *
 * sshd tells a session's ends in SSH_CONNECTION (ssh(1)); sudo drops it, so the
 * environments of the process's ancestors are asked as well, as far as they can
 * be read.
 */
#ifndef XRTT_HOST_SSH_SESSION_H
#define XRTT_HOST_SSH_SESSION_H

#include "host/address.h"

struct ssh_session {
	struct address client;
	struct address server; /* this host's */
};

/* From the variable's value: client, its port, server, its port. 0 or -EINVAL.
 */
int ssh_session_parse(const char *text, struct ssh_session *out);

/* 0, or -ENOENT where there is none to be found. */
int ssh_session_find(struct ssh_session *out);

/* The interface that carries it; 0 where it is not one of this network
 * namespace, or goes over no link. */
int ssh_session_ifindex(const struct ssh_session *session);

#endif
