// SPDX-License-Identifier: GPL-2.0-only
/* Probes of a path: what has to stay the same from one to the next, and what
 * must not. */
#include <arpa/inet.h>
#include <string.h>

#include "model/stamptime.h"
#include "probe/path_packet.h"
#include "unit.h"
#include "wire.h"

#define TAI (1766000000 * NSEC_PER_SEC)
#define ROUNDS 5000

static struct path_wire wire_of(int family, bool is_icmp)
{
	struct path_wire w = {
		.is_icmp = is_icmp,
		.local_port = 40001,
		.remote_port = is_icmp ? 0 : STAMP_PORT,
		.flow_label = 0x12345,
		.dscp = 46,
		.ssid = 0x1357,
		.checksum = 0xbeef,
	};
	const char *source = family == AF_INET ? "192.0.2.33" : "2001:db8::33";
	const char *target =
		family == AF_INET ? "198.51.100.7" : "2001:db8:1::7";
	uint8_t octets[16];

	inet_pton(family, source, octets);
	address_set(&w.source, family, octets);
	inet_pton(family, target, octets);
	address_set(&w.target, family, octets);
	return w;
}

static unsigned int read16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* RFC 1071 as it stands there; 0xffff over what holds a right checksum. */
static unsigned int sum16(const uint8_t *at, size_t n, unsigned int sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? at[i] : at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static unsigned int pseudo(const uint8_t *packet, unsigned int length)
{
	bool four = packet[0] >> 4 == 4;
	const uint8_t *addresses = packet + (four ? 12 : 8);
	unsigned int protocol = packet[four ? 9 : 6];

	if (protocol == IPPROTO_ICMP)
		return 0;
	return sum16(addresses, four ? 8 : 32, protocol + length);
}

static void assert_whole(const uint8_t *packet, unsigned int size)
{
	unsigned int header = packet[0] >> 4 == 4 ? 20 : 40;

	if (header == 20) {
		assert_int_equal(sum16(packet, 20, 0), 0xffff);
		assert_int_equal(read16(packet + 2), size);
	} else {
		assert_int_equal(read16(packet + 4), size - 40);
	}
	assert_int_equal(sum16(packet + header, size - header,
			       pseudo(packet, size - header)),
			 0xffff);
}

/* The timestamp is what it was to be, or up to two steps before. */
static void assert_stamp(const uint8_t *stamp, const struct path_probe *p,
			 uint64_t nonce)
{
	remote_t sent;

	assert_memory_equal(stamp + 4, &nonce, 8);
	assert_true(stamptime_read(nonce, true, &sent));
	assert_in_range(llabs(p->tai_ns - sent.ns), 0, 2 * 65536);
	assert_int_equal(read16(stamp) << 16 | read16(stamp + 2), p->seq);
	assert_int_equal(stamp[12] & 0xc0, STAMP_ERROR_PTP >> 8);
}

/* All but TTL, Identification, its checksum, UDP's, an echo's sequence number
 * and the timestamp. */
static void mask(uint8_t *packet)
{
	bool four = packet[0] >> 4 == 4;
	unsigned int header = four ? 20 : 40;
	bool udp = packet[four ? 9 : 6] == IPPROTO_UDP;

	packet[four ? 8 : 7] = 0;
	if (four)
		memset(packet + 4, 0, 2), memset(packet + 10, 0, 2);
	memset(packet + header + 6, 0, 2);
	memset(packet + header + 8, 0, 12);
	assert_true(udp || read16(packet + header + 2) == 0xbeef);
}

static void probes_of_a_flow_look_the_same(void **state)
{
	struct prng prng = unit_prng("probes_of_a_flow_look_the_same");

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct path_wire w =
			wire_of(kind & 1 ? AF_INET6 : AF_INET, kind & 2);
		unsigned int size = path_packet_least(&w);
		unsigned int header = kind & 1 ? 40 : 20;
		uint8_t packet[PATH_PACKET_MOST], first[PATH_PACKET_MOST];

		for (int i = 0; i < ROUNDS; i++) {
			struct path_probe p = {
				.seq = i ? prng_next(&prng) : 1,
				.ttl = prng_next(&prng),
				.tai_ns = TAI +
					  prng_below(&prng, 2 * NSEC_PER_SEC),
				.size = size,
			};
			uint64_t nonce;

			if (!PATH_TAG(p.seq) || PATH_TAG(p.seq) == 0xffff)
				continue;
			nonce = path_packet_write(&w, &p, packet);
			assert_whole(packet, size);
			assert_stamp(packet + header + 8, &p, nonce);
			assert_int_equal(read16(packet + header + 6),
					 PATH_TAG(p.seq));
			if (header == 20)
				assert_int_equal(read16(packet + 4),
						 PATH_TAG(p.seq));
			assert_int_equal(packet[header == 20 ? 8 : 7], p.ttl);
			mask(packet);
			if (!i)
				memcpy(first, packet, size);
			assert_memory_equal(packet, first, size);
		}
	}
}

/* The last steps of a second have no room for any low half. */
static void a_second_ends(void **state)
{
	struct path_wire w = wire_of(AF_INET6, false);
	uint8_t packet[PATH_PACKET_MOST];

	(void)state;
	for (unsigned int tag = 1; tag < 0xffff; tag += 7) {
		struct path_probe p = {
			.seq = tag,
			.ttl = 1,
			.tai_ns = TAI + NSEC_PER_SEC - 1 - tag,
			.size = path_packet_least(&w),
		};
		uint64_t nonce = path_packet_write(&w, &p, packet);

		assert_stamp(packet + 48, &p, nonce);
		assert_whole(packet, p.size);
	}
}

static void longer_ones_are_padded(void **state)
{
	static const unsigned int sizes[] = { 128,  540,  1280,
					      1337, 1500, PATH_PACKET_MOST };
	uint8_t packet[PATH_PACKET_MOST];

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct path_wire w =
			wire_of(kind & 1 ? AF_INET6 : AF_INET, kind & 2);
		unsigned int least = path_packet_least(&w);

		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct path_probe p = { .seq = 77,
						.ttl = 255,
						.tai_ns = TAI,
						.size = sizes[i] };

			path_packet_write(&w, &p, packet);
			assert_whole(packet, p.size);
			if (w.is_icmp)
				continue;
			assert_int_equal(packet[least], STAMP_TLV_UNRECOGNIZED);
			assert_int_equal(packet[least + 1], STAMP_TLV_PADDING);
			assert_int_equal(read16(packet + least + 2),
					 p.size - least - 4);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_of_a_flow_look_the_same),
		cmocka_unit_test(a_second_ends),
		cmocka_unit_test(longer_ones_are_padded),
	};

	return cmocka_run_group_tests_name("path_packet", tests, NULL, NULL);
}
