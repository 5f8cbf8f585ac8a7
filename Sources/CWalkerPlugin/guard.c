/* The guard's side: starts workers for its host, and outlives it by as long as it takes to end them.
 *
 * A worker's parent has to be somebody who is there when the host is gone, in whatever way: what a worker
 * forks and lets go of comes to its nearest forebear that takes such processes, however they have hidden,
 * and a worker cannot be left to end itself, since it runs somebody else's code. */
#define _GNU_SOURCE
#include "guard.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The processes that the host started itself; of more than there is room for the last are not known. */
enum { NOTED_LIMIT = 256 };
static pid_t noted[NOTED_LIMIT];
static int noted_count;

static void forget(pid_t process)
{
	int number;

	for (number = 0; number < noted_count && noted[number] != process; number++)
		;
	if (number < noted_count)
		noted[number] = noted[--noted_count];
}

/* Becomes a worker. The signals of one are the walker's, whatever its host does with its own, and its group
 * of processes is its own: a terminal's interrupt is its host's to answer, and what it forks goes with it.
 * It has no descriptor that is open for somebody else, such as the end of a pipe, whose reader would wait
 * for as long as the worker lives. It does not outlive its guard. Runs in memory that is its parent's until it
 * has become one. */
static void become_worker(const struct walkproof_guard_request *request, int memory, pid_t parent)
{
	char number[] = { '0' + WALKPROOF_MEMORY_DESCRIPTOR, 0 };
	char *const words[] = {
		(char *)request->executable, "worker", (char *)request->plugin, number, 0,
	};
	int signal_number, descriptor, nothing;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Its guard may be gone before that. */
	if (getppid() != parent)
		return;
	for (signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, 0);
	memory = fcntl(memory, F_DUPFD, WALKPROOF_MEMORY_DESCRIPTOR + 1);
	for (descriptor = 0; descriptor < WALKPROOF_MEMORY_DESCRIPTOR; descriptor++) {
		close(descriptor);
		nothing = open("/dev/null", descriptor ? O_WRONLY : O_RDONLY);
		if (nothing != descriptor)
			return;
	}
	if (memory < 0 || dup2(memory, WALKPROOF_MEMORY_DESCRIPTOR) < 0)
		return;
	close_range(WALKPROOF_MEMORY_DESCRIPTOR + 1, ~0u, 0);
	execve(request->executable, words, environ);
}

static void spawn(const struct walkproof_guard_request *request, int memory, struct walkproof_guard_reply *reply)
{
	volatile int error = 0;
	const pid_t parent = getpid();
	pid_t process = vfork();

	if (process == 0) {
		become_worker(request, memory, parent);
		error = errno ? errno : EINVAL;
		_exit(127);
	}
	if (process < 0)
		reply->error = errno;
	else if ((reply->error = error))
		waitpid(process, 0, 0);
	else
		reply->process = process;
}

static uint64_t nanoseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

static void reap(pid_t process, struct walkproof_guard_reply *reply)
{
	struct rusage usage;

	/* It may have left its group. */
	kill(process, SIGKILL);
	kill(-process, SIGKILL);
	memset(&usage, 0, sizeof usage);
	if (wait4(process, &reply->status, 0, &usage) != process)
		reply->error = errno;
	reply->nanoseconds = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
	while (waitpid(-process, 0, 0) > 0)
		;
}

static void serve(const struct walkproof_guard_request *request, int memory, struct walkproof_guard_reply *reply)
{
	siginfo_t information = { 0 };

	switch (request->deed) {
	case WALKPROOF_GUARD_SPAWN: spawn(request, memory, reply); break;
	case WALKPROOF_GUARD_PEEK:
		waitid(P_PID, (id_t)request->process, &information, WEXITED | WNOWAIT | WNOHANG);
		reply->is_gone = information.si_pid == request->process;
		break;
	case WALKPROOF_GUARD_REAP: reap(request->process, reply); break;
	case WALKPROOF_GUARD_NOTE:
		if (noted_count < NOTED_LIMIT)
			noted[noted_count++] = request->process;
		break;
	case WALKPROOF_GUARD_FORGET: forget(request->process); break;
	}
}

/* The next request; false when nobody asks any more. */
static bool next(struct walkproof_guard_request *request, int *memory)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { request, sizeof *request };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
	};
	struct cmsghdr *head;
	ssize_t size;

	do
		size = recvmsg(0, &message, MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	*memory = -1;
	head = size > 0 ? CMSG_FIRSTHDR(&message) : 0;
	if (head && head->cmsg_type == SCM_RIGHTS)
		memcpy(memory, CMSG_DATA(head), sizeof *memory);
	return size == sizeof *request;
}

void walkproof_guard_serve(int socket)
{
	static struct walkproof_guard_request request;
	sigset_t all;
	int memory;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (dup2(socket, 0) < 0)
		_exit(1);
	/* It keeps nobody's pipe open, its host's own included. */
	close_range(1, ~0u, 0);
	while (next(&request, &memory)) {
		struct walkproof_guard_reply reply = { 0 };

		serve(&request, memory, &reply);
		if (memory >= 0)
			close(memory);
		if (send(0, &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply)
			break;
	}
	while (noted_count)
		kill(-noted[--noted_count], SIGKILL);
	walkproof_children_end();
	_exit(0);
}
