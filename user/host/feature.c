// SPDX-License-Identifier: GPL-2.0-only
#include "host/feature.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "host/hook.h"

int feature_helper(enum bpf_prog_type type, enum bpf_func_id helper)
{
	const struct bpf_insn call[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = helper },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "xrtt_feature", "GPL", call,
			       sizeof(call) / sizeof(*call), NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int feature_tcx(int ifindex)
{
	uint32_t count = 0;

	if (!bpf_prog_query(ifindex, HOOK_TCX_INGRESS, 0, NULL, NULL, &count))
		return 0;
	/* Nobody has attached anything. */
	return errno == ENOENT ? 0 : -errno;
}
