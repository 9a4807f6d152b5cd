/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071), over words as they lie in memory: its
 * complement is stored as it is, whatever the machine's byte order. */
#ifndef XRTT_MODEL_CHECKSUM_H
#define XRTT_MODEL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* To be added to others'; `octets` is even, or the data's last part. */
uint64_t checksum_sum(const void *data, size_t octets);

uint16_t checksum_fold(uint64_t sum);

#endif
