#define _GNU_SOURCE
#include "cfiber.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void cfiber_begin(void);

/* A stack that waits for use holds the next of its pool in its first bytes. */
typedef struct pooled {
  struct pooled *next;
} pooled;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pooled *pool;
static size_t pooled_count;

cfiber_stack cfiber_take_stack(void) {
  cfiber_stack stack = {NULL, CFIBER_STACK_SIZE};
  pthread_mutex_lock(&lock);
  stack.base = pool;
  if (pool) {
    pool = pool->next;
    pooled_count--;
  }
  pthread_mutex_unlock(&lock);
  if (stack.base) return stack;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *memory = mmap(NULL, page + CFIBER_STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return stack;
  if (mprotect(memory, page, PROT_NONE) != 0) {
    munmap(memory, page + CFIBER_STACK_SIZE);
    return stack;
  }
  stack.base = memory + page;
  return stack;
}

void cfiber_give_stack(cfiber_stack stack) {
  pooled *given = stack.base;
  pthread_mutex_lock(&lock);
  given->next = pool;
  pool = given;
  pooled_count++;
  pthread_mutex_unlock(&lock);
}

size_t cfiber_pooled_count(void) {
  pthread_mutex_lock(&lock);
  size_t count = pooled_count;
  pthread_mutex_unlock(&lock);
  return count;
}

void cfiber_prepare(cfiber_context *context, cfiber_stack stack, void (*entry)(void *), void *argument) {
  uintptr_t top = ((uintptr_t)stack.base + stack.size_in_bytes) & ~(uintptr_t)15;
#if defined(__x86_64__)
  /* As `cfiber_switch` takes it up: r15, r14, r13, r12, rbx, rbp, then the place; so that the stack is
   * aligned to 16 bytes where `cfiber_begin` calls. */
  void **saved = (void **)top - 9;
  saved[0] = saved[1] = saved[2] = NULL;
  saved[3] = argument;
  saved[4] = (void *)entry;
  saved[5] = NULL;
  saved[6] = (void *)cfiber_begin;
  saved[7] = saved[8] = NULL;
#elif defined(__aarch64__)
  void **saved = (void **)top - 20;
  for (int index = 0; index < 20; index++) saved[index] = NULL;
  saved[0] = (void *)entry;
  saved[1] = argument;
  saved[11] = (void *)cfiber_begin;
#endif
  context->stack_pointer = saved;
}
