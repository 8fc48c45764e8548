/* Runs one case in Unicorn: see run.h. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* Words of trace: some 40 instructions need about 1,000; loops more. */
enum { TRACE_MAX = 1 << 16, SCOUT_MAX = 1 << 14 };

static struct machine scout, judge, *now;
static uint8_t *ram;
static uint32_t steps, begun;
static int stopped, raised, notes;
static uint32_t vector, stop_address;
static uint32_t last_address, page_of_code;
static uint32_t view[VIEW_WORDS];
static uint32_t trace[TRACE_MAX], trace_length;
/* Of the scout: where each instruction begun was, and where its accesses begin in `accesses`. */
static uint32_t scout_at[SCOUT_MAX], scout_first[SCOUT_MAX + 1], scout_count;
static uint32_t accesses[TRACE_MAX], access_words;
/* The instruction that the scout began last wrote to a page of code: Unicorn may begin it once more. */
static int may_restart;
/* Which of them it did begin once more; and whether the run that counts has met with that already. */
static uint8_t scout_again[SCOUT_MAX];
static int restarted;
static uint8_t last_code[16];
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

static void trace_word(uint32_t word) {
  if (trace_length < TRACE_MAX) trace[trace_length++] = word;
  else notes |= NOTE_CUT;
}

/* Looks at the processor before an instruction; 1 where segments are others than before the last one. */
static int look(uint32_t linear) {
  uint32_t seen[VIEW_WORDS];
  view_read(now->uc, seen);
  const int moved = begun == 0 || memcmp(seen, view, 24 * 4) != 0;
  memcpy(view, seen, sizeof view);
  const uint32_t start = walk(linear);
  if (begun == 0 || start / PAGE != page_of_code) {
    page_of_code = start / PAGE;
    /* A translation begins at an instruction that is begun, and reaches into the next page at most. */
    machine_note_translated(now, start);
    machine_note_translated(now, walk(linear + PAGE));
  }
  /* Tables that have been changed, and that the TLB still has as they were. */
  if (start >= MEMORY_SIZE) notes |= NOTE_CUT;
  for (uint32_t n = 0, where = start; n < 16; n++, where++) {
    if (n > 0 && (linear + n) % PAGE == 0) where = walk(linear + n);
    last_code[n] = where < MEMORY_SIZE ? ram[where] : 0xff;
  }
  return moved;
}

static void trace_instruction(uint32_t linear, int moved) {
  trace_word(linear);
  uint32_t code[4];
  memcpy(code, last_code, 16);
  for (int n = 0; n < 4; n++) trace_word(code[n]);
  trace_word(x87_read(now->uc));
  uint32_t ecx;
  uc_reg_read(now->uc, UC_X86_REG_ECX, &ecx);
  trace_word(ecx);
  uint32_t first = 0, end = 0;
  if (begun < scout_count && scout_at[begun] == linear) first = scout_first[begun], end = scout_first[begun + 1];
  else notes |= NOTE_DIVERGED;
  trace_word((end - first) / 2 | (moved ? 1u << 16 : 0));
  for (int n = 0; moved && n < 24; n++) trace_word(view[n]);
  for (uint32_t n = first; n < end; n++) trace_word(accesses[n]);
}

/* Of a repeated string instruction, whose count has come to zero, Unicorn begins once more than it does anything. */
static int is_exhausted(uint32_t linear) {
  if (begun == 0 || linear != last_address) return 0;
  const int wide_code = view[1 * 4 + 3] >> 22 & 1;
  int repeated = 0, wide = wide_code, n = 0;
  for (;; n++) {
    if (n == 15) return 0;
    if (last_code[n] == 0xf2 || last_code[n] == 0xf3) repeated = 1;
    else if (last_code[n] == 0x67) wide = !wide_code;
    else if (last_code[n] == 0 || strchr("\x26\x2e\x36\x3e\x64\x65\x66\xf0", last_code[n]) == NULL) break;
  }
  if (!repeated || last_code[n] == 0) return 0;
  if (strchr("\x6c\x6d\x6e\x6f\xa4\xa5\xa6\xa7\xaa\xab\xac\xad\xae\xaf", last_code[n]) == NULL) return 0;
  uint32_t count;
  uc_reg_read(now->uc, UC_X86_REG_ECX, &count);
  return (wide ? count : count & 0xffff) == 0;
}

/* An instruction that overwrites code is begun again; the scout, which sees accesses, knows. */
static int is_restart(uint32_t linear) {
  if (begun == 0 || linear != last_address) return 0;
  if (now == &judge) return !restarted && begun <= scout_count && scout_again[begun - 1];
  if (may_restart && begun <= SCOUT_MAX) scout_again[begun - 1] = 1;
  return may_restart;
}

static void note_code(uint32_t linear) {
  const uint32_t page = linear / PAGE;
  if ((code_pages[page / 8] & 1 << page % 8) != 0 || code_page_count == 64) return;
  code_pages[page / 8] |= (uint8_t)(1 << page % 8);
  code_page_list[code_page_count++] = page;
}

static void on_instruction(uc_engine *engine, uint64_t address, uint32_t size, void *data) {
  (void)engine, (void)size, (void)data;
  const uint32_t linear = (uint32_t)address;
  if (stopped || raised) return;
  const int again = is_restart(linear) || is_exhausted(linear);
  may_restart = 0;
  if (again) {
    restarted = 1;
    return;
  }
  if (begun == steps) {
    stopped = 1;
    stop_address = linear;
    uc_emu_stop(now->uc);
    return;
  }
  const int moved = look(linear);
  if (now == &judge) trace_instruction(linear, moved);
  else if (begun < SCOUT_MAX) {
    note_code(linear);
    /* What follows is translated with it, and counts as code already. */
    if (linear % PAGE > PAGE - 512) note_code(linear + 512);
    scout_at[begun] = linear;
    scout_again[begun] = 0;
    scout_first[begun] = access_words;
    scout_count = begun + 1;
  }
  last_address = linear;
  restarted = 0;
  begun++;
}

