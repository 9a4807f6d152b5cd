/* SPDX-License-Identifier: GPL-2.0-only */
/* The reflector's map of the addresses that are this host's (include/door.h):
 * only what is sent to one of them is answered. */
#ifndef XRTT_PROBE_REFLECT_LOCAL_H
#define XRTT_PROBE_REFLECT_LOCAL_H

/* Makes the map hold just those of now; no address that stays is missing from
 * it meanwhile. 0 or -errno. One caller at a time. */
int reflect_local_refresh(int map_fd);

#endif
