// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it takes to load the reflector, as XDP and as TC, with and without the
 * kernel's TAI, and the bypass engine's sender: CAP_BPF and CAP_NET_ADMIN.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "door.h"
#include "loading.h"
#include "order.h"
#include "bypass.skel.h"
#include "reflector.skel.h"

#define KINDS 16

struct kind {
	struct reflector_config config;
	int tc;
};

static struct kind kind_of(int k)
{
	return (struct kind){
		.config = {
			.port = htons(862),
			.link_header = k & 1 ? 0 : 14,
			.has_tai = !(k & 2),
			.token_ns = k & 4 ? 0 : 10000,
			.burst_ns = 20000000,
		},
		.tc = k >> 3,
	};
}

static struct bpf_object *open_reflector(const void *data)
{
	const struct kind *kind = data;
	struct reflector_bpf *bpf = reflector_bpf__open();

	if (!bpf)
		return NULL;
	memcpy((void *)&bpf->rodata->config, &kind->config,
	       sizeof(kind->config));
	bpf_program__set_autoload(bpf->progs.xrtt_reflect_xdp, !kind->tc);
	bpf_program__set_autoload(bpf->progs.xrtt_reflect_tc, kind->tc);
	return bpf->obj;
}

static void test_reflector(void **state)
{
	char title[64];

	(void)state;
	for (int k = 0; k < KINDS; k++) {
		struct kind kind = kind_of(k);

		snprintf(title, sizeof(title), "link %2u, TAI %u, rate %u",
			 kind.config.link_header, kind.config.has_tai,
			 kind.config.token_ns != 0);
		loading_compare(title, open_reflector, &kind, 1);
	}
}

static struct bpf_object *open_bypass(const void *config)
{
	struct bypass_bpf *bpf = bypass_bpf__open();

	if (!bpf)
		return NULL;
	memcpy((void *)&bpf->rodata->config, config,
	       sizeof(struct bypass_config));
	return bpf->obj;
}

static void test_bypass(void **state)
{
	static const struct bypass_config frames[] = {
#define FRAME(octets, at) { .ifindex = 1, .head = (octets), .udp_at = (at) },
		BYPASS_HEADS(FRAME)
#undef FRAME
	};
	char title[64];

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		for (int flood = 0; flood < 2; flood++) {
			struct bypass_config config = frames[i];

			config.flood = flood;
			snprintf(title, sizeof(title), "head %u, flood %d",
				 config.head, flood);
			loading_compare(title, open_bypass, &config, 3);
		}
	}
}

/* Less does not do: the child has what it was left and no more. */
static void test_fewer(void **state)
{
	static const uint64_t less[] = { 0, LOADING_BPF, LOADING_NET_ADMIN };
	struct kind kind = kind_of(0);
	struct loading got;

	(void)state;
	for (size_t i = 0; i < sizeof(less) / sizeof(*less); i++) {
		loading_try(less[i], open_reflector, &kind, &got);
		assert_int_equal(got.err, -EPERM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reflector),
		cmocka_unit_test(test_bypass),
		cmocka_unit_test(test_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
