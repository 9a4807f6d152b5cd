// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NIC's receive stamps where this machine has no such NIC: messages are
 * made by hand, and the one function that speaks to drivers is replaced by a
 * made-up driver in memory, with the manners of real ones.
 */
#include "unit.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/hwtstamp.h"
#include "host/netdev_ioctl.h"
#include "tune_world.h"

/* Shared with the runs that are killed: a NIC outlives them too. */
static struct {
	struct hwtstamp_config config;
	uint32_t flags, filters;
	int phc;
	int info_error, get_error, set_error;
	int makes; /* of any filter but "none", as ENA does; 0: what is asked */
	unsigned int sets;
	bool said; /* the user knew of the restart before it */
} * driver;

int netdev_ioctl(const char *ifname, unsigned long request, void *data)
{
	struct ethtool_ts_info *info = data;

	if (strcmp(ifname, WORLD_VETH))
		return -ENODEV;
	switch (request) {
	case SIOCETHTOOL:
		assert_int_equal(info->cmd, ETHTOOL_GET_TS_INFO);
		info->so_timestamping = driver->flags;
		info->rx_filters = driver->filters;
		info->phc_index = driver->phc;
		return driver->info_error;
	case SIOCGHWTSTAMP:
		memcpy(data, &driver->config, sizeof(driver->config));
		return driver->get_error;
	case SIOCSHWTSTAMP:
		if (driver->set_error)
			return driver->set_error;
		driver->said |= !driver->sets &&
				world_heard("hardware RX stamps restart the "
					    "NIC, now and when they are put "
					    "back\n");
		memcpy(&driver->config, data, sizeof(driver->config));
		if (driver->makes && driver->config.rx_filter)
			driver->config.rx_filter = driver->makes;
		driver->sets++;
		return 0;
	default:
		return -ENOTTY;
	}
}

static int reset(void **state)
{
	(void)state;
	memset(driver, 0, sizeof(*driver));
	driver->filters =
		1u << HWTSTAMP_FILTER_NONE | 1u << HWTSTAMP_FILTER_ALL;
	world_forget();
	return 0;
}

/* ---- messages ------------------------------------------------------------ */

struct message {
	struct msghdr msg;
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct cmsghdr *at;
};

static void message_start(struct message *m)
{
	memset(m, 0, sizeof(*m));
	m->msg.msg_control = m->control;
	m->msg.msg_controllen = sizeof(m->control);
	m->at = CMSG_FIRSTHDR(&m->msg);
}

static void message_put(struct message *m, int level, int type,
			const void *data, size_t size)
{
	m->at->cmsg_level = level;
	m->at->cmsg_type = type;
	m->at->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(m->at), data, size);
	m->at = (struct cmsghdr *)((uint8_t *)m->at + CMSG_SPACE(size));
}

static void message_end(struct message *m)
{
	m->msg.msg_controllen = (uint8_t *)m->at - m->control;
}

static const struct scm_timestamping both = {
	.ts = { { 1700000000, 5 }, { 9, 9 }, { 1700000037, 123456789 } },
};

