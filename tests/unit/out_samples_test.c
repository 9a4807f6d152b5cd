// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "out/samples.h"
#include "out_fixture.h"

#define HEADER \
	"seq,flow,engine,status,due_ns,app_tx_ns,tc_tx_ns,drv_tx_ns," \
	"remote_rx_ns,remote_tx_ns,hw_rx_ns,xdp_rx_ns,tc_rx_ns,sock_rx_ns," \
	"app_rx_ns,ttl,remote_ttl,reflector_seq,rtt_ns,network_ns,flags\n"
#define WHOLE \
	"7,0,socket,ok,70000000,70050000,70053600,70054500,0,400,125268000," \
	"125268740,125269840,125271140,125280940,255,254,6,55230940,55213840,"

static const mono_t origin = { 81234567890123 };
static const remote_t far_origin = { 1772366437000000000 };
static const struct wire_ends ends = { STAMP_DRV_TX, STAMP_XDP_RX, false };
static char folder[] = "/tmp/xrtt-samples-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static char *content(const char *path)
{
	FILE *from = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	assert_non_null(from);
	assert_true(fread(text, 1, (1 << 16) - 1, from) < (1 << 16) - 1);
	fclose(from);
	return text;
}

static char *rows_of(const char *name, const struct sample *s, size_t n)
{
	const struct sample_origin from = { .local = origin };
	struct samples *samples;
	int err;

	samples = samples_open(in_folder(name), &from, &err);
	assert_non_null(samples);
	assert_int_equal(err, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(samples_write(samples, &s[i], &ends), 0);
	assert_int_equal(samples_close(samples), 0);
	return content(in_folder(name));
}

static void csv_is_the_contract(void **state)
{
	struct sample s = fixture_sample(origin, far_origin);
	char *text = rows_of("a.csv", &s, 1);

	(void)state;
	assert_string_equal(text, HEADER WHOLE "\n");
	free(text);
	text = rows_of("none.csv", NULL, 0);
	assert_string_equal(text, HEADER);
	free(text);
}

static void absent_stamps_are_empty(void **state)
{
	struct sample s = {
		.seq = UINT32_MAX,
		.flow = 3,
		.engine = ENGINE_BYPASS,
		.status = PROBE_UNSENT,
		.due = { origin.ns - 5 },
		.ttl = -1,
		.remote_ttl = -1,
	};
	char *text = rows_of("absent.csv", &s, 1);

	(void)state;
	assert_string_equal(text, HEADER
			    "4294967295,3,bypass,unsent,-5,,,,,,,,,,,,,,,,\n");
	free(text);
}

static void flags_are_words(void **state)
{
	struct sample s[8];
	char *text;

	(void)state;
	for (int i = 0; i < 8; i++) {
		s[i] = fixture_sample(origin, far_origin);
		s[i].flags = i;
	}
	text = rows_of("flags.csv", s, 8);
	assert_string_equal(text, HEADER WHOLE
			    "\n" WHOLE "dup\n" WHOLE "stolen\n" WHOLE
			    "dup+stolen\n" WHOLE "disturbed\n" WHOLE
			    "dup+disturbed\n" WHOLE "stolen+disturbed\n" WHOLE
			    "dup+stolen+disturbed\n");
	free(text);

	s[0].flags = SAMPLE_DISORDER;
	text = rows_of("order.csv", s, 1);
	assert_non_null(strstr(text, ",6,55230940,,disturbed\n"));
	free(text);
}

static void every_status_has_its_word(void **state)
{
	static const char *const word[PROBE_STATUSES] = {
		"ok", "late", "lost", "lost_in_host", "unsent", "unrecorded",
	};

	(void)state;
	for (int i = 0; i < PROBE_STATUSES; i++) {
		struct sample s = fixture_sample(origin, far_origin);
		char expected[32];
		char *text;

		s.status = i;
		snprintf(expected, sizeof(expected), "\n7,0,socket,%s,",
			 word[i]);
		text = rows_of("status.csv", &s, 1);
		assert_non_null(strstr(text, expected));
		free(text);
	}
}

static void the_first_remote_stamp_is_the_origin(void **state)
{
	const struct sample_origin from = { .local = origin };
	struct sample s = fixture_sample(origin, far_origin);
	struct samples *samples;
	char *text;
	int err;

	(void)state;
	samples = samples_open(in_folder("origin.csv"), &from, &err);
	assert_non_null(samples);
	s.have &= ~(1u << STAMP_REMOTE_RX | 1u << STAMP_REMOTE_TX);
	samples_write(samples, &s, &ends);
	assert_false(samples_origin(samples).has_remote);
	s = fixture_sample(origin, far_origin);
	samples_write(samples, &s, &ends);
	assert_true(samples_origin(samples).has_remote);
	assert_true(samples_origin(samples).remote.ns == far_origin.ns + 500);
	s.remote_rx.ns -= 700;
	samples_write(samples, &s, &ends);
	assert_int_equal(samples_close(samples), 0);
	text = content(in_folder("origin.csv"));
	assert_non_null(strstr(text, ",70054500,,,125268000,"));
	assert_non_null(strstr(text, ",70054500,0,400,125268000,"));
	assert_non_null(strstr(text, ",70054500,-700,400,125268000,"));
	free(text);
}

static void a_given_remote_origin_stays(void **state)
{
	const struct sample_origin from = { origin, true, far_origin };
	struct sample s = fixture_sample(origin, far_origin);
	struct samples *samples;
	char *text;
	int err;

	(void)state;
	samples = samples_open(in_folder("given.csv"), &from, &err);
	assert_non_null(samples);
	samples_write(samples, &s, &ends);
	assert_true(samples_origin(samples).remote.ns == far_origin.ns);
	assert_int_equal(samples_close(samples), 0);
	text = content(in_folder("given.csv"));
	assert_non_null(strstr(text, ",70054500,500,900,125268000,"));
	free(text);
}

static void check_json_row(json_t *row, bool whole)
{
	char *header = strdup(HEADER);
	size_t columns = 0;
	char *rest;

	for (char *name = strtok_r(header, ",\n", &rest); name;
	     name = strtok_r(NULL, ",\n", &rest)) {
		if (!json_object_get(row, name))
			fail_msg("%s is not there", name);
		columns++;
	}
	assert_int_equal(json_object_size(row), columns);
	assert_true(json_is_null(json_object_get(row, "app_rx_ns")) == !whole);
	assert_true(json_is_null(json_object_get(row, "flags")) == !whole);
	free(header);
}

static void jsonl_is_a_whole_object_a_line(void **state)
{
	struct sample s[2] = { fixture_sample(origin, far_origin),
			       {
				       .status = PROBE_LOST,
				       .due = origin,
				       .ttl = -1,
				       .remote_ttl = -1,
			       } };
	char *text, *rest;

	(void)state;
	s[0].flags = SAMPLE_DUPLICATE | SAMPLE_STOLEN;
	s[0].at[STAMP_APP_TX].ns = origin.ns - (INT64_C(1) << 53);
	text = rows_of("a.jsonl", s, 2);
	for (int i = 0; i < 2; i++) {
		char *line = strtok_r(i ? NULL : text, "\n", &rest);
		json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(row);
		check_json_row(row, i == 0);
		json_decref(row);
	}
	assert_null(strtok_r(NULL, "\n", &rest));
	assert_non_null(strstr(text, "\"app_tx_ns\":\"-9007199254740992\""));
	assert_non_null(strstr(text, "\"flags\":\"dup+stolen\"}"));
	free(text);
}

static void other_endings_and_places_are_refused(void **state)
{
	const struct sample_origin from = { .local = origin };
	int err;

	(void)state;
	assert_null(samples_open("/tmp/x.txt", &from, &err));
	assert_int_equal(err, -EINVAL);
	assert_null(samples_open(".csv", &from, &err));
	assert_int_equal(err, -EINVAL);
	assert_null(samples_open(in_folder("no/such.csv"), &from, &err));
	assert_int_equal(err, -ENOENT);
}

/* Runs `samples` against a wall and returns what went to stderr. */
static char *write_until_full(struct samples *samples, int expected)
{
	struct sample s = fixture_sample(origin, far_origin);
	int saved = dup(STDERR_FILENO);
	int err = 0;

	fflush(stderr);
	assert_non_null(freopen(in_folder("stderr"), "w", stderr));
	for (int i = 0; i < 5000; i++) {
		int now = samples_write(samples, &s, &ends);

		if (err)
			assert_int_equal(now, err);
		err = now;
	}
	assert_int_equal(err, expected);
	assert_int_equal(samples_close(samples), expected);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return content(in_folder("stderr"));
}

static void a_full_disk_is_told_once(void **state)
{
	const struct sample_origin from = { .local = origin };
	struct samples *samples;
	char *said;
	int err;

	(void)state;
	assert_int_equal(symlink("/dev/full", in_folder("full.csv")), 0);
	samples = samples_open(in_folder("full.csv"), &from, &err);
	assert_non_null(samples);
	said = write_until_full(samples, -ENOSPC);
	assert_non_null(strstr(said, "full.csv: No space left on device"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	free(said);
}

/* In a child, whose limit is its own. */
static void fill_small_disk(const char *path)
{
	const struct rlimit small = { 30000, 30000 };
	const struct sample_origin from = { .local = origin };
	struct sample s = fixture_sample(origin, far_origin);
	struct samples *samples;
	int err;

	signal(SIGXFSZ, SIG_IGN);
	samples = samples_open(path, &from, &err);
	if (!samples || setrlimit(RLIMIT_FSIZE, &small))
		_exit(1);
	for (int i = 0; i < 5000; i++)
		err = samples_write(samples, &s, &ends);
	_exit(err != -EFBIG || samples_close(samples) != -EFBIG);
}

static void a_full_disk_leaves_whole_rows(void **state)
{
	size_t row = strlen(WHOLE "\n");
	int status = -1;
	char *text;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		fill_small_disk(in_folder("cut.csv"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	text = content(in_folder("cut.csv"));
	assert_in_range(strlen(text), 30000 - row, 30000);
	assert_int_equal((strlen(text) - strlen(HEADER)) % row, 0);
	assert_string_equal(strrchr(text, ','), ",\n");
	free(text);
}

/* Informal: prints, and only a tenth of what is wanted is asked for. */
static void is_fast(void **state)
{
	const struct sample_origin from = { .local = origin };
	struct sample s = fixture_sample(origin, far_origin);
	struct timespec a, b;
	struct samples *samples;
	const int rows = 200000;
	double seconds;
	int err;

	(void)state;
	symlink("/dev/null", in_folder("null.csv"));
	samples = samples_open(in_folder("null.csv"), &from, &err);
	assert_non_null(samples);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < rows; i++)
		samples_write(samples, &s, &ends);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(samples_close(samples), 0);
	seconds = (double)(b.tv_sec - a.tv_sec) +
		  (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	print_message("%.0f rows/s\n", rows / seconds);
	assert_true(rows / seconds > 50000);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_is_the_contract),
		cmocka_unit_test(absent_stamps_are_empty),
		cmocka_unit_test(flags_are_words),
		cmocka_unit_test(every_status_has_its_word),
		cmocka_unit_test(the_first_remote_stamp_is_the_origin),
		cmocka_unit_test(a_given_remote_origin_stays),
		cmocka_unit_test(jsonl_is_a_whole_object_a_line),
		cmocka_unit_test(other_endings_and_places_are_refused),
		cmocka_unit_test(a_full_disk_is_told_once),
		cmocka_unit_test(a_full_disk_leaves_whole_rows),
		cmocka_unit_test(is_fast),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
