/* Runs one case in Unicorn: see run.h. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* Words of trace: some 40 instructions need about 1,000; loops more. */
enum { TRACE_MAX = 1 << 16 };

/* Reads all ones, as everything beyond memory. */
#define LAST_PAGE 0xfffff000u
static _Alignas(4096) uint8_t last_page[PAGE];

static uc_engine *uc;
static uint8_t *ram;
static uint32_t steps, begun;
static int stopped, raised, code_written, cut;
static uint32_t vector, stop_address;
static uint32_t last_address;
/* The instruction that was begun last wrote to a page that code was run from: Unicorn may begin it once more. */
static int may_restart;
static uint32_t view[VIEW_WORDS];
static uint32_t trace[TRACE_MAX], trace_length, trace_count_at, last_code_at;
/* Physical pages that translated code may stem from; those of `page_of_code` were noted last. */
static uint8_t translated[MEMORY_SIZE / PAGE];
static int translations_stale;
static uint32_t page_of_code;
/* Pages that code has been run from, by linear address; one bit for each. */
static uint8_t code_pages[1 << 17];
static uint32_t code_page_list[64], code_page_count;

void push(struct answer *a, uint32_t word) {
  if (a->length == a->room) {
    a->room = a->room == 0 ? 4096 : a->room * 2;
    a->words = a->room > 1u << 24 ? NULL : realloc(a->words, a->room * sizeof(uint32_t));
  }
  if (a->words != NULL) a->words[a->length++] = word;
}

void push_bytes(struct answer *a, const void *bytes, uint32_t length) {
  for (uint32_t n = 0; n < length; n += 4) {
    uint32_t word = 0;
    memcpy(&word, (const uint8_t *)bytes + n, length - n < 4 ? length - n : 4);
    push(a, word);
  }
}

static uint32_t physical_word(uint32_t address) {
  uint32_t word = ~0u;
  if (address <= MEMORY_SIZE - 4) memcpy(&word, ram + address, 4);
  return word;
}

/* Where a linear address lies by the page tables as they are; beyond memory where it does not. */
static uint32_t walk(uint32_t linear) {
  const uint32_t cr3 = view[VIEW_CR3], cr4 = view[VIEW_CR4], absent = MEMORY_SIZE;
  if ((view[VIEW_CR0] & 1u << 31) == 0) return linear;
  const int pae = cr4 >> 5 & 1;
  uint32_t directory = cr3 & ~0xfffu;
  if (pae) {
    const uint32_t pointer = physical_word((cr3 & ~31u) + (linear >> 30) * 8);
    if ((pointer & 1) == 0) return absent;
    directory = pointer & ~0xfffu;
  }
  const uint32_t entry = physical_word(directory + (pae ? (linear >> 21 & 511) * 8 : (linear >> 22) * 4));
  if ((entry & 1) == 0) return absent;
  if ((entry & 128) != 0 && (pae || (cr4 & 16) != 0)) {
    const uint32_t offset = pae ? 0x1fffff : 0x3fffff;
    return (entry & ~offset) | (linear & offset);
  }
  const uint32_t page = physical_word((entry & ~0xfffu) + (pae ? (linear >> 12 & 511) * 8 : (linear >> 12 & 1023) * 4));
  return (page & 1) == 0 ? absent : (page & ~0xfffu) | (linear & 0xfff);
}

static void note_translated(uint32_t physical) {
  if (physical < MEMORY_SIZE) translated[physical / PAGE] = 1;
}

static void trace_word(uint32_t word) {
  if (trace_length < TRACE_MAX) trace[trace_length++] = word;
  else cut = 1;
}

static void trace_instruction(uint32_t address) {
  uint32_t now[VIEW_WORDS];
  view_read(uc, now);
  const int moved = begun == 0 || memcmp(now, view, 24 * 4) != 0;
  memcpy(view, now, sizeof view);
  uint32_t code[4];
  last_code_at = trace_length + 1 < TRACE_MAX - 4 ? trace_length + 1 : 0;
  const uint32_t start = walk(address);
  if (begun == 0 || start / PAGE != page_of_code) {
    page_of_code = start / PAGE;
    /* A translation begins at an instruction that is begun, and reaches into the next page at most. */
    note_translated(start);
    note_translated(walk(address + PAGE));
  }
  for (uint32_t n = 0, where = start; n < 16; n++, where++) {
    if (n > 0 && (address + n) % PAGE == 0) where = walk(address + n);
    ((uint8_t *)code)[n] = where < MEMORY_SIZE ? ram[where] : 0xff;
  }
  trace_word(address);
  for (int n = 0; n < 4; n++) trace_word(code[n]);
  trace_word(x87_read(uc));
  uint32_t ecx;
  uc_reg_read(uc, UC_X86_REG_ECX, &ecx);
  trace_word(ecx);
  trace_count_at = trace_length;
  trace_word(moved ? 1u << 16 : 0);
  for (int n = 0; moved && n < 24; n++) trace_word(view[n]);
}

