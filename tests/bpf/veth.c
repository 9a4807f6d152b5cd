// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "veth.h"

#define TIMEOUT_S 3
#define UP_TRIES 500 /* of 10 ms */

static void need(int is_good, const char *what)
{
	if (is_good)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return system(line);
}

static int new_namespace(void)
{
	int fd;

	need(!unshare(CLONE_NEWNET), "make a network namespace");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	need(fd >= 0, "open the namespace");
	return fd;
}

void veth_enter(int ns)
{
	need(!setns(ns, CLONE_NEWNET), "enter a namespace");
}

static void set_up(const char *device, int is_local)
{
	uint8_t six[16];
	char text[INET6_ADDRSTRLEN];

	frame_address(six, 6, is_local, is_local ? 2 : 1);
	inet_ntop(AF_INET6, six, text, sizeof(text));
	need(!shell("ip addr add %s dev %s",
		    is_local ? "10.9.0.2/8" : "10.1.0.1/8", device),
	     "set an IPv4 address");
	need(!shell("ip addr add %s/32 dev %s nodad", text, device),
	     "set an IPv6 address");
	need(!shell("ip link set %s up", device), "set a device up");
}

/* The kernel may take its time, and until then it drops what is sent. */
static void await_up(const char *device)
{
	struct ifreq request = { .ifr_flags = 0 };
	int i, fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(request.ifr_name, device, IFNAMSIZ - 1);
	for (i = 0; i < UP_TRIES && !(request.ifr_flags & IFF_RUNNING); i++) {
		usleep(10000);
		need(!ioctl(fd, SIOCGIFFLAGS, &request), "read flags");
	}
	errno = ETIMEDOUT;
	need(request.ifr_flags & IFF_RUNNING, "wait for a device");
	close(fd);
}

void veth_open(struct veth *v)
{
	memset(v, 0, sizeof(*v));
	v->far_ns = new_namespace();
	v->near_ns = new_namespace();
	need(!shell("ip link add " VETH_NEAR " type veth peer name " VETH_FAR
		    " address 02:00:00:00:00:00 netns /proc/%d/fd/%d",
		    getpid(), v->far_ns),
	     "make a veth pair");
	set_up(VETH_NEAR, 0);
	veth_enter(v->far_ns);
	set_up(VETH_FAR, 1);
	await_up(VETH_FAR);
	veth_enter(v->near_ns);
	await_up(VETH_NEAR);
}

void veth_close(struct veth *v)
{
	shell("ip link del " VETH_NEAR);
	close(v->near_ns);
	close(v->far_ns);
}

void veth_set_feature(const char *device, uint32_t command, int is_on)
{
	struct ethtool_value value = { command, is_on };
	struct ifreq request = { .ifr_data = (char *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(request.ifr_name, device, IFNAMSIZ - 1);
	need(!ioctl(fd, SIOCETHTOOL, &request), "set a device's feature");
	close(fd);
}

static void attach_pass(const char *device)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);

	need(fd >= 0, "load a pass-all");
	need(!bpf_xdp_attach(if_nametoindex(device), fd, XDP_FLAGS_DRV_MODE,
			     NULL),
	     "attach a pass-all");
	close(fd);
}

void veth_attach_tc(struct bench *b, const char *device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = b->fd[BENCH_TC]);

	hook.ifindex = if_nametoindex(device);
	need(!bpf_tc_hook_create(&hook), "make a clsact qdisc");
	need(!bpf_tc_attach(&hook, &opts), "attach to TC");
}

void veth_attach(struct veth *v, struct bench *b, enum bench_hook hook)
{
	if (hook == BENCH_XDP)
		attach_pass(VETH_NEAR);
	veth_enter(v->far_ns);
	if (hook == BENCH_TC)
		veth_attach_tc(b, VETH_FAR);
	else
		need(!bpf_xdp_attach(if_nametoindex(VETH_FAR), b->fd[hook],
				     XDP_FLAGS_DRV_MODE, NULL),
		     "attach to XDP");
	veth_enter(v->near_ns);
}

static void set_timeout(int fd, int seconds)
{
	struct timeval t = { .tv_sec = seconds };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

static int open_tap(int seconds)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL) };
	int fd, one = 1;

	at.sll_ifindex = if_nametoindex(VETH_NEAR);
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	need(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)),
	     "open a packet socket");
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	set_timeout(fd, seconds);
	return fd;
}

/* The next frame, or -1 at the end of the time. */
static int read_tap(int fd, struct frame *f, struct tpacket_auxdata *aux)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { f->octets, sizeof(f->octets) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(fd, &m, 0);

	if (got < 0 || !CMSG_FIRSTHDR(&m))
		return -1;
	f->length = got;
	memcpy(aux, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(*aux));
	return 0;
}

/* Waits for the answer to pass by. */
static void capture(int fd, struct veth_ask *ask)
{
	struct tpacket_auxdata aux;
	struct frame_layout l;

	do {
		if (read_tap(fd, &ask->frame, &aux)) {
			ask->frame.length = 0;
			return;
		}
		l = frame_parse(&ask->frame, 0);
	} while (!l.udp ||
		 frame_get32(ask->frame.octets + l.udp) >> 16 != FRAME_PORT);
	ask->is_partial = !!(aux.tp_status & TP_STATUS_CSUMNOTREADY);
	if (aux.tp_status & TP_STATUS_VLAN_VALID)
		ask->tag = aux.tp_vlan_tci;
}

void veth_ask_raw(struct veth_ask *ask, const struct frame *request)
{
	int tap = open_tap(1);

	need(send(tap, request->octets, request->length, 0) ==
		     (ssize_t)request->length,
	     "send a frame");
	capture(tap, ask);
	close(tap);
}

static int open_socket(const struct veth_ask *ask)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons(FRAME_PORT) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(FRAME_PORT) };
	int fd = socket(ask->version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	int err, one = 1;

	inet_pton(AF_INET, "10.9.0.2", &four.sin_addr);
	frame_address(six.sin6_addr.s6_addr, 6, 1, 2);
	set_timeout(fd, TIMEOUT_S);
	if (ask->no_checksum)
		setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one));
	if (ask->version == 4)
		err = connect(fd, (struct sockaddr *)&four, sizeof(four));
	else
		err = connect(fd, (struct sockaddr *)&six, sizeof(six));
	need(!err, "connect a socket");
	return fd;
}

void veth_ask(struct veth_ask *ask)
{
	uint8_t request[512];
	int tap = open_tap(TIMEOUT_S), fd = open_socket(ask);
	ssize_t got;

	memset(request, 0x5a, sizeof(request));
	need(send(fd, request, ask->payload, 0) == (ssize_t)ask->payload,
	     "send a request");
	got = recv(fd, ask->answer, sizeof(ask->answer), 0);
	ask->answered = got > 0 ? got : 0;
	if (ask->answered)
		capture(tap, ask);
	close(fd);
	close(tap);
}
