/* A processor's state into and out of Unicorn: see state.h. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

static const struct fields *at;
/* The context that is being put together or looked at. */
static uc_context *working;

/* Attributes as this project keeps them: bits 8..15 and 20..23 of a descriptor's high word. */
static const uint32_t ATTRIBUTES = 0x00f0ff00;

static void put(size_t offset, uint32_t value) { memcpy((uint8_t *)working + offset, &value, 4); }

static void put16(size_t offset, uint32_t value) { memcpy((uint8_t *)working + offset, &value, 2); }

static uint32_t get(size_t offset) {
  uint32_t value;
  memcpy(&value, (uint8_t *)working + offset, 4);
  return value;
}

static uint32_t get16(size_t offset) { return get(offset) & 0xffff; }

uc_context *state_keep(uc_engine *uc) {
  uc_context *context = NULL;
  if (uc_context_alloc(uc, &context) != UC_ERR_OK) return NULL;
  uc_context_save(uc, context);
  return context;
}

int state_begin(const struct fields *f) {
  at = f;
  working = calloc(1, f->size);
  return working != NULL;
}

/*
 * The word of mode bits that Unicorn keeps beside the registers: CPL in 0..1, CS.D 4, SS.B 5, "segments have bases" 6,
 * CR0.PE 7, CR0.MP EM TS 9..11, CR4.OSFXSR 22.
 */
static uint32_t mode_bits(const uint32_t *w) {
  const uint32_t cr0 = w[WORD_CR], cr4 = w[WORD_CR + 3];
  const uint32_t cs = w[WORD_SEGMENTS + 1 * 4 + 3], ss = w[WORD_SEGMENTS + 2 * 4 + 3];
  return (w[WORD_CPL] & 3) | (cs >> 22 & 1) << 4 | (ss >> 22 & 1) << 5 | 1u << 6 | (cr0 & 1) << 7 | (cr0 >> 1 & 7) << 9 |
         (cr4 >> 9 & 1) << 22;
}

void state_write(uc_engine *uc, const uc_context *pristine, const uint32_t *w) {
  memcpy(working, pristine, at->size);
  for (int n = 0; n < 8; n++) put(at->gpr + n * at->gpr_stride, w[WORD_GPR + n]);
  put(at->eip, w[WORD_EIP]);
  for (int n = 0; n < SEGMENT_COUNT; n++) {
    const uint32_t *segment = w + WORD_SEGMENTS + n * 4;
    const size_t place = at->segments + n * at->segment_stride;
    put(place, segment[0]);
    put(place + at->base, segment[1]);
    put(place + at->limit, segment[2]);
    put(place + at->attributes, segment[3]);
  }
  put(at->gdtr + at->base, w[WORD_GDTR]);
  put(at->gdtr + at->limit, w[WORD_GDTR + 1]);
  put(at->idtr + at->base, w[WORD_IDTR]);
  put(at->idtr + at->limit, w[WORD_IDTR + 1]);
  for (int n = 0; n < 4; n++) put(at->cr[n], w[WORD_CR + n]);
  for (int n = 0; n < 6; n++) put(at->dr[n], w[WORD_DR + n]);
  for (int n = 0; n < 3; n++) put(at->sysenter[n], w[WORD_SYSENTER + n]);
  put(at->mode, mode_bits(w));
  for (int n = 0; n < 8; n++) {
    const uint32_t *x = w + WORD_X87 + n * 3;
    put(at->x87 + n * at->x87_stride, x[0]);
    put(at->x87 + n * at->x87_stride + 4, x[1]);
    put16(at->x87 + n * at->x87_stride + 8, x[2]);
    ((uint8_t *)working)[at->x87_tags + n] = w[WORD_FPU + 2] >> n & 1;
    memcpy((uint8_t *)working + at->xmm + n * at->xmm_stride, w + WORD_XMM + n * 4, 16);
  }
  put16(at->x87_opcode, w[WORD_FPU + 3]);
  put(at->x87_ip, w[WORD_FPU + 4]);
  put16(at->x87_cs, w[WORD_FPU + 5]);
  put(at->x87_dp, w[WORD_FPU + 6]);
  put16(at->x87_ds, w[WORD_FPU + 7]);
  uc_context_restore(uc, working);
  /* These have copies elsewhere, which Unicorn's own calls keep in step. */
  uc_reg_write(uc, UC_X86_REG_EFLAGS, &w[WORD_EFLAGS]);
  uc_reg_write(uc, UC_X86_REG_FPCW, &w[WORD_FPU]);
  uc_reg_write(uc, UC_X86_REG_FPSW, &w[WORD_FPU + 1]);
  uc_reg_write(uc, UC_X86_REG_MXCSR, &w[WORD_MXCSR]);
}

