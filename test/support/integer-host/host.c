/*
 * Executes single user-mode integer instructions on the host's processor.
 *
 * Reads records from standard input, executes each, writes a result for each to
 * standard output; record.ts has the same two layouts. The instruction runs at
 * SLOT, its memory is the window at DATA, and a branch that is taken lands 64
 * bytes after SLOT. Build: gcc -m32 -static -O1.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CODE 0x01000000
#define SLOT 0x01000100
#define CONTROL 0x01002000
#define DATA 0x01100800
#define WINDOW 256

struct record {
  uint8_t length, code[15];
  uint32_t registers[8];
  uint32_t flags;
  uint8_t memory[WINDOW];
};
struct result {
  uint32_t registers[8];
  uint32_t flags;
  uint32_t signal;
  uint32_t taken;
  uint8_t memory[WINDOW];
};

/* Before the slot: everything comes from fixed addresses, so that no register is needed. */
__asm__(
    ".globl before, before_end, after, after_end, landing, landing_end\n"
    "before: pusha\n"
    "  mov %esp, 0x01002000\n"
    "  mov $0x01002f00, %esp\n"
    "  pushl 0x01002024\n popf\n"
    "  mov 0x01002004, %eax\n mov 0x01002008, %ecx\n mov 0x0100200c, %edx\n mov 0x01002010, %ebx\n"
    "  mov 0x01002014, %esp\n mov 0x01002018, %ebp\n mov 0x0100201c, %esi\n mov 0x01002020, %edi\n"
    "before_end:\n"
    "after: mov %esp, 0x01002054\n"
    "  mov $0x01002f00, %esp\n"
    "  pushf\n popl 0x01002064\n"
    "  mov %eax, 0x01002044\n mov %ecx, 0x01002048\n mov %edx, 0x0100204c\n mov %ebx, 0x01002050\n"
    "  mov %ebp, 0x01002058\n mov %esi, 0x0100205c\n mov %edi, 0x01002060\n"
    "  cld\n mov 0x01002000, %esp\n popa\n ret\n"
    "after_end:\n"
    "landing: movl $1, 0x01002068\n"
    "landing_end:\n");
extern uint8_t before[], before_end[], after[], after_end[], landing[], landing_end[];

static volatile uint32_t caught;

static void handler(int number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  uint32_t *out = (uint32_t *)(CONTROL + 0x44);
  out[0] = g[REG_EAX], out[1] = g[REG_ECX], out[2] = g[REG_EDX], out[3] = g[REG_EBX];
  out[4] = g[REG_ESP], out[5] = g[REG_EBP], out[6] = g[REG_ESI], out[7] = g[REG_EDI];
  out[8] = g[REG_EFL];
  caught = number;
  /* Go on at the end of `after`: cld (1 byte), restore ESP (6), popa (1), return (1). */
  g[REG_EIP] = CODE + 0x200 + (after_end - after) - 9;
  g[REG_EFL] &= ~0x400;
}

static uint8_t alternate[65536];

int main(void) {
  if (mmap((void *)CODE, 0x4000, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return 2;
  if (mmap((void *)(DATA & ~0xfff), 0x1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return 2;
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  action.sa_sigaction = handler;
  int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);

  uint8_t *slot = (uint8_t *)SLOT;
  memset((void *)CODE, 0x90, 0x2000);
  memcpy(slot - (before_end - before), before, before_end - before);
  memcpy((void *)(CODE + 0x200), after, after_end - after);
  memcpy(slot + 0x40, landing, landing_end - landing);
  /* After the landing, NOPs lead on to `after`. */
  static struct record in;
  static struct result out;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    memset(slot, 0x90, 16);
    memcpy(slot, in.code, in.length);
    slot[16] = 0xe9; /* jmp after */
    int32_t distance = 0x200 - 0x100 - 21;
    memcpy(slot + 17, &distance, 4);
    memcpy((void *)(CONTROL + 4), in.registers, 32);
    *(uint32_t *)(CONTROL + 0x24) = in.flags;
    *(uint32_t *)(CONTROL + 0x68) = 0;
    memcpy((void *)DATA, in.memory, WINDOW);
    caught = 0;
    ((void (*)(void))(SLOT - (before_end - before)))();
    memcpy(out.registers, (void *)(CONTROL + 0x44), 32);
    out.flags = *(uint32_t *)(CONTROL + 0x64);
    out.signal = caught;
    out.taken = *(uint32_t *)(CONTROL + 0x68);
    memcpy(out.memory, (void *)DATA, WINDOW);
    if (fwrite(&out, sizeof out, 1, stdout) != 1) return 3;
  }
  return 0;
}
