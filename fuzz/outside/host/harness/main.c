/*
 * Executes fuzzing cases on the host's processor. Batches of cases come by
 * standard input, their results go to standard output (harness.h). Before the
 * first it writes one word: 0, or which part of the host is missing. Build: see ../build.ts.
 */
#include "harness.h"

static uint8_t stack[65536] __attribute__((aligned(64), used));
static uint8_t *written;

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  movl $stack+65536, %esp\n"
    "  call serve\n");

void *memcpy(void *to, const void *from, size_t n) {
  void *start = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
  return start;
}

void *memset(void *to, int value, size_t n) {
  void *start = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
  return start;
}

static __attribute__((noreturn)) void stop(int status) {
  for (;;) call4(SYS_exit_group, status, 0, 0, 0);
}

static void flush(void) {
  for (uint8_t *p = (uint8_t *)OUTPUT; p < written;) {
    int32_t n = call4(SYS_write, 1, (uint32_t)p, written - p, 0);
    if (n <= 0) stop(0);
    p += n;
  }
  written = (uint8_t *)OUTPUT;
}

static void read_exactly(void *to, uint32_t size) {
  for (uint32_t at = 0; at < size;) {
    int32_t n = call4(SYS_read, 0, (uint32_t)to + at, size - at, 0);
    if (n <= 0) stop(n == 0 ? 0 : 11);
    at += n;
  }
}

static void run_case(const struct case_in *c) {
  /* No result is larger: the case's memory, and what goes with each patch. */
  const uint32_t most = sizeof(struct case_out) + 5 * (LAST - FIRST) / 4;
  if (OWN_END - (uint32_t)written < most) flush();
  const uint32_t *descriptors = (const uint32_t *)(c + 1);
  const struct patch *patches = (const struct patch *)(descriptors + 2 * c->descriptors);
  struct case_out *out = (struct case_out *)written;
  memset(out, 0, sizeof *out);
  uint8_t *end = (uint8_t *)(out + 1);
  ticks = 0;
  for (;;) {
    if (!memory_prepare(c, patches) || !descriptors_set(descriptors, c->descriptors)) {
      out->ending = END_NOT_ENTERED;
      break;
    }
    if (run(c, out)) break;
    memory_forget();
  }
  if (out->ending == END_EXCEPTION || out->ending == END_SYSTEM_CALL) end = memory_collect(end, &out->patches);
  else memory_forget();
  out->size = end - written;
  written = end;
}

__attribute__((used, noreturn)) void serve(void) {
  written = (uint8_t *)OUTPUT;
  uint32_t missing = !memory_start() ? 1 : !run_start() ? 2 : !sandbox_start() ? 3 : 0;
  call4(SYS_write, 1, (uint32_t)&missing, 4, 0);
  if (missing != 0) stop(1);
  for (;;) {
    uint32_t head[2]; /* bytes, cases */
    read_exactly(head, sizeof head);
    if (head[0] > BATCH) stop(12);
    read_exactly((void *)INPUT, head[0]);
    const uint8_t *at = (const uint8_t *)INPUT;
    for (uint32_t n = 0; n < head[1]; n++) {
      run_case((const struct case_in *)at);
      at += ((const struct case_in *)at)->size;
    }
    flush();
  }
}
