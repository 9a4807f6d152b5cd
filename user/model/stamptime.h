/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STAMP's timestamps and Error Estimate (RFC 8762 4.2.1, RFC 8186, RFC 4656
 * 4.1.2). A timestamp is the packet's eight octets as they stand, held in a
 * uint64_t as struct slot holds them.
 */
#ifndef XRTT_MODEL_STAMPTIME_H
#define XRTT_MODEL_STAMPTIME_H

#include "model/time.h"

/*
 * To ns since 1970 in the far clock's own scale (TAI, UTC or what it keeps).
 * PTP seconds are taken as 1970 to 2106. NTP seconds from 2^31 on are era 0
 * (1968 to 2036), smaller ones era 1 (2036 to 2104; RFC 4330 section 3).
 * False, *out untouched, if all octets are zero ("no stamp") or PTP's
 * nanoseconds exceed 999 999 999.
 */
bool stamptime_read(uint64_t octets, bool is_ptp, remote_t *out);

/* PTP octets of an instant in ns since 1970, 0 to 2^32 s. */
uint64_t stamptime_write(int64_t ns);

/*
 * Scale and Multiplier (host order, S and Z clear) of the smallest error that
 * the format can say and that is not below `error`; for an error of 0 or less
 * the format's smallest, 2^-32 s.
 */
uint16_t stamptime_encode_error(span_t error);

/*
 * An Error Estimate in host order to ns, rounded up, at most INT64_MAX. False,
 * *out untouched, if its Multiplier is 0: invalid, the clock's error unknown.
 */
bool stamptime_decode_error(uint16_t estimate, span_t *out);

#endif
