// SPDX-License-Identifier: GPL-2.0-only
/* A probe's octets, and answers that are right, wrong and hostile. */
#include <arpa/inet.h>
#include <string.h>

#include "probe/packet.h"
#include "unit.h"

#define HOSTILE 200000

static struct packet_template t, control;

static struct plan plan_for(enum protocol protocol, int family,
			    unsigned int size)
{
	return (struct plan){ .protocol = protocol,
			      .address = { .family = family },
			      .size = size };
}

static void prepare(enum protocol protocol, int family, unsigned int size)
{
	struct plan plan = plan_for(protocol, family, size);

	packet_prepare(&t, &plan, 0x1234);
}

/* What a reflector makes of the 44 octets. */
static size_t answer(uint8_t *to)
{
	struct stamp_request request;
	struct stamp_reply reply = { .seq = htonl(77), .error = htons(0x4101) };

	memcpy(&request, t.octets, sizeof(request));
	reply.sender_seq = request.seq;
	reply.sender_sent = request.sent;
	memcpy(to, &reply, sizeof(reply));
	return sizeof(reply);
}

static void test_request(void **state)
{
	struct stamp_request request;
	struct stamp_tlv tlv;
	uint64_t nonce;

	(void)state;
	prepare(PROTOCOL_STAMP, AF_INET, 60);
	nonce = packet_finish(&t, 7, 5000000009LL);
	assert_int_equal(t.length, 60);
	memcpy(&request, t.octets, sizeof(request));
	assert_int_equal(ntohl(request.seq), 7);
	assert_int_equal(ntohl(request.sent.seconds), 5);
	assert_int_equal(ntohl(request.sent.fraction), 9);
	assert_memory_equal(&request.sent, &nonce, sizeof(nonce));
	assert_true(ntohs(request.error) & STAMP_ERROR_PTP);
	assert_true(ntohs(request.error) & STAMP_ERROR_MULTIPLIER_MASK);
	assert_int_not_equal(request.ssid, 0);
	memcpy(&tlv, t.octets + sizeof(request), sizeof(tlv));
	assert_int_equal(tlv.type, STAMP_TLV_PADDING);
	assert_int_equal(tlv.flags, STAMP_TLV_UNRECOGNIZED);
	assert_int_equal(ntohs(tlv.length), 60 - 48);
}

static void test_echo(void **state)
{
	struct packet_answer a;
	uint8_t reply[128] = { 0x45 };
	uint32_t sum = 0;

	(void)state;
	prepare(PROTOCOL_ICMP, AF_INET, 44);
	packet_finish(&t, 0x10002, 1);
	assert_int_equal(t.length, 52);
	assert_int_equal(t.octets[0], 8);
	for (size_t i = 0; i < t.length; i += 2)
		sum += t.octets[i] << 8 | t.octets[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	memcpy(reply + 20, t.octets, t.length);
	assert_false(packet_read(&t, reply, 72, &a)); /* a request */
	reply[20] = 0;
	assert_true(packet_read(&t, reply, 72, &a));
	assert_int_equal(a.seq, 0x10002);
	assert_false(packet_read(&t, reply, 71, &a));
	reply[25] ^= 1; /* somebody else's identifier */
	assert_false(packet_read(&t, reply, 72, &a));
}

static void test_answer(void **state)
{
	uint8_t octets[128];
	struct packet_answer a;
	uint64_t nonce;

	(void)state;
	prepare(PROTOCOL_STAMP, AF_INET6, 44);
	nonce = packet_finish(&t, 9, 123);
	assert_true(packet_read(&t, octets, answer(octets), &a));
	assert_int_equal(a.seq, 9);
	assert_int_equal(a.nonce, nonce);
	assert_int_equal(a.reflector_seq, 77);
	assert_int_equal(a.remote_error, 0x4101);
	assert_false(a.has_counters);
	assert_false(packet_read(&t, octets, 43, &a));
}

static void test_counters(void **state)
{
	const struct stamp_direct_measurement dm = { .reflector_rx = htonl(5),
						     .reflector_tx = htonl(4) };
	struct packet_answer a;
	uint8_t octets[128];
	size_t at;

	(void)state;
	prepare(PROTOCOL_STAMP, AF_INET, 300);
	packet_prepare_control(&control, &t, true);
	assert_int_equal(control.length, 44);
	packet_prepare_control(&control, &t, false);
	assert_int_equal(control.length, 60);
	at = answer(octets);
	memcpy(octets + at, control.octets + at, 16);
	assert_true(packet_read(&t, octets, 60, &a));
	assert_false(a.has_counters); /* sent back as it was: U is set */
	octets[at] = 0;
	memcpy(octets + at + 4, &dm, sizeof(dm));
	assert_true(packet_read(&t, octets, 60, &a));
	assert_true(a.has_counters);
	assert_int_equal(a.reflector_rx, 5);
	assert_int_equal(a.reflector_tx, 4);
	assert_true(packet_read(&t, octets, 59, &a));
	assert_false(a.has_counters);
}

/* Under ASan: nothing is read beyond the length, whatever is in it. */
static void test_hostile(void **state)
{
	struct prng prng = unit_prng("hostile");

	(void)state;
	for (int i = 0; i < HOSTILE; i++) {
		size_t length = prng_below(&prng, 100);
		uint8_t octets[length ? length : 1];
		struct packet_answer a;

		if (i % 100 == 0)
			prepare(i % 200 ? PROTOCOL_ICMP : PROTOCOL_STAMP,
				i % 400 ? AF_INET : AF_INET6, 44);
		for (size_t j = 0; j < length; j++)
			octets[j] = prng_next(&prng);
		packet_read(&t, octets, length, &a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_echo),
		cmocka_unit_test(test_answer),	cmocka_unit_test(test_counters),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
