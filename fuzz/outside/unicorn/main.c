/*
 * Runs fuzzing cases in Unicorn: requests on standard input, answers on standard output, as words.ts has them.
 * The first answer, before any request, is one line: "ready", or why it cannot be done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"

/* Seconds after which a case is given up: far beyond what one takes. */
enum { PATIENCE = 10 };
/* Requests beyond this are not ours. */
static const uint32_t REQUEST_MAX = 1u << 26;

static uint8_t pristine[MEMORY_SIZE];
/* Pages of `pristine` that are not all zero; pages of memory that may differ from it. */
static uint8_t filled[MEMORY_SIZE / PAGE], stale[MEMORY_SIZE / PAGE];
static uint32_t extremes[256], extreme_count;

static int read_all(void *into, size_t length) {
  for (uint8_t *at = into; length > 0;) {
    const ssize_t got = read(0, at, length);
    if (got <= 0) return 0;
    at += got, length -= (size_t)got;
  }
  return 1;
}

static void fill(uint32_t address, const void *bytes, uint32_t length) {
  if (address >= MEMORY_SIZE) return;
  if (length > MEMORY_SIZE - address) length = MEMORY_SIZE - address;
  if (length == 0) return;
  memcpy(pristine + address, bytes, length);
  for (uint32_t page = address / PAGE; page <= (address + length - 1) / PAGE; page++) filled[page] = stale[page] = 1;
}

/* As backgroundWords in fuzz/case.ts. */
static void background(uint32_t address, uint32_t size, uint32_t seed) {
  static uint32_t words[MEMORY_SIZE / 4];
  const uint32_t count = size / 4 > MEMORY_SIZE / 4 ? MEMORY_SIZE / 4 : size / 4;
  uint32_t x = seed;
  for (uint32_t n = 0; n < count; n++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    words[n] = (x & 7) == 0 ? extremes[(x >> 8) % extreme_count] : x;
  }
  fill(address, words, count * 4);
}

/* Memory as the request has it: background, then patches. Returns 0 for a request that ends too early. */
static int prepare_memory(uint8_t *memory, const uint32_t *words, const uint32_t *end) {
  for (uint32_t page = 0; page < MEMORY_SIZE / PAGE; page++) {
    if (filled[page]) memset(pristine + page * PAGE, 0, PAGE), stale[page] = 1;
    filled[page] = 0;
  }
  if (end - words < 4) return 0;
  if (words[1] > 0) background(words[0], words[1], words[2]);
  uint32_t patches = words[3];
  for (words += 4; patches > 0; patches--) {
    if (end - words < 2) return 0;
    const uint32_t length = words[1];
    if (length > (size_t)(end - words - 2) * 4) return 0;
    fill(words[0], words + 2, length);
    words += 2 + (length + 3) / 4;
  }
  for (uint32_t page = 0; page < MEMORY_SIZE / PAGE; page++) {
    if (stale[page] && memcmp(memory + page * PAGE, pristine + page * PAGE, PAGE) != 0) {
      memcpy(memory + page * PAGE, pristine + page * PAGE, PAGE);
      page_changed(page);
    }
    stale[page] = 0;
  }
  return 1;
}

/* Runs of bytes that differ from what was there at first. */
static void report_memory(const uint8_t *memory, struct answer *a) {
  const uint32_t count_at = a->length;
  uint32_t count = 0;
  push(a, 0);
  for (uint32_t page = 0; page < MEMORY_SIZE / PAGE; page++) {
    if (memcmp(memory + page * PAGE, pristine + page * PAGE, PAGE) == 0) continue;
    stale[page] = 1;
    for (uint32_t n = page * PAGE; n < (page + 1) * PAGE; n++) {
      if (memory[n] == pristine[n]) continue;
      uint32_t stop = n + 1;
      while (stop < (page + 1) * PAGE && memory[stop] != pristine[stop]) stop++;
      push(a, n);
      push(a, stop - n);
      push_bytes(a, memory + n, stop - n);
      n = stop;
      count++;
    }
  }
  if (a->words != NULL) a->words[count_at] = count;
}

int main(void) {
  uint8_t *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const char *problem = memory == MAP_FAILED ? "no memory" : run_begin(memory);
  printf("%s\n", problem == NULL ? "ready" : problem);
  fflush(stdout);
  if (problem != NULL) return 1;
  if (!read_all(&extreme_count, 4) || extreme_count == 0 || extreme_count > 256) return 2;
  if (!read_all(extremes, extreme_count * 4)) return 2;
  memset(stale, 1, sizeof stale);
  struct answer a = {0};
  uint32_t *request = NULL;
  for (uint32_t length; read_all(&length, 4);) {
    if (length > REQUEST_MAX || length < (REQUEST_STATE + STATE_WORDS + 4) * 4 || length % 4 != 0) return 2;
    request = realloc(request, length);
    if (request == NULL || !read_all(request, length)) return 2;
    alarm(PATIENCE);
    if (!prepare_memory(memory, request + REQUEST_STATE + STATE_WORDS, request + length / 4)) return 2;
    a.length = 0;
    push(&a, 0);
    run_case(request[0], request + REQUEST_STATE, &a);
    report_memory(memory, &a);
    if (a.words == NULL) return 2;
    a.words[0] = (a.length - 1) * 4;
    for (size_t sent = 0; sent < a.length * 4;) {
      const ssize_t n = write(1, (uint8_t *)a.words + sent, a.length * 4 - sent);
      if (n <= 0) return 2;
      sent += (size_t)n;
    }
    alarm(0);
  }
  return 0;
}
