/* SPDX-License-Identifier: GPL-2.0-only */
/* cmocka's skip() with a reason, which tests/run.sh passes on. */
#ifndef XRTT_TEST_SKIP_H
#define XRTT_TEST_SKIP_H

#define SKIP(reason) \
	do { \
		print_message("%s\n", reason); \
		skip(); \
	} while (0)

#endif
