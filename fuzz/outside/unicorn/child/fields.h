/*
 * Where the parts of an x86 processor's state lie in a context that Unicorn saves.
 *
 * Unicorn's own register calls reach neither segment caches nor error codes nor the privilege level. A saved
 * context holds them all, at places that belong to the build of the library: they are found here by changing one thing
 * after the other and looking what has changed. Offsets are in bytes from the start of the uc_context.
 */
#ifndef TRANSVISOR_FIELDS_H
#define TRANSVISOR_FIELDS_H

#include <stddef.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

enum { SEGMENT_COUNT = 8 };

struct fields {
  size_t size;
  size_t gpr, gpr_stride;
  size_t eip;
  /* Mode bits: see state.c. */
  size_t mode;
  /* ES CS SS DS FS GS LDTR TR, and within each of them. */
  size_t segments, segment_stride, base, limit, attributes;
  size_t gdtr, idtr;
  /* CR0, CR2, CR3, CR4. */
  size_t cr[4];
  /* DR0..DR3, DR6, DR7. */
  size_t dr[6];
  size_t sysenter[3];
  size_t xmm, xmm_stride;
  size_t x87, x87_stride, x87_tags;
  size_t x87_opcode, x87_ip, x87_cs, x87_dp, x87_ds;
  size_t error_code;
};

/* Fills in the places. Returns NULL, or what was not found. Leaves `uc` in an undefined state. */
const char *find_fields(uc_engine *uc, uint8_t *ram, struct fields *f);

#endif
