/* Stacks that a thread of the operating system switches between by itself, in a few nanoseconds.
 *
 * A fiber is a stack and the place where it left off. Nothing here is a thread: one fiber of a thread
 * runs at a time, and goes on only when another switches to it. A fiber belongs to the thread that
 * made it. Signal masks, the floating-point environment and thread-local storage are not switched.
 */
#ifndef CFIBER_H
#define CFIBER_H

#include <stddef.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "stacks are switched on x86_64 and aarch64 alone: switch.S needs a page for this architecture"
#endif

/* Where a stack left off; the caller's own stack has one too, which its first switch fills in. */
typedef struct cfiber_context {
  void *stack_pointer;
} cfiber_context;

/* A stack: its lowest usable byte, and how many there are. Beneath it lies a page that faults. */
typedef struct cfiber_stack {
  void *base;
  size_t size_in_bytes;
} cfiber_stack;

/* How large every stack is. */
#define CFIBER_STACK_SIZE ((size_t)256 * 1024)

/* A stack, from the process's pool or new; its base is null where there is no memory. */
cfiber_stack cfiber_take_stack(void);

/* Gives a stack to the pool, whether or not what ran on it came to an end. */
void cfiber_give_stack(cfiber_stack stack);

/* How many stacks the pool holds. */
size_t cfiber_pooled_count(void);

/* Makes `context` begin with `entry(argument)` on `stack` when it is first switched to. `entry` does not
 * return: it ends by switching away for good. */
void cfiber_prepare(cfiber_context *context, cfiber_stack stack, void (*entry)(void *), void *argument);

/* Leaves off here, in `from`, and goes on where `to` left off. */
void cfiber_switch(cfiber_context *from, const cfiber_context *to);

#endif