static void segment_read(int n, uint32_t *into) {
  const size_t place = at->segments + n * at->segment_stride;
  into[0] = get(place) & 0xffff;
  into[1] = get(place + at->base);
  into[2] = get(place + at->limit);
  into[3] = get(place + at->attributes) & ATTRIBUTES;
}

void state_read(uc_engine *uc, uint32_t *w) {
  uc_context_save(uc, working);
  for (int n = 0; n < 8; n++) w[WORD_GPR + n] = get(at->gpr + n * at->gpr_stride);
  w[WORD_EIP] = get(at->eip);
  uc_reg_read(uc, UC_X86_REG_EFLAGS, w + WORD_EFLAGS);
  for (int n = 0; n < SEGMENT_COUNT; n++) segment_read(n, w + WORD_SEGMENTS + n * 4);
  w[WORD_CPL] = get(at->mode) & 3;
  for (int n = 0; n < 4; n++) w[WORD_CR + n] = get(at->cr[n]);
  for (int n = 0; n < 6; n++) w[WORD_DR + n] = get(at->dr[n]);
  w[WORD_GDTR] = get(at->gdtr + at->base);
  w[WORD_GDTR + 1] = get(at->gdtr + at->limit);
  w[WORD_IDTR] = get(at->idtr + at->base);
  w[WORD_IDTR + 1] = get(at->idtr + at->limit);
  for (int n = 0; n < 3; n++) w[WORD_SYSENTER + n] = get(at->sysenter[n]);
  uint32_t value = 0;
  uc_reg_read(uc, UC_X86_REG_FPCW, &value);
  w[WORD_FPU] = value & 0xffff;
  uc_reg_read(uc, UC_X86_REG_FPSW, &value);
  w[WORD_FPU + 1] = value & 0xffff;
  w[WORD_FPU + 2] = 0;
  for (int n = 0; n < 8; n++) {
    const size_t place = at->x87 + n * at->x87_stride;
    w[WORD_X87 + n * 3] = get(place);
    w[WORD_X87 + n * 3 + 1] = get(place + 4);
    w[WORD_X87 + n * 3 + 2] = get16(place + 8);
    w[WORD_FPU + 2] |= (uint32_t)(((uint8_t *)working)[at->x87_tags + n] & 1) << n;
    memcpy(w + WORD_XMM + n * 4, (uint8_t *)working + at->xmm + n * at->xmm_stride, 16);
  }
  w[WORD_FPU + 3] = get16(at->x87_opcode);
  w[WORD_FPU + 4] = get(at->x87_ip);
  w[WORD_FPU + 5] = get16(at->x87_cs);
  w[WORD_FPU + 6] = get(at->x87_dp);
  w[WORD_FPU + 7] = get16(at->x87_ds);
  uc_reg_read(uc, UC_X86_REG_MXCSR, w + WORD_MXCSR);
}

void view_read(uc_engine *uc, uint32_t *words) {
  uc_context_save(uc, working);
  for (int n = 0; n < 6; n++) segment_read(n, words + n * 4);
  words[VIEW_CR0] = get(at->cr[0]);
  words[VIEW_CR3] = get(at->cr[2]);
  words[VIEW_CR4] = get(at->cr[3]);
}

uint32_t x87_read(uc_engine *uc) {
  uint32_t value = 0;
  uc_reg_read(uc, UC_X86_REG_FPSW, &value);
  value &= 0xffff;
  for (int n = 0; n < 8; n++) value |= (uint32_t)(((uint8_t *)working)[at->x87_tags + n] & 1) << (16 + n);
  return value;
}

uint32_t error_code_read(uc_engine *uc) {
  uc_context_save(uc, working);
  return get(at->error_code);
}
