// SPDX-License-Identifier: GPL-2.0-only
#include "host/privilege.h"

#include <errno.h>

const char *privilege_to_load(int err)
{
	return err == -EACCES || err == -E2BIG
		       ? "needs CAP_BPF and CAP_NET_ADMIN, and for this "
			 "kernel's verifier CAP_PERFMON (run it with sudo)"
		       : "needs CAP_BPF and CAP_NET_ADMIN (run it with sudo)";
}