/* Whether a write goes to the page tables in use: where code is from then on, the TLB knows and the tables do not. */
static int edits_tables(uint32_t linear) {
  if ((view[VIEW_CR0] & 1u << 31) == 0) return 0;
  const uint32_t page = walk(linear) / PAGE, directory = view[VIEW_CR3] & ~0xfffu;
  if (page == directory / PAGE) return 1;
  for (uint32_t n = 0; n < 1024; n++) {
    const uint32_t entry = physical_word(directory + n * 4);
    if ((entry & 1) != 0 && entry / PAGE == page) return 1;
  }
  return 0;
}

static void on_access(uc_engine *engine, uc_mem_type type, uint64_t address, int size, int64_t value, void *data) {
  (void)engine, (void)value, (void)data;
  const uint32_t linear = (uint32_t)address;
  if (begun == 0) return;
  if (type == UC_MEM_WRITE) {
    if (edits_tables(linear) || edits_tables(linear + (uint32_t)size - 1)) notes |= NOTE_CUT;
    for (uint32_t page = linear / PAGE;; page = (page + 1) % (1u << 20)) {
      if (code_pages[page / 8] & 1 << page % 8) notes |= NOTE_CODE_WRITTEN, may_restart = 1;
      if (page == (linear + (uint32_t)size - 1) / PAGE) break;
    }
  }
  if (access_words + 2 > TRACE_MAX) {
    notes |= NOTE_CUT;
    return;
  }
  accesses[access_words++] = linear;
  accesses[access_words++] = (uint32_t)size | (type == UC_MEM_WRITE ? 256 : 0);
}

static void on_exception(uc_engine *engine, uint32_t number, void *data) {
  (void)engine, (void)data;
  if (stopped || raised) return;
  raised = 1;
  vector = number;
  uc_emu_stop(now->uc);
}

static bool on_undefined(uc_engine *engine, void *data) {
  on_exception(engine, 6, data);
  return false;
}

/* All ports read all ones, and take what is written. */
static uint32_t on_input(uc_engine *engine, uint32_t port, int size, void *data) {
  (void)engine, (void)port, (void)size, (void)data;
  return ~0u;
}

const char *run_begin(uint8_t *memory) {
  ram = memory;
  struct machine *const machines[] = {&scout, &judge};
  for (int n = 0; n < 2; n++) {
    const char *problem = machine_make(machines[n], memory);
    if (problem != NULL) return problem;
    uc_engine *uc = machines[n]->uc;
    uc_hook hook;
    uc_hook_add(uc, &hook, UC_HOOK_CODE, (void *)on_instruction, NULL, 1, 0);
    uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_exception, NULL, 1, 0);
    uc_hook_add(uc, &hook, UC_HOOK_INSN_INVALID, (void *)on_undefined, NULL, 1, 0);
    uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_input, NULL, 1, 0, UC_X86_INS_IN);
    if (n == 0) uc_hook_add(uc, &hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, (void *)on_access, NULL, 1, 0);
  }
  machine_release_buffers();
  return NULL;
}

void page_changed(uint32_t page) {
  if (scout.translated[page]) scout.stale = 1;
  if (judge.translated[page]) judge.stale = 1;
}

static uc_err start(struct machine *m, uint32_t count, const uint32_t *state) {
  now = m;
  steps = count;
  begun = 0;
  stopped = raised = may_restart = restarted = 0;
  machine_load(m, state);
  return uc_emu_start(m->uc, state[WORD_EIP], 0, 0, 0);
}

void run_scout(uint32_t count, const uint32_t *state) {
  notes = 0;
  scout_count = access_words = 0;
  while (code_page_count > 0) {
    const uint32_t page = code_page_list[--code_page_count];
    code_pages[page / 8] &= (uint8_t)~(1 << page % 8);
  }
  start(&scout, count, state);
  if (begun > SCOUT_MAX) notes |= NOTE_CUT;
  scout_first[scout_count] = access_words;
}

void run_case(uint32_t count, const uint32_t *state, struct answer *a) {
  trace_length = 0;
  const uc_err error = start(&judge, count, state);
  if (begun != scout_count) notes |= NOTE_DIVERGED;
  uint32_t end[STATE_WORDS];
  state_read(judge.uc, end);
  enum ending ending = raised ? ENDED_BY_EXCEPTION : stopped ? ENDED_BY_COUNT : ENDED_BY_HALT;
  if (!raised && error != UC_ERR_OK) ending = ENDED_BY_ERROR;
  const uint32_t cs_base = end[WORD_SEGMENTS + 4 + 1];
  /* Stopped before an instruction, Unicorn has the linear address in EIP. */
  if (ending == ENDED_BY_COUNT) end[WORD_EIP] = stop_address - cs_base;
  /* A fault leaves EIP at the instruction that was begun. */
  const int fault = raised && begun > 0 && vector != 1 && end[WORD_EIP] + cs_base == last_address;
  push(a, ending);
  push(a, vector);
  push(a, ending == ENDED_BY_ERROR ? error : error_code_read(judge.uc));
  push(a, begun - (fault ? 1 : 0));
  push(a, (uint32_t)notes);
  for (int n = 0; n < STATE_WORDS; n++) push(a, end[n]);
  push(a, trace_length);
  for (uint32_t n = 0; n < trace_length; n++) push(a, trace[n]);
}
