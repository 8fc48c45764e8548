/*
 * Runs single MMX and SSE instructions on the host's processor, in 32-bit
 * mode, so that the interpreter can be held against real hardware.
 *
 * Reads records from standard input and writes them back with the state the
 * instruction left. `status` becomes 0, or 0x100 | vector of the exception.
 * Memory operands live at 0x80100, the same address as in the test's guest.
 *
 * Build: gcc -m32 -O1 -msse2 -fno-pie -no-pie -o host host.c
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct record {
  uint8_t code[16];
  uint32_t gpr[8];
  uint32_t eflags;
  uint32_t status;
  uint32_t unused[2];
  uint8_t memory[64];
  uint8_t fx[512];
} __attribute__((aligned(16)));

#define CODE ((uint8_t *)0x70000)
#define DATA ((uint8_t *)0x80100)
/* In a signal frame the FXSAVE image follows the older, FSAVE-shaped one. */
#define FXSAVE_IN_FRAME 112

struct record current;
uint32_t saved_esp;
uint32_t code_at = 0x70000;
uint32_t plain_mxcsr = 0x1f80;
void run(void);
void leave(void);
void recover(void);

__asm__(
    ".globl run, leave, recover\n"
    "run:\n"
    "  pushal\n"
    "  movl %esp, saved_esp\n"
    "  fxrstor current+128\n"
    "  pushl current+48\n"
    "  popfl\n"
    "  movl current+16, %eax\n"
    "  movl current+20, %ecx\n"
    "  movl current+24, %edx\n"
    "  movl current+28, %ebx\n"
    "  movl current+36, %ebp\n"
    "  movl current+40, %esi\n"
    "  movl current+44, %edi\n"
    "  jmp *code_at\n"
    "leave:\n"
    "  movl %eax, current+16\n"
    "  movl %ecx, current+20\n"
    "  movl %edx, current+24\n"
    "  movl %ebx, current+28\n"
    "  movl %ebp, current+36\n"
    "  movl %esi, current+40\n"
    "  movl %edi, current+44\n"
    "  pushfl\n"
    "  popl current+48\n"
    "  fxsave current+128\n"
    "recover:\n"
    "  movl saved_esp, %esp\n"
    "  cld\n"
    "  fninit\n"
    "  ldmxcsr plain_mxcsr\n"
    "  popal\n"
    "  ret\n");

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  greg_t *g = uc->uc_mcontext.gregs;
  (void)number;
  (void)info;
  current.gpr[0] = g[REG_EAX];
  current.gpr[1] = g[REG_ECX];
  current.gpr[2] = g[REG_EDX];
  current.gpr[3] = g[REG_EBX];
  current.gpr[5] = g[REG_EBP];
  current.gpr[6] = g[REG_ESI];
  current.gpr[7] = g[REG_EDI];
  current.eflags = g[REG_EFL];
  current.status = 0x100 | g[REG_TRAPNO];
  memcpy(current.fx, (uint8_t *)uc->uc_mcontext.fpregs + FXSAVE_IN_FRAME, sizeof current.fx);
  g[REG_EIP] = (greg_t)(intptr_t)recover;
  g[REG_ESP] = saved_esp;
}

int main(void) {
  static const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
  static uint8_t stack[65536];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaltstack(&alternate, 0);
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap((void *)0x70000, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) == MAP_FAILED) return 1;
  if (mmap((void *)0x80000, 0x1000, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) return 1;
  while (fread(&current, sizeof current, 1, stdin) == 1) {
    memcpy(CODE, current.code, 16);
    /* jmp leave */
    CODE[16] = 0xe9;
    int32_t distance = (int32_t)(intptr_t)leave - (0x70000 + 21);
    memcpy(CODE + 17, &distance, 4);
    memcpy(DATA, current.memory, sizeof current.memory);
    current.status = 0;
    run();
    memcpy(current.memory, DATA, sizeof current.memory);
    fwrite(&current, sizeof current, 1, stdout);
  }
  return 0;
}
