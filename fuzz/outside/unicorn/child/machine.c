/* A processor of Unicorn's: see machine.h. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Physical addresses that a case can have; behind them a page that none has. */
#define REACH (1ull << 40)
static _Alignas(4096) uint8_t spare_page[PAGE];

static uint64_t beyond_read(uc_engine *engine, uint64_t offset, unsigned size, void *data) {
  (void)engine, (void)offset, (void)size, (void)data;
  return ~0ull;
}

static void beyond_write(uc_engine *engine, uint64_t offset, unsigned size, uint64_t value, void *data) {
  (void)engine, (void)offset, (void)size, (void)value, (void)data;
}

const char *machine_make(struct machine *m, uint8_t *memory) {
  static struct fields fields;
  static char problem[128];
  memset(m, 0, sizeof *m);
  if (uc_open(UC_ARCH_X86, UC_MODE_32, &m->uc) != UC_ERR_OK) return "Unicorn does not open";
  if (uc_mem_map_ptr(m->uc, 0, MEMORY_SIZE, UC_PROT_ALL, memory) != UC_ERR_OK) return "Unicorn maps no memory";
  m->pristine = state_keep(m->uc);
  if (m->pristine == NULL) return "Unicorn keeps no context";
  if (fields.size == 0) {
    const char *missing = find_fields(m->uc, memory, &fields);
    if (missing != NULL) {
      strcpy(problem, "Unicorn's saved context has no place found for ");
      strncat(problem, missing, 64);
      return problem;
    }
    if (!state_begin(&fields)) return "no memory";
  }
  if (uc_mem_map_ptr(m->uc, REACH, PAGE, UC_PROT_READ, spare_page) != UC_ERR_OK ||
      uc_mmio_map(m->uc, MEMORY_SIZE, (1ull << 32) - MEMORY_SIZE, beyond_read, NULL, beyond_write, NULL) != UC_ERR_OK) {
    return "Unicorn maps no memory";
  }
  /* Where it is to stop, hooks tell: an address of its own would be looked up behind the run, and change CR2. */
  uc_ctl_exits_enable(m->uc);
  /* What finding the fields has left. */
  memset(memory, 0, MEMORY_SIZE);
  m->stale = 1;
  return NULL;
}

/* Unicorn fills a buffer for translations, a gigabyte, with zeroes. The kernel has zeroes of its own. */
void machine_release_buffers(void) {
  static const unsigned long big = 512ul << 20, in_use = 16ul << 20;
  FILE *maps = fopen("/proc/self/maps", "r");
  unsigned long from, to;
  char rights[5], line[512];
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || to - from < big || strcmp(rights, "rwxp") != 0) continue;
    /* Two of them may stand side by side. */
    for (unsigned long at = from; at < to; at += 1ul << 30) {
      const unsigned long end = to - at < 1ul << 30 ? to : at + (1ul << 30);
      if (end - at > in_use) madvise((void *)(at + in_use), end - at - in_use, MADV_DONTNEED);
    }
  }
  if (maps != NULL) fclose(maps);
}

/* Unicorn drops its TLB when the memory map changes, and at no call of its own: the rights of the spare page do. */
static void drop_tlb(struct machine *m) {
  m->writable ^= 1;
  uc_mem_protect(m->uc, REACH, PAGE, m->writable ? UC_PROT_READ | UC_PROT_WRITE : UC_PROT_READ);
}

void machine_load(struct machine *m, const uint32_t *state) {
  drop_tlb(m);
  if (m->stale) {
    /* Addresses are looked up as the processor has them: without paging, and what that leaves in the TLB goes too. */
    uc_context_restore(m->uc, m->pristine);
    uc_ctl_remove_cache(m->uc, 0, MEMORY_SIZE);
    memset(m->translated, 0, sizeof m->translated);
    m->stale = 0;
    drop_tlb(m);
  }
  state_write(m->uc, m->pristine, state);
}

void machine_note_translated(struct machine *m, uint32_t physical) {
  if (physical < MEMORY_SIZE) m->translated[physical / PAGE] = 1;
}
