# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Two guests of one kernel, linked by two networks: near0 to far0, virtio_net
# with native XDP, and dull0, whose MTU of 9000 is too large for that (as EC2's
# is). A serial line carries the near one's commands to the far
# one. Plain emulation: a boot takes a few seconds, and its time is no time.

# guest ROLE: replaces the shell. Of qemu's own devices there is none but these.
# Where this host is busy, the boot's check that the timer ticks would fail. The
# near one has a CPU that may spin, and one besides.
guest() {
	local role=$1 lines=(-serial "file:$VM_DIR/$1.console")
	local near=("$VM_DIR/near" "$VM_DIR/far") mac=(01 03) server=off cpus=2
	local plain=guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off
	local kernel='console=ttyS0 quiet panic=-1 no_timer_check'

	[[ $role == near ]] || {
		near=("$VM_DIR/far" "$VM_DIR/near")
		mac=(02 04)
		server=on,wait=off
		cpus=1
	}
	lines+=(-chardev "socket,id=peer,path=$VM_DIR/peer,server=$server"
		-serial chardev:peer -serial "file:$VM_DIR/$role.tap")
	exec qemu-system-x86_64 -nodefaults -no-user-config -no-reboot \
		-display none -machine pc -accel tcg -cpu max -smp "$cpus" \
		-m 512 -kernel "$KERNEL/vmlinuz" -initrd "$VM_DIR/initramfs" \
		-append "$kernel cryptomgr.notests xrtt.role=$role \
xrtt.topics=$VM_TOPICS" "${lines[@]}" \
		-netdev "$(dgram 0 "${near[@]}")" \
		-netdev "$(dgram 1 "${near[@]}")" \
		-device "virtio-net-pci,netdev=n0,romfile=,$plain,\
mac=52:54:00:78:72:${mac[0]}" \
		-device "virtio-net-pci,netdev=n1,romfile=,$plain,\
mac=52:54:00:78:72:${mac[1]}"
}

# dgram NUMBER HERE THERE: one end of a link; frames are datagrams.
dgram() {
	printf 'dgram,id=n%s,local.type=unix,local.path=%s%s,' "$1" "$2" "$1"
	printf 'remote.type=unix,remote.path=%s%s' "$3" "$1"
}
