# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What this kernel lacks, by its own symbols, and what xrtt says it did without:
# each is a step down of the report, and nothing else is.

. "${BASH_SOURCE[0]%/*}/lib.bash"

said() {
	far grep "xrtt reflect: $1" "$FAR_DIR/reflect.err"
}

test_tx() {
	probe_ok "$FAR4" -c 20 -i 5ms
	if kernel_has tcx_prog_attach; then
		json '.probes.received == 20 and (.hooks | .rx == "xdp"
			and .tx_how == "tcx" and .fallbacks == [])'
		return
	fi
	json '.probes.received == 20 and (.hooks | .rx == "xdp"
		and .tx_how == "clsact" and (.fallbacks | length == 1)
		and (.fallbacks[0] | .stage == "tx" and .wanted == "tcx"
			and .used == "clsact" and (.why | test("no tcx"))))'
	grep 'hooks *clsact, not tcx' "$DIR/probe.out"
}

test_tcx_alone() {
	local status=0

	probe "$FAR4" -c 5 -i 5ms --tc tcx || status=$?
	if kernel_has tcx_prog_attach; then
		((status == 0)) || fail "status $status"
		return
	fi
	((status == 3)) || fail "status $status"
	grep 'no tcx.*--tc auto takes clsact' "$DIR/probe.err"
}

test_reflector() {
	if kernel_has tcx_prog_attach; then
		said 'reflecting on far0, .* by tcx$'
	else
		said 'reflecting on far0, .* by clsact$'
		said 'not by tcx: this kernel has no tcx'
	fi
	if kernel_has bpf_ktime_get_tai_ns; then
		if said 'no TAI'; then
			fail 'the kernel has it'
		fi
	else
		said 'no TAI in the kernel'
	fi
}

test_engine_auto() {
	probe_ok "$FAR4" -c 20 -i 5ms --engine auto -W 3s
	json '.engine == "bypass" and .probes.received == 20
		and .probes.duplicate == 0
		and (.hooks.fallbacks | all(.stage != "engine"))'
}

test_hw_stamps() {
	probe_ok "$FAR4" -c 20 -i 5ms --hw-stamps
	json '.probes.received == 20 and .stages_ns.nic_to_xdp == null
		and (.hooks.fallbacks
			| any(.stage == "hw_rx" and .why != null))'
}

reflector_start --hook tc
check 'the reflector says what it does without' test_reflector
check 'TX: tcx, else clsact, and it is said' test_tx
check '--tc tcx takes nothing else' test_tcx_alone
check '--engine auto is bypass on virtio_net' test_engine_auto
check '--hw-stamps, which virtio_net has not, goes on without' test_hw_stamps
reflector_stop
finish