static void test_message(void **state)
{
	struct message m;
	nic_t stamp = { -1 };
	int ttl = 64;

	(void)state;
	message_start(&m);
	message_put(&m, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	message_put(&m, SOL_SOCKET, SCM_TIMESTAMPING, &both, sizeof(both));
	message_end(&m);
	assert_true(hwtstamp_of_message(&m.msg, &stamp));
	assert_int_equal(stamp.ns, INT64_C(1700000037123456789));
}

/* Neither the software's stamp nor the one that drivers converted is taken for
 * the NIC's, nor 0 for a time. */
static void test_message_without(void **state)
{
	struct scm_timestamping software = both;
	struct message m;
	nic_t stamp = { -1 };
	int ttl = 64;

	(void)state;
	software.ts[2] = (struct timespec){ 0, 0 };
	message_start(&m);
	message_put(&m, SOL_SOCKET, SCM_TIMESTAMPING, &software,
		    sizeof(software));
	message_end(&m);
	assert_false(hwtstamp_of_message(&m.msg, &stamp));
	message_start(&m);
	message_put(&m, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	message_end(&m);
	assert_false(hwtstamp_of_message(&m.msg, &stamp));
	message_start(&m);
	message_end(&m);
	assert_false(hwtstamp_of_message(&m.msg, &stamp));
	message_start(&m);
	message_put(&m, SOL_SOCKET, SCM_TIMESTAMPING, &both, 20);
	message_end(&m);
	assert_false(hwtstamp_of_message(&m.msg, &stamp));
	message_start(&m);
	message_put(&m, IPPROTO_IP, SCM_TIMESTAMPING, &both, sizeof(both));
	message_end(&m);
	assert_false(hwtstamp_of_message(&m.msg, &stamp));
	assert_int_equal(stamp.ns, -1);
}

/* ---- what a driver says -------------------------------------------------- */

/* ENA that stamps what comes in only: no flag says so, its filters do. */
static void test_info_by_filters(void **state)
{
	struct hwtstamp_info info;

	(void)state;
	driver->flags = SOF_TIMESTAMPING_TX_SOFTWARE |
			SOF_TIMESTAMPING_RX_SOFTWARE |
			SOF_TIMESTAMPING_SOFTWARE;
	assert_int_equal(hwtstamp_read_info(WORLD_VETH, &info), 0);
	assert_true(info.can_stamp_all);
	assert_int_equal(info.phc, 0);
	/* Flags alone are a promise of nothing: PTP's packets only. */
	driver->flags |=
		SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	driver->filters =
		1u << HWTSTAMP_FILTER_NONE | 1u << HWTSTAMP_FILTER_PTP_V2_EVENT;
	driver->phc = -1;
	assert_int_equal(hwtstamp_read_info(WORLD_VETH, &info), 0);
	assert_false(info.can_stamp_all);
	assert_int_equal(info.phc, -1);
	driver->info_error = -EOPNOTSUPP;
	assert_int_equal(hwtstamp_read_info(WORLD_VETH, &info), -EOPNOTSUPP);
}

static void test_setting(void **state)
{
	uint64_t value, all;
	char text[24];

	(void)state;
	driver->config = (struct hwtstamp_config){
		.flags = 1,
		.tx_type = HWTSTAMP_TX_ON,
		.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT,
	};
	assert_int_equal(hwtstamp_read(WORLD_VETH, &value), 0);
	assert_false(hwtstamp_has_all(value));
	assert_string_equal(hwtstamp_format(value, text), "rx 12, tx on");
	all = hwtstamp_with_all(value);
	assert_true(hwtstamp_has_all(all));
	assert_string_equal(hwtstamp_format(all, text), "rx all, tx on");
	assert_int_equal(hwtstamp_write(WORLD_VETH, all), 0);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_ALL);
	assert_int_equal(driver->config.tx_type, HWTSTAMP_TX_ON);
	assert_int_equal(driver->config.flags, 1);
	assert_int_equal(hwtstamp_write(WORLD_VETH, value), 0);
	assert_int_equal(driver->config.rx_filter,
			 HWTSTAMP_FILTER_PTP_V2_EVENT);
	assert_string_equal(hwtstamp_format(0, text), "rx off, tx off");
	assert_int_equal(hwtstamp_write(WORLD_VETH, UINT64_MAX), -ERANGE);
	driver->get_error = -ENOTTY;
	assert_int_equal(hwtstamp_read(WORLD_VETH, &value), -EOPNOTSUPP);
	driver->get_error = 0;
	driver->config.rx_filter = 256;
	assert_int_equal(hwtstamp_read(WORLD_VETH, &value), -EPROTO);
}

/* ---- turned on and put back ---------------------------------------------- */

static struct tune *turn_on(int expected)
{
	const struct iface iface = world_iface(WORLD_VETH);
	struct tune *t;
	int err;

	t = tune_open(&iface, &world_sink, &err);
	assert_non_null(t);
	assert_int_equal(tune_hwtstamp(t), expected);
	return t;
}

static void test_tune(void **state)
{
	struct tune *t;

	(void)state;
	driver->config.tx_type = HWTSTAMP_TX_ON;
	t = turn_on(0);
	assert_true(driver->said);
	assert_int_equal(driver->sets, 1);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_ALL);
	assert_int_equal(driver->config.tx_type, HWTSTAMP_TX_ON);
	assert_true(world_heard("veth0: hwtstamp rx off, tx on -> rx all, "
				"tx on\n"));
	assert_int_equal(world_notes(), 1);
	tune_close(t);
	assert_int_equal(driver->sets, 2);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_NONE);
	assert_true(world_heard("rx all, tx on -> rx off, tx on, as it was\n"));
	assert_int_equal(world_notes(), 0);
}

