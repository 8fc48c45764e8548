/*
 * What the harness needs of the kernel, without a C library: system calls by
 * INT 80h and the structures of 32-bit Linux. All code that makes system calls
 * lies in the harness's own text: whatever a case executes elsewhere is caught.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum {
  SYS_read = 3,
  SYS_write = 4,
  SYS_munmap = 91,
  SYS_setitimer = 104,
  SYS_modify_ldt = 123,
  SYS_mprotect = 125,
  SYS_mremap = 163,
  SYS_prctl = 172,
  SYS_rt_sigreturn = 173,
  SYS_rt_sigaction = 174,
  SYS_sigaltstack = 186,
  SYS_mmap2 = 192,
  SYS_exit_group = 252,
};

enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000 };
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGVTALRM = 26, SIGSYS = 31 };
enum { SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };
enum { ITIMER_VIRTUAL = 1 };

static inline int32_t call6(int number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f) {
  int32_t result;
  __asm__ volatile("pushl %[f]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\tint $0x80\n\tpopl %%ebp\n\taddl $4, %%esp"
                   : "=a"(result)
                   : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [f] "g"(f)
                   : "memory", "cc");
  return result;
}

static inline int32_t call4(int number, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  int32_t result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory", "cc");
  return result;
}

/* Of modify_ldt(2): one descriptor. */
struct user_desc {
  uint32_t entry, base, limit;
  uint32_t seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1, seg_not_present : 1, useable : 1;
};

struct kernel_sigaction {
  uint32_t handler, flags, restorer, mask[2];
};

struct kernel_stack {
  uint32_t sp, flags, size;
};

/* The registers in a signal frame. */
struct sigcontext {
  uint16_t gs, gsh, fs, fsh, es, esh, ds, dsh;
  uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
  uint32_t trapno, error, eip;
  uint16_t cs, csh;
  uint32_t eflags, esp_at_signal;
  uint16_t ss, ssh;
  uint32_t fpstate, oldmask, cr2;
};

struct ucontext {
  uint32_t flags, link;
  struct kernel_stack stack;
  struct sigcontext registers;
};

/* Where the FXSAVE image lies behind `fpstate`: an FSAVE image comes first. */
#define FXSAVE_IN_FRAME 112

#endif
