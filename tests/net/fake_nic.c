// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: a made-up NIC that stamps what it receives, where no real one is.
 * The interface FAKE_NIC then has the setting (SIOCSHWTSTAMP), kept in the file
 * FAKE_NIC_STATE as a NIC keeps it whatever becomes of processes; a clock of
 * its own, /dev/ptp63; and, while the setting is on, stamps on the datagrams of
 * sockets that ask for them: FAKE_NIC_EARLY_NS before the kernel's software RX
 * stamp, which the kernel takes between native XDP and TC ingress. With
 * FAKE_NIC_SOUND the first so many are of that stamp itself.
 *
 * Its clock runs by FAKE_NIC_PPM faster than CLOCK_MONOTONIC from another zero,
 * and is set forward by FAKE_NIC_STEP_NS once, 2 s after it was first read.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define PHC 63
#define PHC_PATH "/dev/ptp63"
#define ZERO (INT64_C(1700000037) * SECOND)
#define STEP_AFTER (2 * SECOND)

static __typeof__(open) *next_open;
static __typeof__(ioctl) *next_ioctl;
static __typeof__(recvmsg) *next_recvmsg;
static __typeof__(setsockopt) *next_setsockopt;

static const char *name, *state_path;
static int64_t early_ns, step_ns, sound, first_read;
static double ppm;
static int phc = -1;

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static int64_t nic_ns(int64_t mono)
{
	int64_t ns = ZERO + mono + (int64_t)((double)mono * ppm * 1e-6);

	return first_read && mono >= first_read + STEP_AFTER ? ns + step_ns
							     : ns;
}

static int64_t number(const char *variable)
{
	const char *text = getenv(variable);

	return text ? atoll(text) : 0;
}

__attribute__((constructor)) static void fake_nic_start(void)
{
	const char *text = getenv("FAKE_NIC_PPM");

	name = getenv("FAKE_NIC");
	state_path = getenv("FAKE_NIC_STATE");
	early_ns = number("FAKE_NIC_EARLY_NS");
	step_ns = number("FAKE_NIC_STEP_NS");
	sound = number("FAKE_NIC_SOUND");
	ppm = text ? atof(text) : 0;
	next_open = dlsym(RTLD_NEXT, "open");
	next_ioctl = dlsym(RTLD_NEXT, "ioctl");
	next_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
	next_setsockopt = dlsym(RTLD_NEXT, "setsockopt");
}

/* ---- the setting --------------------------------------------------------- */

static void setting_load(struct hwtstamp_config *config)
{
	int fd = next_open(state_path, O_RDONLY);

	memset(config, 0, sizeof(*config));
	if (fd < 0)
		return;
	if (read(fd, config, sizeof(*config)) != sizeof(*config))
		memset(config, 0, sizeof(*config));
	close(fd);
}

static int setting_save(struct hwtstamp_config *config)
{
	int fd, good;

	/* As ENA does it. */
	if (config->rx_filter)
		config->rx_filter = HWTSTAMP_FILTER_ALL;
	fd = next_open(state_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	good = fd >= 0 && write(fd, config, sizeof(*config)) == sizeof(*config);
	close(fd);
	errno = EIO;
	return good ? 0 : -1;
}

static int tell_stamping(struct ethtool_ts_info *info)
{
	info->so_timestamping = SOF_TIMESTAMPING_TX_SOFTWARE |
				SOF_TIMESTAMPING_RX_SOFTWARE |
				SOF_TIMESTAMPING_SOFTWARE;
	info->rx_filters =
		1u << HWTSTAMP_FILTER_NONE | 1u << HWTSTAMP_FILTER_ALL;
	info->phc_index = PHC;
	return 0;
}

/* ---- its clock ----------------------------------------------------------- */

static struct ptp_clock_time ptp_time(int64_t ns)
{
	return (struct ptp_clock_time){ .sec = ns / SECOND,
					.nsec = ns % SECOND };
}

static int clock_read(struct ptp_sys_offset_extended *request)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!first_read)
		first_read = now;
	for (unsigned int i = 0; i < request->n_samples; i++) {
		request->ts[i][0] = ptp_time(clock_ns(CLOCK_REALTIME));
		request->ts[i][1] = ptp_time(nic_ns(clock_ns(CLOCK_MONOTONIC)));
		request->ts[i][2] = ptp_time(clock_ns(CLOCK_REALTIME));
	}
	return 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (!name || strcmp(path, PHC_PATH))
		return next_open(path, flags, mode);
	phc = next_open("/dev/null", flags);
	return phc;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *ifr;
	va_list args;
	void *data;

	va_start(args, request);
	data = va_arg(args, void *);
	va_end(args);
	ifr = data;
	if (name && fd == phc && request == PTP_SYS_OFFSET_EXTENDED)
		return clock_read(data);
	if (!name || !state_path ||
	    (request != SIOCETHTOOL && request != SIOCGHWTSTAMP &&
	     request != SIOCSHWTSTAMP) ||
	    strcmp(ifr->ifr_name, name))
		return next_ioctl(fd, request, data);
	if (request == SIOCSHWTSTAMP)
		return setting_save((void *)ifr->ifr_data);
	if (request == SIOCETHTOOL) {
		if (*(uint32_t *)ifr->ifr_data != ETHTOOL_GET_TS_INFO)
			return next_ioctl(fd, request, data);
		return tell_stamping((void *)ifr->ifr_data);
	}
	setting_load((void *)ifr->ifr_data);
	return 0;
}

/* ---- its stamps ---------------------------------------------------------- */

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	int flags, err;

	if (!name || level != SOL_SOCKET || option != SO_TIMESTAMPING ||
	    size != sizeof(flags))
		return next_setsockopt(fd, level, option, value, size);
	memcpy(&flags, value, sizeof(flags));
	if (!(flags & SOF_TIMESTAMPING_RX_HARDWARE))
		return next_setsockopt(fd, level, option, value, size);
	flags |= SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	err = next_setsockopt(fd, level, option, &flags, sizeof(flags));
	/* The kernel leaves the turning on to a worker of its own. */
	nanosleep(&(struct timespec){ .tv_nsec = SECOND / 10 }, NULL);
	return err;
}

static void stamp(struct cmsghdr *cm)
{
	int64_t real = clock_ns(CLOCK_REALTIME);
	int64_t mono = clock_ns(CLOCK_MONOTONIC), ns;
	struct hwtstamp_config config;
	struct scm_timestamping ts;

	memcpy(&ts, CMSG_DATA(cm), sizeof(ts));
	setting_load(&config);
	if (!config.rx_filter || !ts.ts[0].tv_sec)
		return;
	ns = ts.ts[0].tv_sec * SECOND + ts.ts[0].tv_nsec - real + mono;
	ns = nic_ns(sound-- > 0 ? ns : ns - early_ns);
	ts.ts[2].tv_sec = ns / SECOND;
	ts.ts[2].tv_nsec = ns % SECOND;
	memcpy(CMSG_DATA(cm), &ts, sizeof(ts));
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t size = next_recvmsg(fd, msg, flags);
	int error = errno;

	if (!name || size < 0 || flags & MSG_ERRQUEUE)
		return size;
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm;
	     cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level == SOL_SOCKET &&
		    cm->cmsg_type == SCM_TIMESTAMPING)
			stamp(cm);
	}
	errno = error;
	return size;
}
