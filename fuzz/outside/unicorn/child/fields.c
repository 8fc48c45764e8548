/* Finds the parts of a saved context: see fields.h. */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

static uc_engine *engine;
static uc_context *saved;
static uint8_t *before, *after;
static size_t size;
static const char *missing;

static void snapshot(uint8_t *into) {
  uc_context_save(engine, saved);
  memcpy(into, saved, size);
}

/* The one place where `bytes` of `value` have come to stand, which was different before. */
static size_t changed_to(const char *what, uint64_t value, size_t bytes) {
  size_t found = 0;
  snapshot(after);
  for (size_t at = sizeof(size_t); at + bytes <= size; at += bytes < 4 ? bytes : 4) {
    if (memcmp(after + at, &value, bytes) != 0 || memcmp(before + at, &value, bytes) == 0) continue;
    if (found != 0) missing = what;
    found = at;
  }
  if (found == 0) missing = what;
  memcpy(before, after, size);
  return found;
}

static size_t written(const char *what, int reg, uint64_t value, size_t bytes) {
  uint8_t buffer[64] = {0};
  memcpy(buffer, &value, 8);
  if (uc_reg_write(engine, reg, buffer) != UC_ERR_OK) missing = what;
  return changed_to(what, value, bytes);
}

static size_t written_msr(const char *what, uint32_t number, uint64_t value) {
  uc_x86_msr msr = {number, value};
  if (uc_reg_write(engine, UC_X86_REG_MSR, &msr) != UC_ERR_OK) missing = what;
  return changed_to(what, value, 4);
}

static void ignore(uc_engine *uc, uint32_t vector, void *data) {
  (void)vector, (void)data;
  uc_emu_stop(uc);
}

/* Runs a few bytes at 0x10000, as the context has it, to the first exception. */
static void execute(uint8_t *ram, const void *code, size_t length) {
  memcpy(ram + 0x10000, code, length);
  uc_ctl_flush_tlb(engine);
  uc_emu_start(engine, 0x10000, ~0ull >> 8, 0, 0);
}

static void find_segments(struct fields *f) {
  uc_x86_mmr table = {0x4321, 0x5bcd1234, 0x765432, 0x8b00};
  uc_reg_write(engine, UC_X86_REG_LDTR, &table);
  size_t selector = changed_to("LDTR's selector", 0x4321, 4);
  table.base = 0x5bcd1238;
  uc_reg_write(engine, UC_X86_REG_LDTR, &table);
  f->base = changed_to("LDTR's base", table.base, 4) - selector;
  table.limit = 0x765431;
  uc_reg_write(engine, UC_X86_REG_LDTR, &table);
  f->limit = changed_to("LDTR's limit", table.limit, 4) - selector;
  table.flags = 0x8300;
  uc_reg_write(engine, UC_X86_REG_LDTR, &table);
  f->attributes = changed_to("LDTR's attributes", table.flags, 4) - selector;
  table.selector = 0x4329;
  uc_reg_write(engine, UC_X86_REG_TR, &table);
  size_t tr = changed_to("TR", 0x4329, 4);
  f->segment_stride = tr - selector;
  f->segments = selector - 6 * f->segment_stride;
  table.base = 0x5bcd5678;
  uc_reg_write(engine, UC_X86_REG_GDTR, &table);
  f->gdtr = changed_to("GDTR", table.base, 4) - f->base;
  table.base = 0x5bcd567c;
  uc_reg_write(engine, UC_X86_REG_IDTR, &table);
  f->idtr = changed_to("IDTR", table.base, 4) - f->base;
}

