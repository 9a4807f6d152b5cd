// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's answers from crafted octets; and what it says of connections
 * over loopback that the test has opened, each kind of address.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

#include "host/tcp_diag.h"

/* struct tcp_info of linux/tcp.h: after 8 octets, 32 bits each. */
#define INFO_RTT 68
#define INFO_MIN_RTT 148
#define INFO_SIZE 152

struct made {
	char buf[512];
	struct nlmsghdr *nlh;
	struct inet_diag_msg *msg;
	uint8_t info[INFO_SIZE + 80];
};

static struct address address_of(int family, const char *text)
{
	struct address a;
	uint8_t octets[16];

	assert_int_equal(inet_pton(family, text, octets), 1);
	address_set(&a, family, octets);
	return a;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Port 5001 to port 443 of `far`; what is not set is what it must not read. */
static void begin(struct made *m, int family, const char *far)
{
	memset(m, 0xaa, sizeof(*m));
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	m->msg = mnl_nlmsg_put_extra_header(m->nlh, sizeof(*m->msg));
	m->msg->idiag_family = family;
	m->msg->id.idiag_sport = htons(5001);
	m->msg->id.idiag_dport = htons(443);
	assert_int_equal(inet_pton(family, far, m->msg->id.idiag_dst), 1);
	put_u32(m->info + INFO_RTT, 56789);
	put_u32(m->info + INFO_MIN_RTT, 55213);
}

static void end(struct made *m, size_t size)
{
	mnl_attr_put_u8(m->nlh, INET_DIAG_SHUTDOWN, 0);
	mnl_attr_put(m->nlh, INET_DIAG_INFO, size, m->info);
}

static void an_answer_is_read(void **state)
{
	static const struct {
		int family;
		const char *far;
		int to_family;
		const char *to;
		bool is_it;
	} row[] = {
		{ AF_INET, "10.1.0.9", AF_INET, "10.1.0.9", true },
		{ AF_INET, "10.1.0.9", AF_INET, "10.1.0.8", false },
		{ AF_INET6, "::ffff:10.1.0.9", AF_INET, "10.1.0.9", true },
		{ AF_INET6, "::10.1.0.9", AF_INET, "10.1.0.9", false },
		{ AF_INET6, "fd00::9", AF_INET6, "fd00::9", true },
		{ AF_INET6, "fd00::9", AF_INET6, "fd00::a", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct address to = address_of(row[i].to_family, row[i].to);
		struct mine got;
		struct made m;

		begin(&m, row[i].family, row[i].far);
		end(&m, INFO_SIZE);
		assert_int_equal(tcp_diag_parse(m.nlh, &to, &got),
				 row[i].is_it);
		if (!row[i].is_it)
			continue;
		assert_int_equal(got.local_port, 5001);
		assert_int_equal(got.remote_port, 443);
		assert_int_equal(got.min_rtt_ns, 55213000);
		assert_int_equal(got.rtt_ns, 56789000);
		assert_int_equal(got.flow_class, -1);
	}
}

/* A longer struct of a newer kernel is read, a shorter one says nothing. */
static void the_info_may_be_of_another_kernel(void **state)
{
	struct address to = address_of(AF_INET, "10.1.0.9");
	struct mine got;
	struct made m;

	(void)state;
	begin(&m, AF_INET, "10.1.0.9");
	end(&m, sizeof(m.info));
	assert_true(tcp_diag_parse(m.nlh, &to, &got));
	assert_int_equal(got.min_rtt_ns, 55213000);
	begin(&m, AF_INET, "10.1.0.9");
	end(&m, INFO_SIZE - 1);
	assert_false(tcp_diag_parse(m.nlh, &to, &got));
	begin(&m, AF_INET, "10.1.0.9");
	assert_false(tcp_diag_parse(m.nlh, &to, &got));
	end(&m, INFO_SIZE);
	m.nlh->nlmsg_len = NLMSG_HDRLEN + sizeof(*m.msg) - 1;
	assert_false(tcp_diag_parse(m.nlh, &to, &got));
}

static void no_round_trip_yet_is_told_from_a_long_one(void **state)
{
	struct address to = address_of(AF_INET, "10.1.0.9");
	struct mine got;
	struct made m;

	(void)state;
	begin(&m, AF_INET, "10.1.0.9");
	put_u32(m.info + INFO_MIN_RTT, UINT32_MAX);
	end(&m, INFO_SIZE);
	assert_true(tcp_diag_parse(m.nlh, &to, &got));
	assert_int_equal(got.min_rtt_ns, 0);
	begin(&m, AF_INET, "10.1.0.9");
	put_u32(m.info + INFO_MIN_RTT, UINT32_MAX - 1);
	end(&m, INFO_SIZE);
	assert_true(tcp_diag_parse(m.nlh, &to, &got));
	assert_int_equal(got.min_rtt_ns, 4294967294000);
}

/* ---- against the kernel -------------------------------------------------- */

struct pair {
	int listener, near, far;
	uint16_t near_port, listener_port;
};

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 at;
	socklen_t size = sizeof(at);

	assert_int_equal(getsockname(fd, (void *)&at, &size), 0);
	return ntohs(at.sin6_port);
}

/* A socket of IPv6 that connects to 127.0.0.1 has a mapped address. */
static bool pair_open(struct pair *p, int listener_family,
		      const char *listen_at, int family, const char *to)
{
	struct address at = address_of(listener_family, listen_at);
	struct sockaddr_storage name;
	socklen_t size = address_to_sockaddr(&at, 0, &name);
	char octet = 'x';

	p->listener = socket(listener_family, SOCK_STREAM, 0);
	p->near = socket(family, SOCK_STREAM, 0);
	if (p->listener < 0 || p->near < 0 ||
	    bind(p->listener, (void *)&name, size) || listen(p->listener, 1))
		return false;
	p->listener_port = port_of(p->listener);
	at = address_of(family, to);
	size = address_to_sockaddr(&at, p->listener_port, &name);
	if (connect(p->near, (void *)&name, size))
		return false;
	p->far = accept(p->listener, NULL, NULL);
	p->near_port = port_of(p->near);
	assert_true(p->far >= 0);
	assert_int_equal(write(p->near, &octet, 1), 1);
	assert_int_equal(read(p->far, &octet, 1), 1);
	return true;
}

static void pair_close(struct pair *p)
{
	close(p->listener);
	close(p->near);
	close(p->far);
}

static size_t times_found(const struct address *to, const struct pair *p)
{
	struct mine *mine = NULL;
	size_t n = 0, found = 0;

	assert_int_equal(tcp_diag_connections(to, &mine, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (i)
			assert_true(mine[i - 1].local_port <=
				    mine[i].local_port);
		if (mine[i].local_port != p->near_port ||
		    mine[i].remote_port != p->listener_port)
			continue;
		found++;
		assert_between(mine[i].min_rtt_ns, 1000, 5e9);
		assert_between(mine[i].rtt_ns, mine[i].min_rtt_ns, 60e9);
	}
	free(mine);
	return found;
}

static void the_kernel_knows_our_connections(void **state)
{
	static const struct {
		int listener;
		const char *at;
		int family;
		const char *to;
		int asked_family;
		const char *asked, *another;
	} row[] = {
		{ AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", AF_INET,
		  "127.0.0.1", "127.0.0.2" },
		{ AF_INET, "127.0.0.1", AF_INET6, "::ffff:127.0.0.1", AF_INET,
		  "127.0.0.1", "127.0.0.2" },
		{ AF_INET6, "::1", AF_INET6, "::1", AF_INET6, "::1", "::2" },
	};
	struct address to = address_of(AF_INET, "127.0.0.1");
	struct mine *mine = NULL;
	size_t n, tried = 0;

	(void)state;
	if (tcp_diag_connections(&to, &mine, &n) == -ENOENT)
		skip();
	free(mine);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct pair p = { -1, -1, -1, 0, 0 };

		if (pair_open(&p, row[i].listener, row[i].at, row[i].family,
			      row[i].to)) {
			tried++;
			to = address_of(row[i].asked_family, row[i].asked);
			assert_int_equal(times_found(&to, &p), 1);
			to = address_of(row[i].asked_family, row[i].another);
			assert_int_equal(times_found(&to, &p), 0);
		}
		pair_close(&p);
	}
	assert_true(tried > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read),
		cmocka_unit_test(the_info_may_be_of_another_kernel),
		cmocka_unit_test(no_round_trip_yet_is_told_from_a_long_one),
		cmocka_unit_test(the_kernel_knows_our_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
