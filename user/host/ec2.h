/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which zone of EC2 this is. Asked of the instance metadata service, version 2,
 * and only where the firmware's tables say that this is EC2: nowhere else does
 * anything go to a link-local address.
 */
#ifndef XRTT_HOST_EC2_H
#define XRTT_HOST_EC2_H

#include "model/time.h"

#define EC2_ZONE 32 /* octets of a zone's ID, its 0 included */
#define EC2_WHY 192
#define EC2_TIMEOUT (1 * NSEC_PER_SEC)

/*
 * "use1-az1", within `timeout` in all. -ENODEV: not EC2; else -errno or -EPROTO
 * where the service does not answer as it should. Then one line in `why`
 * (EC2_WHY octets). Source: /sys/class/dmi/id, 169.254.169.254 (IMDSv2).
 */
int ec2_zone(span_t timeout, char zone[EC2_ZONE], char *why);

#endif