/* Of a repeated string instruction, whose count has come to zero, Unicorn begins once more than it does anything. */
static int is_exhausted(uint32_t linear) {
  if (begun == 0 || linear != last_address) return 0;
  const uint8_t *code = (const uint8_t *)(trace + last_code_at);
  int repeated = 0, wide = view[1 * 4 + 3] >> 22 & 1, n = 0;
  for (;; n++) {
    if (n == 15) return 0;
    if (code[n] == 0xf2 || code[n] == 0xf3) repeated = 1;
    else if (code[n] == 0x67) wide = !(view[1 * 4 + 3] >> 22 & 1);
    else if (strchr("\x26\x2e\x36\x3e\x64\x65\x66\xf0", code[n]) == NULL || code[n] == 0) break;
  }
  if (!repeated || strchr("\x6c\x6d\x6e\x6f\xa4\xa5\xa6\xa7\xaa\xab\xac\xad\xae\xaf", code[n]) == NULL) return 0;
  uint32_t count;
  uc_reg_read(uc, UC_X86_REG_ECX, &count);
  return code[n] != 0 && (wide ? count : count & 0xffff) == 0;
}

static void on_instruction(uc_engine *engine, uint64_t address, uint32_t size, void *data) {
  (void)engine, (void)size, (void)data;
  const uint32_t linear = (uint32_t)address;
  if (stopped || raised) return;
  if (may_restart && linear == last_address) {
    may_restart = 0;
    return;
  }
  may_restart = 0;
  if (is_exhausted(linear)) return;
  if (begun == steps) {
    stopped = 1;
    stop_address = linear;
    uc_emu_stop(uc);
    return;
  }
  const uint32_t page = linear / PAGE;
  if ((code_pages[page / 8] & 1 << page % 8) == 0 && code_page_count < 64) {
    code_pages[page / 8] |= (uint8_t)(1 << page % 8);
    code_page_list[code_page_count++] = page;
  }
  trace_instruction(linear);
  last_address = linear;
  begun++;
}

static void on_access(uc_engine *engine, uc_mem_type type, uint64_t address, int size, int64_t value, void *data) {
  (void)engine, (void)value, (void)data;
  const uint32_t linear = (uint32_t)address;
  if (begun == 0) return;
  if (type == UC_MEM_WRITE) {
    for (uint32_t page = linear / PAGE;; page = (page + 1) % (1u << 20)) {
      if (code_pages[page / 8] & 1 << page % 8) code_written = may_restart = 1;
      if (page == (linear + (uint32_t)size - 1) / PAGE) break;
    }
  }
  if (trace_length + 2 > TRACE_MAX || trace_count_at >= TRACE_MAX) {
    cut = 1;
    return;
  }
  trace[trace_count_at]++;
  trace_word(linear);
  trace_word((uint32_t)size | (type == UC_MEM_WRITE ? 256 : 0));
}

static void on_exception(uc_engine *engine, uint32_t number, void *data) {
  (void)engine, (void)data;
  if (stopped || raised) return;
  raised = 1;
  vector = number;
  uc_emu_stop(uc);
}

static bool on_undefined(uc_engine *engine, void *data) {
  (void)engine, (void)data;
  on_exception(uc, 6, NULL);
  return false;
}

/* All ports read all ones, and take what is written. */
static uint32_t on_input(uc_engine *engine, uint32_t port, int size, void *data) {
  (void)engine, (void)port, (void)size, (void)data;
  return ~0u;
}

static uint64_t beyond_read(uc_engine *engine, uint64_t offset, unsigned size, void *data) {
  (void)engine, (void)offset, (void)size, (void)data;
  return ~0ull;
}

static void beyond_write(uc_engine *engine, uint64_t offset, unsigned size, uint64_t value, void *data) {
  (void)engine, (void)offset, (void)size, (void)value, (void)data;
}

