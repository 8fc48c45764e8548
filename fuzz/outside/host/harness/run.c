/*
 * Runs one case: loads the processor with its state, and takes the state back
 * from the frame of the signal that ends it.
 */
#include "harness.h"

/* What the entry code below loads; it knows the offsets. */
struct entry_state {
  uint8_t fx[512];     /* 0 */
  uint32_t gpr[8];     /* 512: EAX ECX EDX EBX ESP EBP ESI EDI */
  uint32_t ss;         /* 544: LSS does not want it here, see below */
  uint32_t eflags;     /* 548 */
  uint32_t eip;        /* 552 */
  uint32_t cs;         /* 556 */
  uint32_t stack[2];   /* 560: SS:ESP for LSS */
  uint32_t ds, es, fs, gs; /* 568 572 576 580 */
} __attribute__((aligned(64)));

struct entry_state entry_state;
uint32_t harness_esp;
static struct case_out *result;
static volatile int running, again;
uint32_t ticks;
static uint8_t signal_stack[65536] __attribute__((aligned(64)));

extern uint8_t __executable_start[], etext[], enter_end[];
void enter(void);
void leave(void) __attribute__((noreturn));
void on_signal(void);
void signal_return(void);

__asm__(
    ".text\n"
    ".globl enter, enter_end, leave, on_signal, signal_return\n"
    "enter:\n"
    "  pushal\n"
    "  movl %esp, harness_esp\n"
    "  fxrstor entry_state\n"
    /* IRET serializes: the code was written at another linear address. */
    "  pushfl\n  pushl %cs\n  pushl $1f\n  iret\n"
    "1:\n"
    "  movw entry_state+576, %fs\n"
    "  movw entry_state+580, %gs\n"
    "  movw entry_state+572, %es\n"
    "  pushl entry_state+548\n"
    "  popfl\n"
    "  movl entry_state+512, %eax\n"
    "  movl entry_state+516, %ecx\n"
    "  movl entry_state+520, %edx\n"
    "  movl entry_state+524, %ebx\n"
    "  movl entry_state+532, %ebp\n"
    "  movl entry_state+536, %esi\n"
    "  movl entry_state+540, %edi\n"
    "  lssl entry_state+560, %esp\n"
    "  movw %cs:entry_state+568, %ds\n"
    "  ljmpl *%cs:entry_state+552\n"
    "enter_end:\n"
    /* Segments but FS and GS are flat, the FPU is as new: the kernel did that for the handler. */
    "leave:\n"
    "  movl harness_esp, %esp\n"
    "  xorl %eax, %eax\n"
    "  movw %ax, %fs\n"
    "  movw %ax, %gs\n"
    "  popal\n"
    "  ret\n"
    /* AC and NT are as the case left them. */
    "on_signal:\n"
    "  pushl $0x202\n"
    "  popfl\n"
    "  jmp handle\n"
    "signal_return:\n"
    "  movl $173, %eax\n"
    "  int $0x80\n");

static __attribute__((noreturn)) void die(int status) {
  for (;;) call4(SYS_exit_group, status, 0, 0, 0);
}

static int in_harness(const struct sigcontext *s) {
  return s->eip >= (uint32_t)__executable_start && s->eip < (uint32_t)etext && (s->cs & 4) == 0;
}

/*
 * Begins the case anew. Nothing that a case loaded survives a return from a signal handler for sure: the kernel makes
 * selectors those of level 3.
 */
static __attribute__((noreturn)) void restart(void) {
  again = 1;
  leave();
}

__attribute__((used)) void handle(int number, void *info, struct ucontext *context) {
  (void)info;
  const struct sigcontext *s = &context->registers;
  if (number == SIGVTALRM) {
    int entering = in_harness(s) && s->eip >= (uint32_t)enter && s->eip < (uint32_t)enter_end;
    if (!running || (in_harness(s) && !entering)) return;
    /* A case that has been running since before the last one takes too long. */
    if (++ticks < 2) restart();
    result->ending = END_TIME;
    leave();
  }
  if (!running) die(10);
  if (in_harness(s)) {
    result->ending = END_NOT_ENTERED;
    leave();
  }
  /* A write to a page that is there. */
  if (s->trapno == 14 && (s->error & 3) == 3 && memory_unprotect(s->cr2)) restart();
  result->ending = number == SIGSYS ? END_SYSTEM_CALL : END_EXCEPTION;
  result->trapno = s->trapno;
  result->error = s->error;
  result->cr2 = s->cr2;
  const uint32_t gpr[8] = {s->eax, s->ecx, s->edx, s->ebx, s->esp, s->ebp, s->esi, s->edi};
  memcpy(result->gpr, gpr, sizeof gpr);
  result->eip = s->eip;
  result->eflags = s->eflags;
  const uint16_t selectors[6] = {s->es, s->cs, s->ss, s->ds, s->fs, s->gs};
  memcpy(result->selectors, selectors, sizeof selectors);
  memcpy(result->fx, (const uint8_t *)s->fpstate + FXSAVE_IN_FRAME, FX);
  leave();
}

int run_start(void) {
  static const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGVTALRM, SIGSYS};
  struct kernel_stack stack = {.sp = (uint32_t)signal_stack, .size = sizeof signal_stack};
  if (call4(SYS_sigaltstack, (uint32_t)&stack, 0, 0, 0) != 0) return 0;
  struct kernel_sigaction action = {
      .handler = (uint32_t)on_signal,
      .flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER | SA_RESTART,
      .restorer = (uint32_t)signal_return,
  };
  for (unsigned n = 0; n < sizeof signals / sizeof *signals; n++)
    if (call4(SYS_rt_sigaction, signals[n], (uint32_t)&action, 0, 8) != 0) return 0;
  /* Time that this process has the processor, in steps of 10 ms. */
  const uint32_t timer[4] = {0, 10000, 0, 10000};
  return call4(SYS_setitimer, ITIMER_VIRTUAL, (uint32_t)timer, 0, 0) == 0;
}

int run(const struct case_in *c, struct case_out *out) {
  struct entry_state *e = &entry_state;
  memcpy(e->fx, c->fx, FX);
  memcpy(e->gpr, c->gpr, sizeof e->gpr);
  e->eflags = c->eflags;
  e->eip = c->eip;
  e->cs = c->selectors[1];
  e->stack[0] = c->gpr[4];
  e->stack[1] = c->selectors[2];
  e->es = c->selectors[0];
  e->ds = c->selectors[3];
  e->fs = c->selectors[4];
  e->gs = c->selectors[5];
  result = out;
  again = 0;
  running = 1;
  enter();
  running = 0;
  return !again;
}
