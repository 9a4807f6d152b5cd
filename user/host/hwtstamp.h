/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive stamps by the NIC itself (the kernel's
 * Documentation/networking/timestamping.rst): whether it can stamp every
 * packet, whether it does, by which clock, and the stamp on a message.
 */
#ifndef XRTT_HOST_HWTSTAMP_H
#define XRTT_HOST_HWTSTAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "model/hwclock.h"

/*
 * What the driver says of itself (ETHTOOL_GET_TS_INFO). Whether it can stamp
 * all packets is told by its filters: SOF_TIMESTAMPING_RAW_HARDWARE among its
 * flags proves nothing either way, as ENA's driver sets it only for those of
 * its devices that stamp on transmission too.
 */
struct hwtstamp_info {
	uint32_t flags;	     /* SOF_TIMESTAMPING_* */
	uint32_t rx_filters; /* bit 1 << HWTSTAMP_FILTER_* for each */
	int phc;	     /* number of its clock: /dev/ptpN; -1: none */
	bool can_stamp_all;  /* rx_filters has HWTSTAMP_FILTER_ALL */
};

/* 0, -EOPNOTSUPP where the driver does not tell, -ENODEV, or -errno. */
int hwtstamp_read_info(const char *ifname, struct hwtstamp_info *out);

/*
 * The setting of now (SIOCGHWTSTAMP) as one number: rx_filter, tx_type << 8,
 * flags << 16. 0, -EOPNOTSUPP where the driver has none, or -errno.
 */
int hwtstamp_read(const char *ifname, uint64_t *value);

/* Drivers may restart for it, and may make a wider filter of the one that was
 * asked for. 0; -EPERM without CAP_NET_ADMIN, -ERANGE or -EINVAL where they
 * cannot, or -errno. */
int hwtstamp_write(const char *ifname, uint64_t value);

/* What a user is told before it is set. */
#define HWTSTAMP_RESTARTS \
	"hardware RX stamps restart the NIC, now and when they are put back"

/* The setting with which all that comes in is stamped; what is stamped on
 * transmission stays as it is, for it is somebody's (ptp4l). */
uint64_t hwtstamp_with_all(uint64_t value);

/* Whether all that comes in is stamped with it. */
bool hwtstamp_has_all(uint64_t value);

/* "rx all, tx off", numbers where a name is not known. */
const char *hwtstamp_format(uint64_t value, char text[24]);

/* The stamps that a control message of SCM_TIMESTAMPING may hold. */
enum scm_stamp {
	SCM_STAMP_SOFTWARE = 0,
	SCM_STAMP_NIC = 2,
};

/* False where `cm` is something else, or holds no such stamp: one of 0. */
bool scm_stamp_read(const struct cmsghdr *cm, enum scm_stamp which,
		    int64_t *ns);

/* What SO_TIMESTAMPING takes for the stamps below to come. */
#define HWTSTAMP_RX_FLAGS \
	(SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE)

/* The NIC's stamp on a received message: the third of SCM_TIMESTAMPING's. False
 * where there is none; one of 0 is none. */
bool hwtstamp_of_message(struct msghdr *msg, nic_t *out);

#endif