/* What only running code shows: the mode bits follow CR0.TS, a bad selector becomes the error code. */
static void find_by_running(uint8_t *ram, struct fields *f) {
  static const uint8_t SET_TS[] = {0x0f, 0x20, 0xc0, 0x0c, 8, 0x0f, 0x22, 0xc0, 0xcd, 3};
  static const uint8_t BAD_SELECTOR[] = {0x66, 0xb8, 0x30, 0x52, 0x8e, 0xc0};
  uc_hook hook;
  uc_hook_add(engine, &hook, UC_HOOK_INTR, (void *)ignore, NULL, 1, 0);
  snapshot(before);
  execute(ram, SET_TS, sizeof SET_TS);
  snapshot(after);
  for (size_t at = sizeof(size_t); at + 4 <= size; at += 4) {
    uint32_t old, new;
    memcpy(&old, before + at, 4);
    memcpy(&new, after + at, 4);
    /* EFLAGS and what flags are computed from do not change so: OR leaves OF, and others, alone. */
    if ((old ^ new) == 1u << 11) f->mode = f->mode == 0 ? at : 1;
  }
  if (f->mode <= 1) missing = "the mode bits";
  if (missing != NULL) return;
  uc_x86_mmr empty = {0};
  uc_reg_write(engine, UC_X86_REG_GDTR, &empty);
  uint32_t eax = 0x5230;
  uc_reg_write(engine, UC_X86_REG_EAX, &eax);
  snapshot(before);
  execute(ram, BAD_SELECTOR, sizeof BAD_SELECTOR);
  f->error_code = changed_to("the error code", 0x5230, 4);
  uc_hook_del(engine, hook);
}

const char *find_fields(uc_engine *uc, uint8_t *ram, struct fields *f) {
  memset(f, 0, sizeof *f);
  engine = uc;
  size = f->size = uc_context_size(uc);
  before = malloc(size), after = malloc(size);
  if (before == NULL || after == NULL || uc_context_alloc(uc, &saved) != UC_ERR_OK) return "memory";
  missing = NULL;
  snapshot(before);

  f->gpr = written("EAX", UC_X86_REG_EAX, 0x31323334, 4);
  f->gpr_stride = (written("EDI", UC_X86_REG_EDI, 0x41424344, 4) - f->gpr) / 7;
  f->eip = written("EIP", UC_X86_REG_EIP, 0x51525354, 4);
  f->cr[0] = written("CR0", UC_X86_REG_CR0, 0x60000011, 4);
  f->cr[1] = written("CR2", UC_X86_REG_CR2, 0x61626364, 4);
  f->cr[2] = written("CR3", UC_X86_REG_CR3, 0x71727000, 4);
  f->cr[3] = written("CR4", UC_X86_REG_CR4, 0x610, 4);
  find_segments(f);
  for (int n = 0; n < 4; n++) f->dr[n] = written("DR0 to DR3", UC_X86_REG_DR0 + n, 0x21222324 + n, 4);
  f->dr[4] = written("DR6", UC_X86_REG_DR6, 0xffff4ff1, 4);
  f->dr[5] = written("DR7", UC_X86_REG_DR7, 0xa00, 4);
  for (int n = 0; n < 3; n++) f->sysenter[n] = written_msr("SYSENTER's registers", 0x174 + n, 0x4341 + n);
  f->xmm = written("XMM0", UC_X86_REG_XMM0, 0x0403020107060508, 8);
  f->xmm_stride = (written("XMM7", UC_X86_REG_XMM7, 0x0403020107060509, 8) - f->xmm) / 7;
  f->x87 = written("R0", UC_X86_REG_FP0, 0x1403020107060508, 8);
  f->x87_stride = (written("R7", UC_X86_REG_FP7, 0x1403020107060509, 8) - f->x87) / 7;
  uint32_t tags = 0;
  uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
  snapshot(before);
  tags = 0xffff;
  uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
  f->x87_tags = changed_to("the x87's tags", 0x0101010101010101, 8);
  f->x87_opcode = written("FOP", UC_X86_REG_FOP, 0x5a7, 2);
  f->x87_ip = written("FIP", UC_X86_REG_FIP, 0x71325314, 4);
  f->x87_cs = written("FCS", UC_X86_REG_FCS, 0x5b9, 2);
  f->x87_dp = written("FDP", UC_X86_REG_FDP, 0x71325324, 4);
  f->x87_ds = written("FDS", UC_X86_REG_FDS, 0x5cb, 2);
  if (missing == NULL) find_by_running(ram, f);
  free(before);
  free(after);
  uc_context_free(saved);
  return missing;
}
