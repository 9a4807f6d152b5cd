// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bypass engine's frames against whole frames that scapy built from the
 * same addresses, ports and payload, checksums included.
 */
#include <string.h>

#include "probe/frame.h"
#include "unit.h"

#define SEQ 0x12345678U
#define SECONDS 0x6f7a8b9cU
#define FRACTION 0x3ade68b1U

#define FRAME_ROOM 256

/* scapy's Ether()/[Dot1Q()/]IP() or IPv6()/UDP()/payload, in hexadecimal. */
static const struct vector {
	const char *what;
	int family;
	uint16_t vlan;
	unsigned int size;
	unsigned int dscp;
	unsigned int hop_limit;
	unsigned int udp_at;
	const char *octets;
} vectors[] = {
	{ "IPv4", AF_INET, 0, 44, 0, 255, 34,
	  "0211223344550266778899aa08004500004800004000ff118f48c000"
	  "0221c6336407c0a9035e00346ef9123456786f7a8b9c3ade68b1c57e"
	  "13570000000000000000000000000000000000000000000000000000"
	  "0000" },
	{ "IPv4, the last VLAN, DSCP 46", AF_INET, 4094, 44, 46, 64, 38,
	  "0211223344550266778899aa81000ffe080045b80048000040004011"
	  "4d91c0000221c6336407c0a9035e00346ef9123456786f7a8b9c3ade"
	  "68b1c57e135700000000000000000000000000000000000000000000"
	  "000000000000" },
	{ "IPv6, DSCP 46", AF_INET6, 0, 44, 46, 255, 54,
	  "0211223344550266778899aa86dd6b800000003411ff20010db80000"
	  "0000000000000000003320010db800010002fedcba9876543210c0a9"
	  "035e00349dd3123456786f7a8b9c3ade68b1c57e1357000000000000"
	  "00000000000000000000000000000000000000000000" },
	{ "IPv6, VLAN 5, hop limit 1", AF_INET6, 5, 44, 0, 1, 58,
	  "0211223344550266778899aa8100000586dd60000000003411012001"
	  "0db800000000000000000000003320010db800010002fedcba987654"
	  "3210c0a9035e00349dd3123456786f7a8b9c3ade68b1c57e13570000"
	  "0000000000000000000000000000000000000000000000000000" },
	{ "IPv4, an odd length", AF_INET, 0, 49, 10, 255, 34,
	  "0211223344550266778899aa08004528004d00004000ff118f1bc000"
	  "0221c6336407c0a9035e0039eeec123456786f7a8b9c3ade68b1c57e"
	  "13570000000000000000000000000000000000000000000000000000"
	  "00008001000100" },
};

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n;
	unsigned int octet;

	for (n = 0; sscanf(text + 2 * n, "%2x", &octet) == 1; n++)
		out[n] = octet;
	return n;
}

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = value >> (24 - 8 * i);
}

/* One vector's frame, and what it is built from. */
struct built {
	struct frame_path path;
	struct packet_template packet;
	struct bypass_frame frame;
	size_t length;
};

static void describe(const struct vector *v, struct frame_path *path,
		     struct packet_template *packet)
{
	static const uint8_t from4[] = { 192, 0, 2, 33 };
	static const uint8_t to4[] = { 198, 51, 100, 7 };
	static const uint8_t from6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 0x33 };
	static const uint8_t to6[16] = { 0x20, 1,    0x0d, 0xb8, 0,    1,
					 0,    2,    0xfe, 0xdc, 0xba, 0x98,
					 0x76, 0x54, 0x32, 0x10 };
	bool is4 = v->family == AF_INET;

	*path = (struct frame_path){
		.source_mac = { 2, 0x66, 0x77, 0x88, 0x99, 0xaa },
		.next_hop_mac = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 },
		.vlan = v->vlan,
		.source_port = 49321,
		.target_port = 862,
		.dscp = v->dscp,
		.hop_limit = v->hop_limit,
	};
	address_set(&path->source, v->family, is4 ? from4 : from6);
	address_set(&path->target, v->family, is4 ? to4 : to6);
	memset(packet, 0, sizeof(*packet));
	packet->family = v->family;
	packet->length = v->size;
	put32(packet->octets + 12, 0xc57e1357);
	if (v->size > 44)
		put32(packet->octets + 44, 0x80010000 | (v->size - 48));
}

static void build(const struct vector *v, struct built *b)
{
	describe(v, &b->path, &b->packet);
	memset(&b->frame, 0xff, sizeof(b->frame));
	frame_build(&b->path, &b->packet, &b->frame);
	b->length = frame_length(&b->path, &b->packet);
}

/* The head with what the program writes into it: the whole frame. */
static void finish(const struct bypass_frame *frame, size_t udp_at,
		   uint8_t *out)
{
	uint8_t *request = out + udp_at + 8;
	uint64_t sum = frame->sum;
	uint16_t word, check;

	memcpy(out, frame->head, sizeof(frame->head));
	put32(request, SEQ);
	put32(request + 4, SECONDS);
	put32(request + 8, FRACTION);
	for (int i = 0; i < 12; i += 2) {
		memcpy(&word, request + i, 2);
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	check = ~sum;
	memcpy(out + udp_at + 6, &check, 2);
}

static void frames_are_as_scapy_builds_them(void **state)
{
	uint8_t expected[FRAME_ROOM], octets[FRAME_ROOM];
	static struct built b;
	size_t length;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		print_message("# %s\n", vectors[i].what);
		length = from_hex(vectors[i].octets, expected);
		build(&vectors[i], &b);
		assert_int_equal(frame_udp_at(&b.path), vectors[i].udp_at);
		assert_int_equal(b.length, length);
		finish(&b.frame, vectors[i].udp_at, octets);
		assert_memory_equal(octets, expected, length);
	}
}

/* Sequence number, timestamp and checksum are the program's, and 0 before. */
static void what_changes_is_left_to_the_program(void **state)
{
	static const uint8_t nothing[BYPASS_HEAD_MAX];
	static struct built b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const uint8_t *udp = b.frame.head + vectors[i].udp_at;

		build(&vectors[i], &b);
		assert_memory_equal(udp + 6, nothing, 2);
		assert_memory_equal(udp + 8, nothing, 12);
		assert_memory_equal(b.frame.head + b.length, nothing,
				    sizeof(nothing) - b.length);
	}
}

/* The head is cut at its room; the sum is still that of the whole. */
static void longer_frames_are_cut(void **state)
{
	static struct built b;
	struct vector v = vectors[0];
	struct bypass_frame longer;

	(void)state;
	v.size = 400;
	build(&v, &b);
	b.packet.octets[300] = 0x12;
	b.packet.octets[301] = 0x34;
	frame_build(&b.path, &b.packet, &longer);
	assert_int_equal(b.length, 442);
	assert_memory_equal(longer.head, b.frame.head, sizeof(longer.head));
	assert_memory_equal(longer.head + 42, b.packet.octets,
			    sizeof(longer.head) - 42);
	assert_int_equal(longer.sum - b.frame.sum,
			 *(const uint16_t *)(b.packet.octets + 300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_as_scapy_builds_them),
		cmocka_unit_test(what_changes_is_left_to_the_program),
		cmocka_unit_test(longer_frames_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
