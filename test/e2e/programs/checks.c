/* A program for the Linux guest that computes things whose results are known from running it on the host's processor:
 * integers of all sizes, floating point (x87 or SSE2, as compiled), strings, recursion, signals, processes.
 * Prints one line a check; the lines must be the same everywhere. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t state = 12345;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static uint32_t hash;

static void mix(uint32_t value) {
  hash = (hash ^ value) * 0x01000193u;
  hash ^= hash >> 15;
}

static void report(const char *name) {
  printf("%s %08x\n", name, hash);
  hash = 0x811c9dc5u;
}

static void integers(void) {
  for (int i = 0; i < 20000; i++) {
    uint32_t a = next(), b = next() | 1, s = next() & 31;
    int32_t x = (int32_t)a, y = (int32_t)(b & 0xffff) + 1;
    mix(a / b + a % b);
    mix((uint32_t)(x / y) ^ (uint32_t)(x % y));
    mix((a << s) | (a >> ((32 - s) & 31)));
    mix((uint32_t)(x >> s));
    uint64_t w = (uint64_t)a * b;
    mix((uint32_t)(w >> 32) ^ (uint32_t)w);
    int64_t q = (int64_t)w * x - (int64_t)b;
    mix((uint32_t)(q / y) ^ (uint32_t)((uint64_t)q >> s));
    mix((uint8_t)a * (uint16_t)b + (int8_t)b);
    mix((uint32_t)__builtin_popcount(a) + (uint32_t)__builtin_ctz(b) + (uint32_t)__builtin_clz(b));
  }
  report("integers");
}

static void mixDouble(double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  mix((uint32_t)bits);
  mix((uint32_t)(bits >> 32));
}

static void floating(void) {
  volatile double sum = 0, product = 1;
  for (int i = 1; i < 5000; i++) {
    volatile double d = (double)(int32_t)next() / (double)i;
    volatile float f = (float)d;
    sum += d;
    product = product * 1.0000123 + (double)f * 1e-9;
    mixDouble(d);
    mixDouble((double)f);
    volatile double root = sqrt(fabs(d));
    mixDouble(root);
    mix((uint32_t)(int32_t)(d / 1000.0));
    mix((uint32_t)(d > sum) + 2 * (uint32_t)(d == d) + 4 * (uint32_t)(f < 0));
    mix((uint32_t)(int64_t)floor(d));
  }
  mixDouble(sum);
  mixDouble(product);
  volatile double zero = 0, nothing = zero / zero, endless = 1 / zero;
  mix((uint32_t)(nothing == nothing) + 2 * (uint32_t)(endless > 1e308) + 4 * (uint32_t)isnan(nothing));
  report("floating");
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void memory(void) {
  static uint32_t numbers[5000];
  static char text[20000], copy[20000];
  for (int i = 0; i < 5000; i++) numbers[i] = next();
  qsort(numbers, 5000, sizeof numbers[0], compare);
  for (int i = 0; i < 5000; i++) mix(numbers[i]);
  for (int i = 0; i < 19999; i++) text[i] = (char)('a' + next() % 26);
  for (int i = 0; i < 500; i++) {
    uint32_t at = next() % 9000, to = next() % 9000, length = next() % 9000;
    memmove(copy + to, text + at, length);
    memmove(text + to, text + at, length);
    mix((uint32_t)strlen(text) + (uint32_t)(memchr(text + at, 'q', 100) != NULL));
    mix((uint32_t)(memcmp(text + at, copy + to, length) > 0));
  }
  for (int i = 0; i < 20000; i++) mix((uint8_t)text[i] + 256u * (uint8_t)copy[i]);
  report("memory");
}

static uint32_t ackermann(uint32_t m, uint32_t n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static sigjmp_buf back;
static volatile sig_atomic_t caught;

static void handler(int signal) {
  caught = signal;
  siglongjmp(back, 1);
}

static void faults(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  for (const int *s = (const int[]){SIGSEGV, SIGFPE, SIGILL, SIGTRAP, 0}; *s; s++) sigaction(*s, &action, NULL);
  char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile int zero = 0, result = 0;
  for (int i = 0; i < 5; i++) {
    caught = 0;
    if (sigsetjmp(back, 1) == 0) {
      if (i == 0) *(volatile char *)page = 1;
      if (i == 1) result = 1 / zero;
      if (i == 2) __asm__ volatile("ud2");
      if (i == 3) __asm__ volatile("int3");
      if (i == 4) __asm__ volatile("hlt");
    }
    mix((uint32_t)caught * 17 + (uint32_t)result);
  }
  report("faults");
}

static void processes(void) {
  for (int i = 0; i < 20; i++) {
    int pipes[2], status;
    if (pipe(pipes) != 0) return;
    pid_t child = fork();
    if (child == 0) {
      uint32_t value = hash * 31 + (uint32_t)i;
      if (write(pipes[1], &value, sizeof value) != sizeof value) _exit(255);
      _exit(i);
    }
    uint32_t value = 0;
    if (read(pipes[0], &value, sizeof value) != sizeof value) return;
    waitpid(child, &status, 0);
    mix(value);
    mix((uint32_t)WEXITSTATUS(status));
    close(pipes[0]);
    close(pipes[1]);
  }
  report("processes");
}

/* Code made at run time, changed and run again. */
static void selfModifying(void) {
  uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return;
  for (uint32_t i = 0; i < 2000; i++) {
    uint32_t value = next();
    code[0] = 0xb8; /* mov eax, value */
    memcpy(code + 1, &value, 4);
    code[5] = 0x05; /* add eax, i */
    memcpy(code + 6, &i, 4);
    code[10] = 0xc3;
    mix(((uint32_t(*)(void))code)());
  }
  report("self-modifying");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  hash = 0x811c9dc5u;
  integers();
  floating();
  memory();
  mix(ackermann(2, 300));
  report("recursion");
  faults();
  processes();
  selfModifying();
  return 0;
}