/* Where all is stamped already the NIC is left in peace. */
static void test_tune_already(void **state)
{
	struct tune *t;

	(void)state;
	driver->config.rx_filter = HWTSTAMP_FILTER_ALL;
	t = turn_on(0);
	assert_int_equal(driver->sets, 0);
	assert_int_equal(tune_changes(t), 0);
	tune_close(t);
	assert_int_equal(driver->sets, 0);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_ALL);
}

static void test_tune_refused(void **state)
{
	struct tune *t;

	(void)state;
	driver->set_error = -EOPNOTSUPP;
	t = turn_on(-EOPNOTSUPP);
	tune_close(t);
	driver->get_error = -EOPNOTSUPP;
	t = turn_on(-EOPNOTSUPP);
	tune_close(t);
	assert_int_equal(driver->sets, 0);
	assert_int_equal(world_notes(), 0);
}

/* A driver that makes something else of it: that is noted and put back too. */
static void test_tune_other(void **state)
{
	struct tune *t;
	uint64_t now;

	(void)state;
	driver->makes = HWTSTAMP_FILTER_PTP_V2_EVENT;
	t = turn_on(0);
	assert_int_equal(hwtstamp_read(WORLD_VETH, &now), 0);
	assert_false(hwtstamp_has_all(now));
	tune_close(t);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_NONE);
	assert_int_equal(world_notes(), 0);
}

/* A run of its own, killed once it has turned the stamps on. */
static void run_and_kill(void)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		turn_on(0);
		kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void test_killed(void **state)
{
	(void)state;
	driver->makes = HWTSTAMP_FILTER_ALL;
	driver->config.rx_filter = HWTSTAMP_FILTER_PTP_V2_SYNC;
	run_and_kill();
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_ALL);
	assert_int_equal(world_notes(), 1);
	driver->makes = 0;
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_PTP_V2_SYNC);
	assert_true(world_heard("as it was before a run that died"));
	assert_int_equal(world_notes(), 0);
}

/* The next run takes the dead one's change back before its own. */
static void test_killed_and_next(void **state)
{
	struct tune *t;

	(void)state;
	run_and_kill();
	t = turn_on(0);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_ALL);
	tune_close(t);
	assert_int_equal(driver->config.rx_filter, HWTSTAMP_FILTER_NONE);
	assert_int_equal(world_notes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_message, reset),
		cmocka_unit_test_setup(test_message_without, reset),
		cmocka_unit_test_setup(test_info_by_filters, reset),
		cmocka_unit_test_setup(test_setting, reset),
		cmocka_unit_test_setup(test_tune, reset),
		cmocka_unit_test_setup(test_tune_already, reset),
		cmocka_unit_test_setup(test_tune_refused, reset),
		cmocka_unit_test_setup(test_tune_other, reset),
		cmocka_unit_test_setup(test_killed, reset),
		cmocka_unit_test_setup(test_killed_and_next, reset),
	};

	driver = mmap(NULL, sizeof(*driver), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (driver == MAP_FAILED || !world_enter())
		return driver == MAP_FAILED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
