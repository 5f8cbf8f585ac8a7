/* The process between a host and its workers: their parent, which ends them with all that they left
 * behind when the host is gone. */
#ifndef WALKPROOF_GUARD_H
#define WALKPROOF_GUARD_H
#include <stdbool.h>
#include <sys/types.h>
#include "walkproof_worker.h"

/* The descriptor at which a worker finds the shared memory; below it are nothing to read or write, and it
 * has no other. */
enum { WALKPROOF_MEMORY_DESCRIPTOR = 3 };

enum walkproof_guard_deed {
	WALKPROOF_GUARD_SPAWN, /* starts `executable worker PLUGIN FD` */
	WALKPROOF_GUARD_PEEK,  /* says whether the process is gone, and leaves it unreaped */
	WALKPROOF_GUARD_REAP,  /* ends the process with its group, and reaps them */
	WALKPROOF_GUARD_NOTE,  /* knows of a process that the host started itself */
	WALKPROOF_GUARD_FORGET,
};

/* What a host asks for; with SPAWN comes the descriptor of the memory. */
struct walkproof_guard_request {
	enum walkproof_guard_deed deed;
	pid_t process;
	char executable[4096], plugin[4096];
};

struct walkproof_guard_reply {
	pid_t process;
	int error;
	int status; /* as wait tells it */
	int is_gone;
	uint64_t nanoseconds; /* of processor time that the process had */
};

/* Serves the host at the other end of a socket until it is gone; a process of its own does. */
_Noreturn void walkproof_guard_serve(int socket);

/* Starts a worker. Its number, or 0 with the reason in errno. */
pid_t walkproof_guard_spawn(const char *executable, const char *plugin, int memory);
/* Whether a worker is gone. Until it is reaped nobody else can have its number. */
bool walkproof_guard_sees_gone(pid_t worker);
/* Ends a worker with all of its group; how it ended is in `status`. */
void walkproof_guard_reap(pid_t worker, int *status);
/* How much of the processors' time the workers had that were reaped. */
uint64_t walkproof_guard_nanoseconds(void);
/* Tells it of a process of the host's own that there is, or, negated, of one that there is no more. */
void walkproof_guard_tell(pid_t process);

/* The children that this process has and did not start; they are none of its own. */
void walkproof_children_inherit(void);
/* Ends the children of this process, and theirs as they come to it. */
void walkproof_children_end(void);
#endif