/* Unicorn drops its TLB when the memory map changes, and at no call of its own: the rights of the last page do. */
static void drop_tlb(void) {
  static int writable;
  writable ^= 1;
  uc_mem_protect(uc, LAST_PAGE, PAGE, writable ? UC_PROT_READ | UC_PROT_WRITE : UC_PROT_READ);
}

const char *run_begin(uint8_t *memory) {
  static struct fields fields;
  static char problem[128];
  ram = memory;
  if (uc_open(UC_ARCH_X86, UC_MODE_32, &uc) != UC_ERR_OK) return "Unicorn does not open";
  if (uc_mem_map_ptr(uc, 0, MEMORY_SIZE, UC_PROT_ALL, ram) != UC_ERR_OK) return "Unicorn maps no memory";
  const char *missing = find_fields(uc, ram, &fields);
  if (missing != NULL) {
    strcpy(problem, "Unicorn's saved context has no place found for ");
    strncat(problem, missing, 64);
    return problem;
  }
  uc_close(uc);
  uc_open(UC_ARCH_X86, UC_MODE_32, &uc);
  uc_mem_map_ptr(uc, 0, MEMORY_SIZE, UC_PROT_ALL, ram);
  uc_mem_map_ptr(uc, LAST_PAGE, PAGE, UC_PROT_READ, memset(last_page, 0xff, PAGE));
  uc_mmio_map(uc, MEMORY_SIZE, LAST_PAGE - MEMORY_SIZE, beyond_read, NULL, beyond_write, NULL);
  /* Where it is to stop, hooks tell: an address of its own would be looked up behind the run, and change CR2. */
  uc_ctl_exits_enable(uc);
  state_begin(uc, &fields);
  uc_hook hook;
  uc_hook_add(uc, &hook, UC_HOOK_CODE, (void *)on_instruction, NULL, 1, 0);
  uc_hook_add(uc, &hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, (void *)on_access, NULL, 1, 0);
  uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_exception, NULL, 1, 0);
  uc_hook_add(uc, &hook, UC_HOOK_INSN_INVALID, (void *)on_undefined, NULL, 1, 0);
  uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_input, NULL, 1, 0, UC_X86_INS_IN);
  return NULL;
}

void page_changed(uint32_t page) {
  if (translated[page]) translations_stale = 1;
}

void run_case(uint32_t count, const uint32_t *state, struct answer *a) {
  steps = count;
  begun = trace_length = 0;
  stopped = raised = code_written = cut = may_restart = 0;
  while (code_page_count > 0) {
    const uint32_t page = code_page_list[--code_page_count];
    code_pages[page / 8] &= (uint8_t)~(1 << page % 8);
  }
  drop_tlb();
  if (translations_stale) {
    /* Addresses are looked up as the processor has them: without paging, and what that leaves in the TLB goes too. */
    state_reset(uc);
    uc_ctl_remove_cache(uc, 0, MEMORY_SIZE);
    memset(translated, 0, sizeof translated);
    translations_stale = 0;
    drop_tlb();
  }
  state_write(uc, state);
  const uc_err error = uc_emu_start(uc, state[WORD_EIP], 0, 0, 0);

  uint32_t end[STATE_WORDS];
  state_read(uc, end);
  enum ending ending = raised ? ENDED_BY_EXCEPTION : stopped ? ENDED_BY_COUNT : ENDED_BY_HALT;
  if (!raised && error != UC_ERR_OK) ending = ENDED_BY_ERROR;
  const uint32_t cs_base = end[WORD_SEGMENTS + 4 + 1];
  /* Stopped before an instruction, Unicorn has the linear address in EIP. */
  if (ending == ENDED_BY_COUNT) end[WORD_EIP] = stop_address - cs_base;
  /* A fault leaves EIP at the instruction that was begun. */
  const int fault = raised && begun > 0 && vector != 1 && end[WORD_EIP] + cs_base == last_address;
  push(a, ending);
  push(a, vector);
  push(a, ending == ENDED_BY_ERROR ? error : error_code_read(uc));
  push(a, begun - (fault ? 1 : 0));
  push(a, (code_written ? 1 : 0) | (cut ? 2 : 0));
  for (int n = 0; n < STATE_WORDS; n++) push(a, end[n]);
  push(a, trace_length);
  for (uint32_t n = 0; n < trace_length; n++) push(a, trace[n]);
}
