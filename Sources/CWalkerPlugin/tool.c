/* Runs a program, and takes what it writes. */
#define _GNU_SOURCE
#include "walkproof_tool.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guard.h"

extern char **environ;

static volatile sig_atomic_t is_interrupted;

void walkproof_interrupt(void) { is_interrupted = 1; }

/* The environment, but that programs speak in words that can be read again; null without memory. */
static char **plain_environment(void)
{
	static char plain[] = "LC_ALL=C";
	size_t count = 0, number, kept = 0;
	char **all;

	while (environ[count])
		count++;
	all = calloc(count + 2, sizeof *all);
	if (!all)
		return 0;
	for (number = 0; number < count; number++)
		if (strncmp(environ[number], "LC_ALL=", 7))
			all[kept++] = environ[number];
	all[kept] = plain;
	return all;
}

static int spawn(pid_t *child, char *const words[], const char *folder, bool errors, int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = plain_environment();
	sigset_t signals;
	int result;

	if (!environment)
		return ENOMEM;
	posix_spawnattr_init(&attributes);
	sigfillset(&signals);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	sigemptyset(&signals);
	posix_spawnattr_setsigmask(&attributes, &signals);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, errors ? 2 : 1);
	posix_spawn_file_actions_addopen(&actions, errors ? 1 : 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (folder)
		posix_spawn_file_actions_addchdir_np(&actions, folder);
	result = posix_spawnp(child, words[0], &actions, &attributes, words, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(environment);
	return result;
}

static long long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Adds what can be read to the text; 0 at the end of it. */
static ssize_t take(struct walkproof_tool *tool, size_t *room, int input)
{
	ssize_t size;

	if (*room - tool->size < 4096) {
		size_t more = *room ? *room * 2 : 1 << 16;
		char *text = realloc(tool->text, more);

		if (!text)
			return 0;
		tool->text = text;
		*room = more;
	}
	size = read(input, tool->text + tool->size, *room - tool->size);
	if (size > 0)
		tool->size += (size_t)size;
	return size;
}

struct walkproof_tool walkproof_tool_run(char *const words[], const char *folder, bool errors,
					 int timeout_ms)
{
	struct walkproof_tool tool = { .status = -1 };
	long long end = milliseconds() + timeout_ms;
	struct pollfd wait = { .events = POLLIN };
	size_t room = 0;
	pid_t child;
	int ends[2], status = 0;

	walkproof_guard_start();
	if (pipe2(ends, O_CLOEXEC)) {
		tool.error = errno;
		return tool;
	}
	tool.error = spawn(&child, words, folder, errors, ends[1]);
	close(ends[1]);
	if (tool.error) {
		close(ends[0]);
		return tool;
	}
	walkproof_guard_tell(child);
	wait.fd = ends[0];
	for (;;) {
		if (is_interrupted || milliseconds() > end) {
			tool.is_interrupted = true;
			break;
		}
		if (poll(&wait, 1, 50) > 0) {
			ssize_t size = take(&tool, &room, ends[0]);

			if (size == 0 || (size < 0 && errno != EINTR))
				break;
		}
	}
	close(ends[0]);
	/* It may go on when it has nothing more to say. */
	while (waitpid(child, &status, WNOHANG) == 0) {
		tool.is_interrupted |= is_interrupted || milliseconds() > end;
		if (tool.is_interrupted)
			kill(-child, SIGKILL);
		poll(0, 0, 2);
	}
	walkproof_guard_tell(-child);
	if (WIFSIGNALED(status))
		tool.signal = WTERMSIG(status);
	else
		tool.status = WEXITSTATUS(status);
	return tool;
}
