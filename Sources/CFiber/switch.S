/* The switch itself: what a function has to keep for its caller goes to the stack, the stack pointer to
 * the context, and the same the other way about. */

#if defined(__APPLE__)
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

  .text

#if defined(__x86_64__)

  .globl SYMBOL(cfiber_switch)
  .p2align 4
SYMBOL(cfiber_switch):
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq (%rsi), %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmpq *%rcx

/* A stack's first place: entry in rbx, argument in r12. */
  .globl SYMBOL(cfiber_begin)
  .p2align 4
SYMBOL(cfiber_begin):
  movq %r12, %rdi
  xorl %ebp, %ebp
  callq *%rbx
  ud2

#elif defined(__aarch64__)

  .globl SYMBOL(cfiber_switch)
  .p2align 4
SYMBOL(cfiber_switch):
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  ldr x9, [x1]
  mov sp, x9
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret

/* A stack's first place: entry in x19, argument in x20. */
  .globl SYMBOL(cfiber_begin)
  .p2align 4
SYMBOL(cfiber_begin):
  mov x0, x20
  mov x29, #0
  blr x19
  brk #1

#endif

#if defined(__linux__) && defined(__ELF__)
  .section .note.GNU-stack,"",%progbits
#endif
