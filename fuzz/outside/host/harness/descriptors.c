/*
 * The local descriptor table of cases, by modify_ldt(2). An entry is written
 * only where it is another than before.
 */
#include "harness.h"

#define MOST 64

static uint32_t current[2 * MOST];
static uint32_t in_use;

static int write_entry(uint32_t n, uint32_t low, uint32_t high) {
  struct user_desc d = {.entry = n};
  if ((low | high) == 0) {
    /* This is what the kernel takes for an empty entry. */
    d.read_exec_only = d.seg_not_present = 1;
  } else {
    d.base = low >> 16 | (high & 0xff) << 16 | (high & 0xff000000);
    d.limit = (low & 0xffff) | (high & 0xf0000);
    d.seg_32bit = high >> 22;
    d.contents = high >> 10;
    d.read_exec_only = !(high >> 9 & 1);
    d.limit_in_pages = high >> 23;
    d.seg_not_present = !(high >> 15 & 1);
    d.useable = high >> 20;
  }
  return call4(SYS_modify_ldt, 0x11, (uint32_t)&d, sizeof d, 0) == 0;
}

int descriptors_set(const uint32_t *raw, uint32_t count) {
  if (count > MOST) return 0;
  for (uint32_t n = 0; n < count || n < in_use; n++) {
    uint32_t low = n < count ? raw[2 * n] : 0, high = n < count ? raw[2 * n + 1] : 0;
    if (n < in_use && current[2 * n] == low && current[2 * n + 1] == high) continue;
    if (!write_entry(n, low, high)) return 0;
    current[2 * n] = low;
    current[2 * n + 1] = high;
  }
  if (count > in_use) in_use = count;
  return 1;
}
