/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One small request to a service on this host's link, as the instance metadata
 * service is: HTTP/1.1, a connection each, no redirection, no proxy, no chunks.
 * A library for the whole of HTTP would bring TLS, name services and thirty
 * shared objects for two requests of a hundred octets.
 */
#ifndef XRTT_HOST_HTTP_H
#define XRTT_HOST_HTTP_H

#include <stddef.h>

#include "model/time.h"

struct http_request {
	const char *address; /* IPv4; port 80 */
	const char *method;
	const char *path;
	const char *header; /* one more line, "Name: value" */
};

/*
 * The body, 0-terminated, in `body`. 0; -ETIMEDOUT once `until` has passed;
 * -EPROTO where it is no answer of status 200, is cut short or does not fit
 * into `size`, *status then being what it was or 0; else -errno.
 */
int http_ask(const struct http_request *request, mono_t until, char *body,
	     size_t size, int *status);

#endif
