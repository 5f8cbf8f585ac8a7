/* Programs that are run to their end: compilers, and readers of what they made. */
#ifndef WALKPROOF_TOOL_H
#define WALKPROOF_TOOL_H
#include <stdbool.h>
#include <stddef.h>

/* How a program ended. */
struct walkproof_tool {
	int error;           /* why it could not be started, as errno; else 0 */
	int status;          /* what it exited with; -1 where a signal ended it */
	int signal;          /* the signal that ended it, or 0 */
	bool is_interrupted; /* it was ended because of an interrupt, or of its time */
	char *text;          /* what it wrote; the caller's to free, null for nothing */
	size_t size;
};

/* Runs the program with these words, which end in a null, in a folder, and takes what it writes to standard
 * error or, if not `errors`, to standard output. It is ended when its time is over or an interrupt came. */
struct walkproof_tool walkproof_tool_run(char *const words[], const char *folder, bool errors,
					 int timeout_ms);

/* Says that the command was interrupted; safe in the handler of a signal. */
void walkproof_interrupt(void);
#endif
