/*
 * Runs fuzzing cases in Unicorn: requests on standard input, answers on standard output, as words.ts has them.
 * The first answer, before any request, is one line: "ready", or why it cannot be done. The answer to a case that
 * Unicorn crashes or hangs at is empty.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

/* Seconds after which a case is given up; one takes some 100 microseconds. */
enum { PATIENCE = 1 };
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

static int write_all(const void *from, size_t length) {
  for (const uint8_t *at = from; length > 0;) {
    const ssize_t sent = write(1, at, length);
    if (sent <= 0) return 0;
    at += sent, length -= (size_t)sent;
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

static void restore_page(uint8_t *memory, uint32_t page) {
  if (memcmp(memory + page * PAGE, pristine + page * PAGE, PAGE) == 0) return;
  memcpy(memory + page * PAGE, pristine + page * PAGE, PAGE);
  page_changed(page);
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
    if (stale[page]) restore_page(memory, page);
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
    page_changed(page);
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

/* Reads requests and answers them until there are no more. The process's exit status. */
static int serve(uint8_t *memory) {
  struct answer a = {0};
  uint32_t *request = NULL;
  memset(stale, 1, sizeof stale);
  for (uint32_t length; read_all(&length, 4);) {
    if (length > REQUEST_MAX || length < (REQUEST_STATE + STATE_WORDS + 4) * 4 || length % 4 != 0) return 2;
    request = realloc(request, length);
    if (request == NULL || !read_all(request, length)) return 2;
    /* In time of the processor, so that a busy machine does not matter. */
    const struct itimerval patience = {{0, 0}, {PATIENCE, 0}}, none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &patience, NULL);
    if (!prepare_memory(memory, request + REQUEST_STATE + STATE_WORDS, request + length / 4)) return 2;
    a.length = 0;
    push(&a, 0);
    run_scout(request[0], request + REQUEST_STATE);
    for (uint32_t page = 0; page < MEMORY_SIZE / PAGE; page++) restore_page(memory, page);
    run_case(request[0], request + REQUEST_STATE, &a);
    report_memory(memory, &a);
    setitimer(ITIMER_PROF, &none, NULL);
    if (a.words == NULL) return 2;
    a.words[0] = (a.length - 1) * 4;
    if (!write_all(a.words, a.length * 4)) return 2;
  }
  return 0;
}

/*
 * Cases are run in a copy of the process that is ready: where one kills it, the answer is empty, and the next copy goes
 * on with the case behind it.
 */
int main(void) {
  const struct rlimit space = {4ull << 30, 4ull << 30}, no_core = {0, 0};
  setrlimit(RLIMIT_AS, &space);
  setrlimit(RLIMIT_CORE, &no_core);
  uint8_t *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const char *problem = memory == MAP_FAILED ? "no memory" : run_begin(memory);
  printf("%s\n", problem == NULL ? "ready" : problem);
  fflush(stdout);
  if (problem != NULL) return 1;
  if (!read_all(&extreme_count, 4) || extreme_count == 0 || extreme_count > 256) return 2;
  if (!read_all(extremes, extreme_count * 4)) return 2;
  for (;;) {
    const pid_t worker = fork();
    if (worker == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      _exit(serve(memory));
    }
    int status;
    if (worker < 0 || waitpid(worker, &status, 0) < 0) return 2;
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
    static const uint32_t died = 0;
    if (!write_all(&died, 4)) return 2;
  }
}
