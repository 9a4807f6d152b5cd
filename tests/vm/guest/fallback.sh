# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What this kernel lacks, by its own symbols, and what xrtt says it did without:
# each is a step down of the report, and nothing else is.

. "${BASH_SOURCE[0]%/*}/lib.bash"

# kernel_has FUNCTION
kernel_has() {
	near grep -q " $1\$" /proc/kallsyms
}

# stages: of the run's steps down.
stages() {
	jq -c '[.hooks.fallbacks[].stage]' "$DIR/run.json"
}

said() {
	far grep "xrtt reflect: $1" "$FAR_DIR/reflect.err"
}

test_tx() {
	probe_ok "$FAR4" -c 20 -i 5ms
	json '.probes.received == 20 and .hooks.rx == "xdp"'
	say "$(jq -c .hooks "$DIR/run.json")"
	if kernel_has tcx_prog_attach; then
		json '.hooks.tx_how == "tcx"'
		[[ $(stages) == '[]' ]]
		return
	fi
	json '.hooks.tx_how == "clsact"'
	[[ $(stages) == '["tx"]' ]]
	json '.hooks.fallbacks[0] | .wanted == "tcx" and .used == "clsact"
		and (.why | test("no tcx"))'
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
	say "$(jq -c .hooks.fallbacks "$DIR/run.json")"
	json '.engine == "bypass" and .probes.received == 20
		and .probes.duplicate == 0'
	json '.hooks.fallbacks | all(.stage != "engine")'
}

test_hw_stamps() {
	probe_ok "$FAR4" -c 20 -i 5ms --hw-stamps
	say "$(jq -c .hooks.fallbacks "$DIR/run.json")"
	json '.probes.received == 20'
	json '.hooks.fallbacks | any(.stage == "hw_rx" and .why != null)'
	json '.stages_ns.nic_to_xdp == null'
}

reflector_start --hook tc
check 'the reflector says what it does without' test_reflector
check 'TX: tcx, else clsact, and it is said' test_tx
check '--tc tcx takes nothing else' test_tcx_alone
check '--engine auto is bypass on virtio_net' test_engine_auto
check '--hw-stamps, which virtio_net has not, goes on without' test_hw_stamps
reflector_stop
finish
