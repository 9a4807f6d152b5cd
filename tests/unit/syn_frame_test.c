// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bypass engine's SYNs, octet by octet as RFC 9293, 7323, 2018, 791 and
 * 8200 lay them out. The checksum is verified as a receiver does it: over the
 * pseudo-header and the segment, two octets at a time, all ones.
 */
#include <string.h>

#include "probe/syn_frame.h"
#include "unit.h"

#define MTU 9001

static const struct vector {
	const char *what;
	int family;
	uint16_t vlan;
	unsigned int dscp;
	unsigned int hop_limit;
	unsigned int tcp_at;
	/* Up to the TCP header; IPv4's checksum is 0 here. */
	const char *headers;
	uint16_t mss;
} vectors[] = {
	{ "IPv4", AF_INET, 0, 0, 64, 34,
	  "0211223344550266778899aa0800"
	  "4500003c000040004006"
	  "0000c0000221c6336407",
	  MTU - 40 },
	{ "IPv4, VLAN, DSCP 46", AF_INET, 4094, 46, 255, 38,
	  "0211223344550266778899aa81000ffe0800"
	  "45b8003c00004000ff06"
	  "0000c0000221c6336407",
	  MTU - 40 },
	{ "IPv6, DSCP 46", AF_INET6, 0, 46, 64, 54,
	  "0211223344550266778899aa86dd"
	  "6b80000000280640"
	  "20010db8000000000000000000000033"
	  "20010db800010002fedcba9876543210",
	  MTU - 60 },
	{ "IPv6, VLAN 5", AF_INET6, 5, 0, 1, 58,
	  "0211223344550266778899aa8100000586dd"
	  "6000000000280601"
	  "20010db8000000000000000000000033"
	  "20010db800010002fedcba9876543210",
	  MTU - 60 },
};

static size_t from_hex(const char *text, uint8_t *out)
{
	unsigned int octet;
	size_t n;

	for (n = 0; sscanf(text + 2 * n, "%2x", &octet) == 1; n++)
		out[n] = octet;
	return n;
}

static void describe(const struct vector *v, struct frame_path *path)
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
		.target_port = 443,
		.dscp = v->dscp,
		.hop_limit = v->hop_limit,
	};
	address_set(&path->source, v->family, is4 ? from4 : from6);
	address_set(&path->target, v->family, is4 ? to4 : to6);
}

static uint16_t sum_up(uint32_t sum, const uint8_t *at, size_t octets)
{
	for (size_t i = 0; i < octets; i += 2) {
		sum += (uint32_t)at[i] << 8 | at[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* What the program does with the frame: it writes the ISN and the checksum. */
static void finish(const struct bypass_frame *frame, size_t tcp_at,
		   uint32_t isn, uint8_t *out)
{
	uint32_t wire = htonl(isn);
	uint64_t sum = frame->sum + wire;
	uint16_t check;

	memcpy(out, frame->head, sizeof(frame->head));
	memcpy(out + tcp_at + 4, &wire, 4);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	check = ~sum;
	memcpy(out + tcp_at + 16, &check, 2);
}

static void check_options(const uint8_t *at, uint16_t mss)
{
	const uint8_t expected[20] = {
		2, 4, mss >> 8, mss, 4, 2, 8, 10, [16] = 1, 3, 3, 7,
	};
	uint8_t options[20];

	memcpy(options, at, sizeof(options));
	assert_true(options[8] | options[9] | options[10] | options[11]);
	memset(options + 8, 0, 4);
	assert_memory_equal(options, expected, sizeof(options));
}

static void frames_are_what_the_rfcs_say(void **state)
{
	static const uint8_t tcp[20] = { 0xc0, 0xa9, 1,	   0xbb, 0x12, 0x34,
					 0x56, 0x78, 0,	   0,	 0,    0,
					 0xa0, 2,    0xfa, 0xf0, 0xff, 0xff };
	uint8_t built[BYPASS_HEAD_MAX], expected[BYPASS_HEAD_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];
		size_t at = v->tcp_at, ip = v->vlan ? 18 : 14;
		struct bypass_frame frame;
		struct frame_path path;
		bool is4 = v->family == AF_INET;

		print_message("# %s\n", v->what);
		describe(v, &path);
		memset(&frame, 0xff, sizeof(frame));
		syn_frame_build(&path, MTU, &frame);
		assert_int_equal(syn_frame_length(&path), at + 40);
		finish(&frame, at, 0x12345678, built);
		assert_int_equal(from_hex(v->headers, expected), at);
		if (is4) {
			assert_int_equal(sum_up(0, built + ip, 20), 0xffff);
			memset(built + ip + 10, 0, 2);
		}
		assert_memory_equal(built, expected, at);
		assert_int_equal(sum_up(sum_up(6 + 40,
					       built + at - (is4 ? 8 : 32),
					       is4 ? 8 : 32),
					built + at, 40),
				 0xffff);
		memset(built + at + 16, 0xff, 2);
		assert_memory_equal(built + at, tcp, sizeof(tcp));
		check_options(built + at + 20, v->mss);
	}
}

/* Over many ISNs, so that every carry is met. */
static void every_isn_sums_up(void **state)
{
	uint8_t built[BYPASS_HEAD_MAX];
	struct bypass_frame frame;
	struct frame_path path;

	(void)state;
	describe(&vectors[0], &path);
	syn_frame_build(&path, 1500, &frame);
	for (uint32_t isn = 0, i = 0; i < 100000; i++, isn += 0x9e3779b1) {
		finish(&frame, 34, isn, built);
		assert_int_equal(sum_up(sum_up(6 + 40, built + 26, 8),
					built + 34, 40),
				 0xffff);
	}
}

static void program_finds_nothing_where_it_writes(void **state)
{
	static const uint8_t nothing[BYPASS_HEAD_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		size_t at = vectors[i].tcp_at;
		struct bypass_frame frame;
		struct frame_path path;

		describe(&vectors[i], &path);
		memset(&frame, 0xff, sizeof(frame));
		syn_frame_build(&path, MTU, &frame);
		assert_memory_equal(frame.head + at + 4, nothing, 4);
		assert_memory_equal(frame.head + at + 16, nothing, 2);
		assert_memory_equal(frame.head + at + 40, nothing,
				    sizeof(nothing) - at - 40);
	}
}

/* The program has a writer for each length that there is. */
static void every_length_has_its_writer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct frame_path path;
		int writers = 0;

		describe(&vectors[i], &path);
#define IS_IT(octets, at) \
	writers += syn_frame_length(&path) == (octets) && \
		   frame_udp_at(&path) == (at);
		BYPASS_SYN_HEADS(IS_IT)
		assert_int_equal(writers, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_what_the_rfcs_say),
		cmocka_unit_test(every_isn_sums_up),
		cmocka_unit_test(program_finds_nothing_where_it_writes),
		cmocka_unit_test(every_length_has_its_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
