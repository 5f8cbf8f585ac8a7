/* Who ends the workers of a host that is gone without having ended them. */
#ifndef WALKPROOF_GUARD_H
#define WALKPROOF_GUARD_H
#include <sys/types.h>
#include "walkproof_worker.h"

/* Tells it of a worker that there is, or, negated, of one that there is no more. */
void walkproof_guard_tell(pid_t worker);
#endif
