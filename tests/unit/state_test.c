// SPDX-License-Identifier: GPL-2.0-only
/* Files in the state directory, and what may be in the way of one; the stored
 * floor among them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/machine.h"
#include "host/state.h"
#include "null_fixture.h"
#include "out/null_json.h"
#include "probe/null_store.h"
#include "unit.h"

#define WRITERS 4
#define ROUNDS 60
#define SIZE 5000

static char root[] = "/tmp/xrtt-state.XXXXXX";
static char directory[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "%s/state:%s/other",
		 mkdtemp(root), root);
	setenv("STATE_DIRECTORY", directory, 1);
	*strchr(directory, ':') = '\0';
	return 0;
}

static void remove_file(const char *name)
{
	char path[STATE_PATH];

	assert_int_equal(state_path(name, path), 0);
	assert_true(!unlink(path) || errno == ENOENT);
}

static int remove_root(void **state)
{
	(void)state;
	remove_file("file");
	remove_file(NULL_STORE);
	return rmdir(directory) || rmdir(root);
}

static void test_write_and_read(void **state)
{
	char path[STATE_PATH], buf[8];
	struct stat st;

	(void)state;
	assert_int_equal(state_read("file", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(state_write("file", "12345678", 8), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), 8);
	assert_memory_equal(buf, "12345678", 8);
	assert_int_equal(state_read("file", buf, 7), -EFBIG);
	assert_int_equal(state_write("file", "ab", 2), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), 2);
	assert_int_equal(state_write("file", "", 0), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), 0);
	state_path("file", path);
	assert_int_equal(strncmp(path, directory, strlen(directory)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 022, 0);
}

/* A link, a pipe, a directory: never followed, never waited for. */
static void test_in_the_way(void **state)
{
	char path[STATE_PATH], buf[8];

	(void)state;
	state_path("file", path);
	remove_file("file");
	assert_int_equal(symlink("/proc/version", path), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(state_write("file", "x", 1), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), 1);
	remove_file("file");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), -EINVAL);
	remove_file("file");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(state_read("file", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(state_write("file", "x", 1), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	strcat(path, ".new");
	assert_int_equal(access(path, F_OK), -1);
}

static void write_rounds(char letter)
{
	char data[SIZE];

	memset(data, letter, sizeof(data));
	for (int i = 0; i < ROUNDS; i++) {
		if (state_write("file", data, sizeof(data)))
			_exit(1);
	}
	_exit(0);
}

static void test_writers(void **state)
{
	char data[SIZE];
	int status, running = WRITERS;

	(void)state;
	memset(data, 'a', sizeof(data));
	assert_int_equal(state_write("file", data, sizeof(data)), 0);
	for (int i = 0; i < WRITERS; i++) {
		if (!fork())
			write_rounds('a' + i);
	}
	while (running) {
		assert_int_equal(state_read("file", data, sizeof(data)), SIZE);
		for (int i = 1; i < SIZE; i++)
			assert_int_equal(data[i], data[0]);
		while (running && waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			running--;
		}
	}
}

static void test_directory(void **state)
{
	char path[STATE_PATH], kept[STATE_PATH], *huge = calloc(1, 1000);

	(void)state;
	snprintf(kept, sizeof(kept), "%s", getenv("STATE_DIRECTORY"));
	unsetenv("STATE_DIRECTORY");
	assert_int_equal(state_path("x", path), 0);
	assert_string_equal(path, "/var/lib/xrtt/x");
	setenv("STATE_DIRECTORY", "not/absolute", 1);
	assert_int_equal(state_path("x", path), 0);
	assert_string_equal(path, "/var/lib/xrtt/x");
	memset(huge, '/', 999);
	setenv("STATE_DIRECTORY", huge, 1);
	assert_int_equal(state_path("x", path), -ENAMETOOLONG);
	assert_int_equal(state_write("x", "", 0), -ENAMETOOLONG);
	setenv("STATE_DIRECTORY", "/proc/nowhere", 1);
	assert_int_equal(state_write("x", "", 0), -ENOENT);
	setenv("STATE_DIRECTORY", kept, 1);
	free(huge);
}

static void store(const struct null_floor *floor)
{
	char *text = null_json_text(floor);

	assert_int_equal(state_write(NULL_STORE, text, strlen(text)), 0);
	free(text);
}

static void test_stored_floor(void **state)
{
	struct null_floor floor, loaded;
	char path[STATE_PATH];

	(void)state;
	assert_int_equal(null_load(&loaded), -ENOENT);
	null_fixture(&floor);
	store(&floor);
	assert_int_equal(null_load(&loaded), 0);
	assert_non_null(strstr(loaded.stale, "another kernel"));
	/* This machine, as it runs: then only the version is another's. */
	machine_read(&floor.machine);
	assert_string_not_equal(floor.machine.kernel, "");
	assert_int_equal(strlen(floor.machine.boot_id), 36);
	store(&floor);
	assert_int_equal(null_load(&loaded), 0);
	assert_non_null(strstr(loaded.stale, "another xrtt"));
	assert_int_equal(loaded.cell[0].stage[STAGE_NETWORK].p50,
			 floor.cell[0].stage[STAGE_NETWORK].p50);
	assert_int_equal(state_write(NULL_STORE, "{}", 2), 0);
	assert_int_equal(null_load(&loaded), -EBADMSG);
	assert_int_equal(loaded.cells, 0);
	state_path(NULL_STORE, path);
	assert_int_equal(truncate(path, 1 << 20), 0);
	assert_int_equal(null_load(&loaded), -EBADMSG);
	remove_file(NULL_STORE);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(null_load(&loaded), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_in_the_way),
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_stored_floor),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
