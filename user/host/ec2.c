// SPDX-License-Identifier: GPL-2.0-only
#include "host/ec2.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/http.h"

#define SERVICE "169.254.169.254"
#define TOKEN_HEADER "X-aws-ec2-metadata-token"
#define TOKEN_MAX 256
#define LINE_MAX_OCTETS 128
#define HTTP_OK 200

/* Nitro says it of itself; Xen's instances have it in the BIOS version. */
static const struct {
	const char *file;
	const char *word;
} marks[] = {
	{ "/sys/class/dmi/id/sys_vendor", "Amazon EC2" },
	{ "/sys/class/dmi/id/bios_version", "amazon" },
};

static bool says(const char *file, const char *word)
{
	char line[LINE_MAX_OCTETS];
	FILE *f = fopen(file, "re");
	bool found;

	if (!f)
		return false;
	found = fgets(line, sizeof(line), f) && strstr(line, word);
	fclose(f);
	return found;
}

static bool is_ec2(void)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (says(marks[i].file, marks[i].word))
			return true;
	return false;
}

static int explain(int err, int status, char *why)
{
	if (err == -EPROTO && status && status != HTTP_OK)
		snprintf(why, EC2_WHY,
			 "the instance metadata service (" SERVICE
			 ") answered with status %d",
			 status);
	else if (err == -EPROTO)
		snprintf(why, EC2_WHY,
			 "the instance metadata service (" SERVICE
			 ") answered with no text that can be read");
	else
		snprintf(why, EC2_WHY,
			 "the instance metadata service (" SERVICE "): %s",
			 strerror(-err));
	return err;
}

/* Only what may be a token or a zone: the rest of the line is ours. */
static bool is_plain(const char *text)
{
	return *text &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
			    "xyz0123456789-_=+/.") == strlen(text);
}

int ec2_zone(span_t timeout, char zone[EC2_ZONE], char *why)
{
	mono_t until = mono_add(mono_now(), timeout);
	char token[TOKEN_MAX];
	char header[TOKEN_MAX + sizeof(TOKEN_HEADER ": ")];
	const struct http_request for_token = {
		SERVICE,
		"PUT",
		"/latest/api/token",
		TOKEN_HEADER "-ttl-seconds: 60",
	};
	const struct http_request for_zone = {
		SERVICE,
		"GET",
		"/latest/meta-data/placement/availability-zone-id",
		header,
	};
	int status, err;

	if (!is_ec2()) {
		snprintf(why, EC2_WHY, "this is no instance of EC2");
		return -ENODEV;
	}
	err = http_ask(&for_token, until, token, sizeof(token), &status);
	if (!err && !is_plain(token))
		err = -EPROTO;
	if (err)
		return explain(err, status, why);
	snprintf(header, sizeof(header), TOKEN_HEADER ": %s", token);
	err = http_ask(&for_zone, until, zone, EC2_ZONE, &status);
	if (!err && !is_plain(zone))
		err = -EPROTO;
	return err ? explain(err, status, why) : 0;
}
