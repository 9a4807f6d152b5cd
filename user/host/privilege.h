/* SPDX-License-Identifier: GPL-2.0-only */
/* What it would take to load BPF programs, in words. */
#ifndef XRTT_HOST_PRIVILEGE_H
#define XRTT_HOST_PRIVILEGE_H

/*
 * Of the error of loading. -EPERM: a capability is missing. -EACCES, -E2BIG:
 * the verifier refused. Without CAP_PERFMON it walks speculative paths as
 * well (Spectre v1): none of the kernels in the matrix refuses for that, but
 * another's may.
 */
const char *privilege_to_load(int err);

#endif
