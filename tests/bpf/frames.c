// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "frames.h"

void frame_put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

void frame_put32(uint8_t *at, uint32_t value)
{
	frame_put16(at, value >> 16);
	frame_put16(at + 2, value);
}

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

uint32_t frame_get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

struct frame_spec frame_defaults(int version)
{
	return (struct frame_spec){
		.version = version,
		.source_port = 40000,
		.port = FRAME_PORT,
		.ssid = 0x1234,
		.seq = 77,
		.ttl = 61,
		.tos = 0xb9,
		.source = 1,
		.local = 2,
		.payload = FRAME_STAMP,
	};
}

void frame_address(uint8_t address[16], int version, int is_local, uint8_t last)
{
	memset(address, 0, 16);
	if (version == 4) {
		memset(address + 10, 0xff, 2);
		address[12] = 10;
		address[13] = is_local ? 9 : 1;
	} else {
		address[0] = 0xfd;
		address[7] = is_local ? 9 : 1;
	}
	address[15] = last;
}

static size_t put_link(uint8_t *at, const struct frame_spec *s)
{
	size_t n = 12;
	int i;

	memset(at, 0, 6);
	at[0] = s->mac;
	memcpy(at + 6, "\x02\x11\x22\x33\x44\x55", 6);
	for (i = 0; i < s->tags; i++, n += 4) {
		frame_put16(at + n, i + 1 < s->tags ? 0x88a8 : 0x8100);
		frame_put16(at + n + 2, 0x6000 + 42 + i);
	}
	frame_put16(at + n, s->version == 4 ? 0x0800 : 0x86dd);
	return n + 2;
}

static size_t put_ip4(uint8_t *at, const struct frame_spec *s)
{
	uint8_t address[16];
	size_t header = 20 + s->options;

	memset(at, 0, header);
	memset(at + 20, 1, s->options); /* no-operation */
	at[0] = 0x40 | header / 4;
	at[1] = s->tos;
	frame_put16(at + 2, header + 8 + s->payload);
	frame_put16(at + 4, 0xbeef);
	frame_put16(at + 6, s->part);
	at[8] = s->ttl;
	at[9] = 17;
	frame_address(address, 4, 0, s->source);
	memcpy(at + 12, address + 12, 4);
	frame_address(address, 4, 1, s->local);
	memcpy(at + 16, address + 12, 4);
	return header;
}

static size_t put_ip6(uint8_t *at, const struct frame_spec *s)
{
	size_t extra = s->part ? 8 : 0;

	frame_put32(at, 0x60000000u | (uint32_t)s->tos << 20 | 0x54321);
	frame_put16(at + 4, extra + 8 + s->payload);
	at[6] = s->part ? 44 : 17;
	at[7] = s->ttl;
	frame_address(at + 8, 6, 0, s->source);
	frame_address(at + 24, 6, 1, s->local);
	if (s->part) {
		at[40] = 17;
		at[41] = 0;
		frame_put16(at + 42, s->part);
		frame_put32(at + 44, 0xabcdef01);
	}
	return 40 + extra;
}

void frame_build(struct frame *f, const struct frame_spec *s)
{
	uint8_t *at = f->octets;
	size_t i;

	memset(f, 0, sizeof(*f));
	if (!s->no_link)
		at += put_link(at, s);
	at += s->version == 4 ? put_ip4(at, s) : put_ip6(at, s);
	frame_put16(at, s->source_port);
	frame_put16(at + 2, s->port);
	frame_put16(at + 4, 8 + s->payload);
	frame_put16(at + 6, s->no_checksum ? 0 : 1);
	at += 8;
	frame_put32(at, s->seq);
	frame_put32(at + 4, 0x11223344);
	frame_put32(at + 8, 0x15667788);
	frame_put16(at + 12, 0x4102);
	frame_put16(at + 14, s->ssid);
	for (i = 16; i < s->payload; i++)
		at[i] = 0xa0 + i; /* what must be zeroed is not zero yet */
	if (s->tlvs_length)
		memcpy(at + FRAME_STAMP, s->tlvs, s->tlvs_length);
	f->length = at + s->payload + s->padding - f->octets;
	memset(at + s->payload, 0xee, s->padding);
	frame_seal(f, s->no_link);
}

struct frame_layout frame_parse(const struct frame *f, int no_link)
{
	struct frame_layout l = { .ip = no_link ? 0 : 14 };
	const uint8_t *o = f->octets;
	uint16_t type = get16(o + 12);

