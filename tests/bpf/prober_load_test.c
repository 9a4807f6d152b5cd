// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it takes to load the prober: CAP_BPF and CAP_NET_ADMIN and nothing more,
 * and how much of it the verifier walks through with and without the rest.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "loading.h"
#include "slot.h"
#include "prober.skel.h"

static struct bpf_object *open_prober(const void *data)
{
	const struct prober_config *config = data;
	struct prober_bpf *bpf = prober_bpf__open();

	if (!bpf)
		return NULL;
	memcpy((void *)&bpf->rodata->config, config, sizeof(*config));
	bpf_program__set_autoload(bpf->progs.xrtt_xdp_rx, !config->rx_at_tc);
	return bpf->obj;
}

static void test_two_capabilities(void **state)
{
	struct prober_config config = { 0 };
	char title[64];

	(void)state;
	for (int k = 0; k < 12; k++) {
		config.link_header = k & 1 ? 0 : 14;
		config.rx_at_tc = k >> 1 & 1;
		config.is_tcp = k > 3;
		config.is_vlan = k > 7;
		snprintf(title, sizeof(title),
			 "link_header %2u, rx_at_tc %u, is_tcp %u%s",
			 config.link_header, config.rx_at_tc, config.is_tcp,
			 config.is_vlan ? ", is_vlan" : "");
		loading_compare(title, open_prober, &config,
				config.rx_at_tc ? 6 : 7);
	}
}

/* The child really has no more than it was left: less does not do. */
static void test_fewer(void **state)
{
	static const uint64_t less[] = { 0, LOADING_BPF, LOADING_NET_ADMIN };
	struct prober_config config = { .link_header = 14 };
	struct loading got;

	(void)state;
	for (size_t i = 0; i < sizeof(less) / sizeof(*less); i++) {
		loading_try(less[i], open_prober, &config, &got);
		assert_int_equal(got.err, -EPERM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_capabilities),
		cmocka_unit_test(test_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
