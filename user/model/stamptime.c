/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/stamptime.h"

#include <arpa/inet.h>
#include <string.h>

#include "wire.h"

#define NTP_TO_1970 INT64_C(2208988800)
#define NTP_ERA (INT64_C(1) << 32)

bool stamptime_read(uint64_t octets, bool is_ptp, remote_t *out)
{
	struct stamp_time wire;
	int64_t seconds;
	uint64_t fraction;

	if (!octets)
		return false;
	memcpy(&wire, &octets, sizeof(wire));
	seconds = ntohl(wire.seconds);
	fraction = ntohl(wire.fraction);
	if (is_ptp) {
		if (fraction >= (uint64_t)NSEC_PER_SEC)
			return false;
	} else {
		seconds += seconds < NTP_ERA / 2 ? NTP_ERA : 0;
		seconds -= NTP_TO_1970;
		fraction = (fraction * NSEC_PER_SEC + (1u << 31)) >> 32;
	}
	*out = (remote_t){ seconds * NSEC_PER_SEC + (int64_t)fraction };
	return true;
}

uint64_t stamptime_write(int64_t ns)
{
	struct stamp_time wire = {
		.seconds = htonl((uint32_t)(ns / NSEC_PER_SEC)),
		.fraction = htonl((uint32_t)(ns % NSEC_PER_SEC)),
	};
	uint64_t octets;

	memcpy(&octets, &wire, sizeof(octets));
	return octets;
}

uint16_t stamptime_encode_error(span_t error)
{
	unsigned __int128 units, unit_ns = NSEC_PER_SEC;
	unsigned int scale = 0;

	if (error.ns <= 0)
		return 1;
	units = ((unsigned __int128)error.ns << 32) + unit_ns - 1;
	while (units / unit_ns > STAMP_ERROR_MULTIPLIER_MASK) {
		scale++;
		unit_ns <<= 1;
		units = ((unsigned __int128)error.ns << 32) + unit_ns - 1;
	}
	return scale << STAMP_ERROR_SCALE_SHIFT | (uint16_t)(units / unit_ns);
}

bool stamptime_decode_error(uint16_t estimate, span_t *out)
{
	unsigned int scale =
		estimate >> STAMP_ERROR_SCALE_SHIFT & STAMP_ERROR_SCALE_MASK;
	unsigned __int128 ns = estimate & STAMP_ERROR_MULTIPLIER_MASK;

	if (!ns)
		return false;
	ns = (ns * NSEC_PER_SEC << scale) + UINT32_MAX;
	ns >>= 32;
	*out = span_ns(ns > INT64_MAX ? INT64_MAX : (int64_t)ns);
	return true;
}