	if (!no_link && (type == 0x8100 || type == 0x88a8)) {
		type = get16(o + 16);
		l.ip = 18;
	}
	if (no_link)
		type = o[0] >> 4 == 6 ? 0x86dd : 0x0800;
	l.version = type == 0x0800 ? 4 : type == 0x86dd ? 6 : 0;
	if (l.version == 4 && o[l.ip] == 0x45 && o[l.ip + 9] == 17 &&
	    f->length >= l.ip + 28)
		l.udp = l.ip + 20;
	if (l.version == 6 && o[l.ip + 6] == 17 && f->length >= l.ip + 48)
		l.udp = l.ip + 40;
	if (l.udp)
		l.udp_length = get16(o + l.udp + 4);
	if (l.udp + l.udp_length > f->length)
		l.udp = 0;
	return l;
}

/* 0xffff if the octets carry a right checksum. */
static uint32_t add_octets(uint32_t sum, const uint8_t *at, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

static uint32_t sum_udp(const struct frame *f, const struct frame_layout *l)
{
	size_t addresses = l->version == 4 ? 8 : 32;
	uint32_t sum = 17 + l->udp_length;

	sum = add_octets(sum, f->octets + l->udp - addresses, addresses);
	return add_octets(sum, f->octets + l->udp, l->udp_length);
}

void frame_seal(struct frame *f, int no_link)
{
	struct frame_layout l = frame_parse(f, no_link);
	uint8_t *ip = f->octets + l.ip;
	uint8_t *check = f->octets + l.udp + 6;
	uint16_t sum;

	if (l.version == 4) {
		frame_put16(ip + 10, 0);
		frame_put16(ip + 10,
			    0xffff - add_octets(0, ip, (ip[0] & 15) * 4));
	}
	if (!l.udp || (l.version == 4 && !get16(check)))
		return;
	frame_put16(check, 0);
	sum = 0xffff - sum_udp(f, &l);
	frame_put16(check, sum ? sum : 0xffff);
}

int frame_is_valid(const struct frame *f, int no_link)
{
	struct frame_layout l = frame_parse(f, no_link);

	if (!l.udp)
		return 0;
	if (l.version == 4 && add_octets(0, f->octets + l.ip, 20) != 0xffff)
		return 0;
	if (!get16(f->octets + l.udp + 6))
		return l.version == 4;
	return sum_udp(f, &l) == 0xffff;
}

static void swap(uint8_t *a, uint8_t *b, size_t length)
{
	uint8_t kept[16];

	memcpy(kept, a, length);
	memcpy(a, b, length);
	memcpy(b, kept, length);
}

static void expect_tlvs(uint8_t *at, size_t left,
			const struct frame_answer *with)
{
	size_t length;
	int bad;

	while (left >= 4) {
		length = get16(at + 2);
		bad = length > left - 4 || (at[1] == 5 && length != 12);
		at[0] = at[1] == 1 || at[1] == 5 ? 0 : 0x80;
		if (bad) {
			at[0] |= 0x40;
			return;
		}
		if (at[1] == 5) {
			frame_put32(at + 8, with->received);
			frame_put32(at + 12, with->answered);
		}
		at += 4 + length;
		left -= 4 + length;
	}
}

void frame_expect(struct frame *answer, const struct frame *request,
		  const struct frame_answer *with, int no_link)
{
	struct frame_layout l = frame_parse(request, no_link);
	const uint8_t *in = request->octets + l.udp + 8;
	uint8_t *udp = answer->octets + l.udp;
	uint8_t *ip = answer->octets + l.ip;

	*answer = *request;
	if (!no_link)
		swap(answer->octets, answer->octets + 6, 6);
	if (l.version == 4)
		swap(ip + 12, ip + 16, 4);
	else
		swap(ip + 8, ip + 24, 16);
	ip[l.version == 4 ? 8 : 7] = 255;
	swap(udp, udp + 2, 2);
	memset(udp + 8, 0, FRAME_STAMP);
	frame_put32(udp + 8, with->seq);
	frame_put16(udp + 8 + 12, with->error);
	memcpy(udp + 8 + 14, in + 14, 2);
	memcpy(udp + 8 + 24, in, 14);
	udp[8 + 40] = request->octets[l.ip + (l.version == 4 ? 8 : 7)];
	expect_tlvs(udp + 8 + FRAME_STAMP, l.udp_length - 8 - FRAME_STAMP,
		    with);
}

uint64_t frame_stamp(const struct frame *f, size_t at, int no_link)
{
	struct frame_layout l = frame_parse(f, no_link);
	const uint8_t *stamp = f->octets + l.udp + 8 + at;

	return frame_get32(stamp) * 1000000000ULL + frame_get32(stamp + 4);
}
