// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>
#include <string.h>
#include "probe_frames.h"

#define LINK 14

static size_t put_link(uint8_t *at, const struct probe_spec *s)
{
	size_t n = 12;

	if (s->no_link)
		return 0;
	memcpy(at, "\x02\xaa\xbb\xcc\xdd\xee\x02\x11\x22\x33\x44\x55", 12);
	for (int i = 0; i < s->tags; i++, n += 4) {
		frame_put16(at + n, i + 1 < s->tags ? 0x88a8 : 0x8100);
		frame_put16(at + n + 2, 0x2000 + 7 + i);
	}
	frame_put16(at + n, s->version == 4 ? 0x0800 : 0x86dd);
	return n + 2;
}

static void put_address(uint8_t *at, const struct probe_spec *s, int is_far)
{
	uint8_t address[16];

	frame_address(address, s->version, is_far, is_far ? s->far : s->near);
	if (s->version == 4)
		memcpy(at, address + 12, 4);
	else
		memcpy(at, address, 16);
}

static size_t put_ip4(uint8_t *at, const struct probe_spec *s)
{
	size_t header = 20 + s->options;

	memset(at, 0, header);
	memset(at + 20, 1, s->options); /* no-operation */
	at[0] = 0x40 | header / 4;
	frame_put16(at + 2, header + 8 + s->payload);
	frame_put16(at + 4, 0x1dea);
	frame_put16(at + 6, s->part);
	at[8] = s->ttl;
	at[9] = s->protocol;
	put_address(at + 12, s, !s->outbound);
	put_address(at + 16, s, s->outbound);
	return header;
}

static size_t put_ip6(uint8_t *at, const struct probe_spec *s)
{
	size_t extra = s->part ? 8 : 0;

	frame_put32(at, 0x60012345);
	frame_put16(at + 4, extra + 8 + s->payload);
	at[6] = s->part ? IPPROTO_FRAGMENT : s->protocol;
	at[7] = s->ttl;
	put_address(at + 8, s, !s->outbound);
	put_address(at + 24, s, s->outbound);
	if (!s->part)
		return 40;
	at[40] = s->protocol;
	at[41] = 0;
	frame_put16(at + 42, s->part);
	frame_put32(at + 44, 0xabcdef01);
	return 48;
}

static void put_udp(uint8_t *at, const struct probe_spec *s)
{
	frame_put16(at, s->outbound ? s->near_port : s->far_port);
	frame_put16(at + 2, s->outbound ? s->far_port : s->near_port);
	frame_put16(at + 4, 8 + s->payload);
	frame_put16(at + 6, 1);
}

static void put_echo(uint8_t *at, const struct probe_spec *s)
{
	static const uint8_t types[2][2] = { { 0, 8 }, { 129, 128 } };

	at[0] = s->icmp_type >= 0 ? s->icmp_type
				  : types[s->version == 6][!!s->outbound];
	at[1] = 0;
	frame_put16(at + 2, 0x5a5a);
	frame_put16(at + 4, s->near_port);
	frame_put16(at + 6, s->seq);
}

static void put_payload(uint8_t *at, const struct probe_spec *s)
{
	memset(at, 0, s->payload);
	if (s->payload > FRAME_STAMP)
		memset(at + FRAME_STAMP, 0x77, s->payload - FRAME_STAMP);
	if (s->outbound || s->protocol != IPPROTO_UDP) {
		frame_put32(at, s->seq);
		memcpy(at + 4, &s->nonce, 8);
		frame_put16(at + 12, 0x4102);
		return;
	}
	frame_put32(at, s->reflector_seq);
	memcpy(at + 4, &s->sent, 8);
	frame_put16(at + 12, s->error);
	memcpy(at + 16, &s->received, 8);
	frame_put32(at + 24, s->seq);
	memcpy(at + 28, &s->nonce, 8);
	frame_put16(at + 36, 0x4102);
	at[40] = s->sender_ttl;
}

struct probe_layout probe_frame_layout(const struct probe_spec *s)
{
	int is_reply = !s->outbound && s->protocol == IPPROTO_UDP;
	struct probe_layout l = { 0 };

	l.ip = s->no_link ? 0 : LINK + 4 * s->tags;
	l.transport = l.ip + (s->version == 4 ? 20 + s->options
			      : s->part	      ? 48
					      : 40);
	l.payload = l.transport + 8;
	l.seq = l.payload + (is_reply ? 24 : 0);
	l.nonce = l.seq + 4;
	return l;
}

void probe_frame_build(struct frame *f, const struct probe_spec *s)
{
	struct probe_layout l = probe_frame_layout(s);

	memset(f, 0, sizeof(*f));
	put_link(f->octets, s);
	if (s->version == 4)
		put_ip4(f->octets + l.ip, s);
	else
		put_ip6(f->octets + l.ip, s);
	if (s->protocol == IPPROTO_UDP)
		put_udp(f->octets + l.transport, s);
	else
		put_echo(f->octets + l.transport, s);
	put_payload(f->octets + l.payload, s);
	f->length = l.payload + s->payload;
	frame_seal(f, s->no_link);
}

void probe_frame_cut(struct frame *cut, const struct frame *f,
		     const struct probe_spec *s)
{
	struct probe_layout l = probe_frame_layout(s);
	size_t from = s->protocol == IPPROTO_ICMP ? l.ip : l.transport;
	size_t length = f->length > from ? f->length - from : 0;

	memset(cut, 0, sizeof(*cut));
	memcpy(cut->octets + LINK, f->octets + from, length);
	cut->length = LINK + length;
}
