// SPDX-License-Identifier: GPL-2.0-only
#include "model/checksum.h"

#include <string.h>

uint64_t checksum_sum(const void *data, size_t octets)
{
	const uint8_t *at = data;
	uint64_t sum = 0;
	uint16_t word;

	for (; octets > 1; octets -= 2, at += 2) {
		memcpy(&word, at, 2);
		sum += word;
	}
	if (octets) {
		word = 0;
		memcpy(&word, at, 1);
		sum += word;
	}
	return sum;
}

uint16_t checksum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}
