/*
 * The memory of cases. It is mapped twice: at its own addresses, with the
 * rights that a case gives its pages, and at ALIAS, for the harness. BASE holds
 * the background alone, EXPECT that and the patches of the case at hand: what
 * memory is at the start.
 *
 * To find what a case wrote without looking at all pages, a page that cases
 * have not written of late is kept read-only until one does.
 */
#include "harness.h"

#define ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
/* For so many cases a page stays writable after it was written. */
#define HOT 64

static const int32_t extremes[] = {0,    1,    2,      7,      8,      15,          16,
                                   31,   32,   0x7f,   0x80,   0xff,   0x7fff,      0x8000,
                                   0xffff, 0x7fffffff, -0x7fffffff - 1, -1};

static uint8_t wanted[PAGES], actual[PAGES], hot[PAGES];
/* Pages that differ from BASE. */
static uint8_t touched[PAGES];
static uint32_t background_at, background_size, background_seed;

static uint8_t *page_of(uint32_t area, uint32_t page) { return (uint8_t *)area + (page << 12); }

int memory_start(void) {
  uint32_t size = LAST - FIRST;
  int kind = MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE;
  if (call6(SYS_mmap2, ALIAS, size, PROT_READ | PROT_WRITE, MAP_SHARED | kind, -1, 0) != (int32_t)ALIAS) return 0;
  /* A shared mapping of size 0 is duplicated. */
  if (call6(SYS_mremap, ALIAS, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, FIRST, 0) != (int32_t)FIRST) return 0;
  if (call4(SYS_mprotect, FIRST, size, ALL, 0) != 0) return 0;
  /* Every page in the page table: a fault shall be one of rights. */
  for (uint32_t p = 0; p < PAGES; p++) {
    *(volatile uint8_t *)(FIRST + (p << 12)) = 0;
    actual[p] = ALL;
  }
  return call6(SYS_mmap2, BASE, OWN_END - BASE, PROT_READ | PROT_WRITE, MAP_PRIVATE | kind, -1, 0) == (int32_t)BASE;
}

static void set_background(const struct case_in *c) {
  if (c->background_at == background_at && c->background_size == background_size &&
      c->background_seed == background_seed)
    return;
  memset((void *)(BASE + (background_at - FIRST)), 0, background_size);
  memcpy((void *)(ALIAS + (background_at - FIRST)), (void *)(BASE + (background_at - FIRST)), background_size);
  memcpy((void *)(EXPECT + (background_at - FIRST)), (void *)(BASE + (background_at - FIRST)), background_size);
  background_at = c->background_at;
  background_size = c->background_size;
  background_seed = c->background_seed;
  int32_t *words = (int32_t *)(BASE + (background_at - FIRST));
  int32_t x = background_seed;
  for (uint32_t n = 0; n < background_size >> 2; n++) {
    x ^= (uint32_t)x << 13;
    x ^= (uint32_t)x >> 17;
    x ^= (uint32_t)x << 5;
    words[n] = (x & 7) == 0 ? extremes[((uint32_t)x >> 8) % (sizeof extremes / 4)] : x;
  }
  memcpy((void *)(ALIAS + (background_at - FIRST)), words, background_size);
  memcpy((void *)(EXPECT + (background_at - FIRST)), words, background_size);
}

static int set_rights(void) {
  for (uint32_t p = 0; p < PAGES;) {
    int prot = wanted[p] == RIGHTS_NONE                   ? PROT_NONE
               : wanted[p] == RIGHTS_WRITE && hot[p] != 0 ? ALL
                                                          : PROT_READ | PROT_EXEC;
    if (prot == actual[p]) {
      p++;
      continue;
    }
    uint32_t end = p;
    /* As far as the same right is wanted: one call for a run of pages. */
    do {
      actual[end++] = prot;
    } while (end < PAGES && actual[end] != prot &&
             (wanted[end] == RIGHTS_NONE                     ? PROT_NONE
              : wanted[end] == RIGHTS_WRITE && hot[end] != 0 ? ALL
                                                             : PROT_READ | PROT_EXEC) == prot);
    if (call4(SYS_mprotect, FIRST + (p << 12), (end - p) << 12, prot, 0) != 0) return 0;
    p = end;
  }
  return 1;
}

int memory_prepare(const struct case_in *c, const struct patch *patch) {
  for (uint32_t p = 0; p < PAGES; p++) {
    if (!touched[p]) continue;
    touched[p] = 0;
    memcpy(page_of(ALIAS, p), page_of(BASE, p), 4096);
    memcpy(page_of(EXPECT, p), page_of(BASE, p), 4096);
  }
  set_background(c);
  for (uint32_t n = 0; n < c->patches; n++) {
    uint32_t at = patch->at - FIRST, length = patch->length;
    memcpy((void *)(ALIAS + at), patch + 1, length);
    memcpy((void *)(EXPECT + at), patch + 1, length);
    for (uint32_t p = at >> 12; length != 0 && p <= (at + length - 1) >> 12; p++) touched[p] = 1;
    patch = (const struct patch *)((const uint8_t *)(patch + 1) + ((length + 3) & ~3u));
  }
  memcpy(wanted, c->rights, PAGES);
  return set_rights();
}

int memory_unprotect(uint32_t address) {
  uint32_t p = (address - FIRST) >> 12;
  if (address < FIRST || address >= LAST || wanted[p] != RIGHTS_WRITE || actual[p] == ALL) return 0;
  if (call4(SYS_mprotect, FIRST + (p << 12), 4096, ALL, 0) != 0) return 0;
  actual[p] = ALL;
  hot[p] = HOT;
  return 1;
}

/* Bytes of the page that differ, as patches, joined to the one before where they are adjacent. */
static uint8_t *collect_page(uint32_t p, uint8_t *out, struct patch **last, uint32_t *patches) {
  const uint8_t *now = page_of(ALIAS, p), *before = page_of(EXPECT, p);
  for (uint32_t n = 0; n < 4096;) {
    if ((n & 7) == 0 && *(const uint64_t *)(now + n) == *(const uint64_t *)(before + n)) {
      n += 8;
      continue;
    }
    if (now[n] == before[n]) {
      n++;
      continue;
    }
    uint32_t at = FIRST + (p << 12) + n;
    if (*last == NULL || (*last)->at + (*last)->length != at) {
      /* The one before is padded. */
      out = (uint8_t *)(((uintptr_t)out + 3) & ~3u);
      *last = (struct patch *)out;
      (*last)->at = at;
      (*last)->length = 0;
      out += sizeof **last;
      ++*patches;
    }
    *out++ = now[n++];
    (*last)->length++;
  }
  return out;
}

uint8_t *memory_collect(uint8_t *out, uint32_t *patches) {
  struct patch *last = NULL;
  *patches = 0;
  for (uint32_t p = 0; p < PAGES; p++) {
    if (wanted[p] != RIGHTS_WRITE || actual[p] != ALL) continue;
    const uint64_t *a = (const uint64_t *)page_of(ALIAS, p), *b = (const uint64_t *)page_of(EXPECT, p);
    uint64_t difference = 0;
    for (int n = 0; n < 512; n++) difference |= a[n] ^ b[n];
    if (difference == 0) {
      if (hot[p] != 0) hot[p]--;
      continue;
    }
    hot[p] = HOT;
    touched[p] = 1;
    out = collect_page(p, out, &last, patches);
  }
  return (uint8_t *)(((uintptr_t)out + 3) & ~3u);
}

void memory_forget(void) {
  for (uint32_t p = 0; p < PAGES; p++)
    if (wanted[p] == RIGHTS_WRITE && actual[p] == ALL) touched[p] = 1;
}
