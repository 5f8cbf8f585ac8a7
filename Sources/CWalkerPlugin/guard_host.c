/* The host's side of the guard: starts it, and asks it. */
#define _GNU_SOURCE
#include "guard.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* The end of the socket that is open for as long as the host lives; -1 where there is no guard. */
static int life = -1;
static pid_t guard;
static bool is_started;
/* One asks at a time. */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
/* How much of the processors' time the workers had that are reaped. */
static atomic_ullong nanoseconds_reaped;

/* A guard answers at once, but where a worker has ended or stopped it. */
enum { PATIENCE_SECONDS = 30 };

static void start(void)
{
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	int ends[2];

	if (!is_started) {
		is_started = true;
		walkproof_children_inherit();
		/* What is left behind when a guard is ended comes to this process, which ends and reaps it. */
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	}
	if (life >= 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return;
	guard = fork();
	if (guard == 0)
		walkproof_guard_serve(ends[0]);
	close(ends[0]);
	if (guard < 0) {
		close(ends[1]);
		return;
	}
	life = ends[1];
	setsockopt(life, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/* Gives a guard up that does not answer. */
static void give_up(void)
{
	close(life);
	life = -1;
	if (guard > 0 && kill(guard, SIGKILL) == 0)
		waitpid(guard, 0, 0);
}

static bool send_request(const struct walkproof_guard_request *request, int memory)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof memory)];
	} control = { 0 };
	struct iovec part = { (void *)request, sizeof *request };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (memory >= 0) {
		control.head = (struct cmsghdr) {
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof memory),
		};
		memcpy(CMSG_DATA(&control.head), &memory, sizeof memory);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	return sendmsg(life, &message, MSG_NOSIGNAL) == sizeof *request;
}

/* Asks, of a new guard where the old one is gone; false where there is none, with the reason in errno. */
static bool ask(const struct walkproof_guard_request *request, int memory, struct walkproof_guard_reply *reply)
{
	bool isAnswered = false;
	ssize_t size;
	int round;

	pthread_mutex_lock(&door);
	for (round = 0; round < 2 && !isAnswered; round++) {
		start();
		if (life < 0)
			break;
		errno = EPIPE;
		if (send_request(request, memory)) {
			do
				size = recv(life, reply, sizeof *reply, 0);
			while (size < 0 && errno == EINTR);
			isAnswered = size == sizeof *reply;
		}
		if (!isAnswered)
			give_up();
		/* What the old one was asked of others, this one knows nothing of. */
		if (request->deed != WALKPROOF_GUARD_SPAWN)
			break;
	}
	pthread_mutex_unlock(&door);
	return isAnswered;
}

pid_t walkproof_guard_spawn(const char *executable, const char *plugin, int memory)
{
	struct walkproof_guard_request request = { .deed = WALKPROOF_GUARD_SPAWN };
	struct walkproof_guard_reply reply = { 0 };

	errno = ENAMETOOLONG;
	if (strlen(executable) >= sizeof request.executable || strlen(plugin) >= sizeof request.plugin)
		return 0;
	strcpy(request.executable, executable);
	strcpy(request.plugin, plugin);
	if (!ask(&request, memory, &reply))
		return 0;
	errno = reply.error;
	return reply.error ? 0 : reply.process;
}

bool walkproof_guard_sees_gone(pid_t worker)
{
	struct walkproof_guard_request request = { .deed = WALKPROOF_GUARD_PEEK, .process = worker };
	struct walkproof_guard_reply reply = { 0 };
	siginfo_t information = { 0 };

	if (ask(&request, -1, &reply) && reply.is_gone)
		return true;
	/* The children of a guard that was ended are this process's. */
	return waitid(P_PID, (id_t)worker, &information, WEXITED | WNOWAIT | WNOHANG) == 0 &&
	       information.si_pid == worker;
}

void walkproof_guard_reap(pid_t worker, int *status)
{
	struct walkproof_guard_request request = { .deed = WALKPROOF_GUARD_REAP, .process = worker };
	struct walkproof_guard_reply reply = { 0 };

	*status = 0;
	if (ask(&request, -1, &reply) && !reply.error) {
		*status = reply.status;
		atomic_fetch_add(&nanoseconds_reaped, reply.nanoseconds);
		return;
	}
	kill(worker, SIGKILL);
	kill(-worker, SIGKILL);
	waitpid(worker, status, 0);
	while (waitpid(-worker, 0, 0) > 0)
		;
}

void walkproof_guard_tell(pid_t process)
{
	struct walkproof_guard_request request = {
		.deed = process > 0 ? WALKPROOF_GUARD_NOTE : WALKPROOF_GUARD_FORGET,
		.process = process > 0 ? process : -process,
	};
	struct walkproof_guard_reply reply;

	ask(&request, -1, &reply);
}

uint64_t walkproof_guard_nanoseconds(void) { return atomic_load(&nanoseconds_reaped); }

void walkproof_guard_start(void)
{
	pthread_mutex_lock(&door);
	start();
	pthread_mutex_unlock(&door);
}

void walkproof_workers_end(void)
{
	if (is_started)
		walkproof_children_end();
}
