/*
 * Executes single user-mode integer instructions on the host's processor.
 *
 * Reads records from standard input, executes each, writes a result for each to
 * standard output; record.ts has the same two layouts. An instruction is 32-bit
 * code in flat segments, or (bit 7 of the length) 16-bit code in small segments
 * made with modify_ldt. It runs at SLOT, its memory is the window at DATA, and a
 * branch that is taken lands 64 bytes after SLOT. Build: gcc -m32 -static -O1.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE 0x01000000
#define SLOT 0x01000100
#define CONTROL 0x01002000
#define DATA_PAGE 0x01100000
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

/*
 * Everything comes from fixed addresses through FS, which is flat, so that no
 * register is needed. 2000h the stack pointer of main; 2004h registers before;
 * 2024h flags before; 2044h registers after; 2064h flags after; 2068h taken;
 * 2070h selectors for the instruction: DS, SS; 2080h where to enter it; 2090h flat SS.
 */
__asm__(
    ".globl before, after, leave\n"
    "before: pusha\n"
    "  mov %esp, 0x01002000\n"
    "  push %ds\n push %es\n mov %ds, %eax\n mov %eax, %fs\n mov %ss, 0x01002090\n mov %esp, 0x01002094\n"
    "  pushl 0x01002024\n popf\n"
    "  mov 0x01002004, %eax\n mov 0x01002008, %ecx\n mov 0x0100200c, %edx\n mov 0x01002010, %ebx\n"
    "  mov 0x01002018, %ebp\n mov 0x0100201c, %esi\n mov 0x01002020, %edi\n"
    "  mov 0x01002070, %es\n mov 0x01002074, %ss\n mov 0x01002014, %esp\n mov 0x01002070, %ds\n"
    "  ljmp *%fs:0x01002080\n"
    "after: mov %esp, %fs:0x01002054\n"
    "  mov %fs:0x01002090, %ss\n mov $0x01002f00, %esp\n"
    "  pushf\n popl %fs:0x01002064\n"
    "  mov %eax, %fs:0x01002044\n mov %ecx, %fs:0x01002048\n mov %edx, %fs:0x0100204c\n mov %ebx, %fs:0x01002050\n"
    "  mov %ebp, %fs:0x01002058\n mov %esi, %fs:0x0100205c\n mov %edi, %fs:0x01002060\n"
    "leave: cld\n mov %fs:0x01002090, %ss\n mov %fs:0x01002094, %esp\n pop %es\n pop %ds\n"
    "  mov 0x01002000, %esp\n popa\n ret\n");
extern uint8_t before[], after[], leave[];

static volatile uint32_t caught;
static int flat_code, flat_data;

static void handler(int number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  uint32_t *out = (uint32_t *)(CONTROL + 0x44);
  out[0] = g[REG_EAX], out[1] = g[REG_ECX], out[2] = g[REG_EDX], out[3] = g[REG_EBX];
  out[4] = g[REG_ESP], out[5] = g[REG_EBP], out[6] = g[REG_ESI], out[7] = g[REG_EDI];
  out[8] = g[REG_EFL];
  caught = number;
  g[REG_EIP] = (greg_t)leave;
  g[REG_CS] = flat_code;
  g[REG_SS] = g[REG_DS] = g[REG_ES] = g[REG_FS] = flat_data;
  g[REG_EFL] &= ~0x400;
}

static int segment(int entry, uint32_t base, uint32_t limit, int contents) {
  struct user_desc d = {.entry_number = entry, .base_addr = base, .limit = limit, .contents = contents, .useable = 1};
  if (syscall(SYS_modify_ldt, 1, &d, sizeof d) != 0) return -1;
  return entry * 8 + 7;
}

/* Appends a far jump to `after` (66 EA in 16-bit code), after noting that the branch was taken. */
static void jump_out(uint8_t *at, int small, int taken) {
  if (taken) {
    static const uint8_t note[] = {0x64, 0xc7, 0x05, 0x68, 0x20, 0x00, 0x01, 1, 0, 0, 0};
    if (small) *at++ = 0x66, *at++ = 0x67;
    memcpy(at, note, sizeof note);
    at += sizeof note;
  }
  if (small) *at++ = 0x66;
  *at++ = 0xea;
  uint32_t target = (uint32_t)after;
  memcpy(at, &target, 4);
  at[4] = flat_code;
  at[5] = flat_code >> 8;
}

static uint8_t alternate[65536];

int main(void) {
  int all = PROT_READ | PROT_WRITE | PROT_EXEC, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap((void *)CODE, 0x4000, all, flags, -1, 0) == MAP_FAILED) return 2;
  if (mmap((void *)DATA_PAGE, 0x1000, all, flags, -1, 0) == MAP_FAILED) return 2;
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  action.sa_sigaction = handler;
  int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  __asm__("mov %%cs, %0\n mov %%ds, %1" : "=r"(flat_code), "=r"(flat_data));
  int small_code = segment(1, CODE, 0xffff, 2);
  int small_data = segment(2, DATA_PAGE, 0xfff, 0);
  if (small_code < 0 || small_data < 0) return 4;

  uint8_t *slot = (uint8_t *)SLOT;
  static struct record in;
  static struct result out;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    int small = in.length >> 7;
    memset(slot, 0x90, 0x80);
    memcpy(slot, in.code, in.length & 15);
    jump_out(slot + 16, small, 0);
    jump_out(slot + 64, small, 1);
    memcpy((void *)(CONTROL + 4), in.registers, 32);
    *(uint32_t *)(CONTROL + 0x24) = in.flags;
    *(uint32_t *)(CONTROL + 0x68) = 0;
    *(uint32_t *)(CONTROL + 0x70) = *(uint32_t *)(CONTROL + 0x74) = small ? small_data : flat_data;
    *(uint32_t *)(CONTROL + 0x80) = small ? SLOT - CODE : SLOT;
    *(uint32_t *)(CONTROL + 0x84) = small ? small_code : flat_code;
    memset((void *)DATA_PAGE, 0, 0x1000);
    memcpy((void *)DATA, in.memory, WINDOW);
    caught = 0;
    ((void (*)(void))before)();
    memcpy(out.registers, (void *)(CONTROL + 0x44), 32);
    out.flags = *(uint32_t *)(CONTROL + 0x64);
    out.signal = caught;
    out.taken = *(uint32_t *)(CONTROL + 0x68);
    memcpy(out.memory, (void *)DATA, WINDOW);
    if (fwrite(&out, sizeof out, 1, stdout) != 1) return 3;
  }
  return 0;
}
