/**
 * What can be made simpler in a case: instructions left out, memory, events, and parts of the state put back to what
 * they are after a reset. Each change gives the case itself where there is nothing to do.
 */
import type { ArchState, FuzzCase, Patch, SegmentState } from './case.ts';
import { codeBytes, codeItems, entryOf } from './case-bytes.ts';
import { plainState } from './plain-case.ts';
import type { Change } from './shrink.ts';

const NOP = 0x90;
const HLT = 0xf4;
/** Pieces that a patch is cut into at most. */
const PIECES = 64;

/** The case with bytes at an address replaced; only patches that are there are changed. */
function withBytes(c: FuzzCase, at: number, bytes: Uint8Array): FuzzCase {
  let changed = false;
  const patches = c.patches.map((patch): Patch => {
    const from = Math.max(at, patch.at);
    const to = Math.min(at + bytes.length, patch.at + patch.bytes.length);
    if (from >= to) return patch;
    const part = bytes.subarray(from - at, to - at);
    if (part.every((byte, n) => byte === patch.bytes[from - patch.at + n])) return patch;
    changed = true;
    const copy = patch.bytes.slice();
    copy.set(part, from - patch.at);
    return { at: patch.at, bytes: copy };
  });
  return changed ? { ...c, patches } : c;
}

/** Code without what lies at `from` to `to`; what is behind it moves up, HLTs come after. */
function cut(c: FuzzCase, from: number, to: number): FuzzCase {
  const code = codeBytes(c);
  if (to > code.length || from >= to) return c;
  const bytes = new Uint8Array(code.length).fill(HLT);
  bytes.set(code.subarray(0, from));
  bytes.set(code.subarray(to), from);
  return { ...withBytes(c, entryOf(c), bytes), codeLength: code.length - (to - from) };
}

/** The run ends after so many instructions as they stand. */
function truncations(c: FuzzCase): Change[] {
  const items = codeItems(c);
  return items.slice(1).map(
    ({ offset }) =>
      (now) =>
        offset < now.codeLength ? cut(now, offset, now.codeLength) : now,
  );
}

/** Each instruction as NOPs, so that nothing moves. */
function nops(c: FuzzCase): Change[] {
  return codeItems(c).map(
    ({ offset, bytes }) =>
      (now) =>
        withBytes(now, entryOf(c) + offset, new Uint8Array(bytes.length).fill(NOP)),
  );
}

/** NOPs taken out, the last ones first so that offsets stay; or skipped, at the beginning. */
function withoutNops(c: FuzzCase): Change[] {
  const code = codeBytes(c);
  const runs: (readonly [number, number])[] = [];
  for (let n = 0; n < code.length; n++) {
    if (code[n] !== NOP) continue;
    const from = n;
    while (code[n + 1] === NOP) n++;
    runs.push([from, n + 1]);
  }
  return runs.reverse().map(
    ([from, to]) =>
      (now) =>
        cut(now, from, to),
  );
}

/** The run begins at a later instruction. */
function beginLater(c: FuzzCase): Change[] {
  const end = c.initial.eip + c.codeLength;
  return codeItems(c)
    .slice(1)
    .map(({ offset }) => (now) => {
      const eip = c.initial.eip + offset;
      return now.initial.eip >= eip ? now : { ...now, initial: { ...now.initial, eip }, codeLength: end - eip };
    });
}

function skipNops(c: FuzzCase): Change[] {
  const code = codeBytes(c);
  let skipped = 0;
  while (skipped < code.length - 1 && code[skipped] === NOP) skipped++;
  if (skipped === 0) return [];
  return [
    (now) =>
      now.codeLength > skipped
        ? {
            ...now,
            initial: { ...now.initial, eip: (now.initial.eip + skipped) >>> 0 },
            codeLength: now.codeLength - skipped,
          }
        : now,
  ];
}

/** Patches left out, by what they were in `c`. */
function patchesLeftOut(c: FuzzCase): Change[] {
  const entry = entryOf(c);
  return c.patches
    .filter(({ at, bytes }) => entry < at || entry >= at + bytes.length)
    .map(
      (patch) => (now) =>
        now.patches.includes(patch) ? { ...now, patches: now.patches.filter((p) => p !== patch) } : now,
    );
}

/** Pieces of patches as zeroes; zeroes at both ends taken off. */
function patchesThinned(c: FuzzCase): Change[] {
  const entry = entryOf(c);
  const out: Change[] = [];
  for (const { at, bytes } of c.patches) {
    const size = Math.max(4, Math.ceil(bytes.length / PIECES));
    for (let n = 0; n < bytes.length; n += size) {
      const from = at + n;
      const length = Math.min(size, bytes.length - n);
      if (from < entry + c.codeLength + 1 && from + length > entry) continue;
      out.push((now) => withBytes(now, from, new Uint8Array(length)));
    }
  }
  return out;
}

function trimmed(patch: Patch): Patch {
  const { at, bytes } = patch;
  let first = 0;
  let last = bytes.length;
  while (first < last && bytes[first] === 0) first++;
  while (last > first && bytes[last - 1] === 0) last--;
  return first === 0 && last === bytes.length ? patch : { at: at + first, bytes: bytes.slice(first, last) };
}

/** Zeroes that patches begin or end with: memory is zero anyway, where no background and no other patch lies. */
const trim: Change = (c) => {
  const patches = c.patches.map(trimmed).filter(({ bytes }) => bytes.length > 0);
  const same = patches.length === c.patches.length && patches.every((patch, n) => patch === c.patches[n]);
  return same ? c : { ...c, patches };
};

const withState = (c: FuzzCase, changes: Partial<ArchState>): FuzzCase => ({
  ...c,
  initial: { ...c.initial, ...changes },
});

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whole parts of the state as in a plain case. */
function plainParts(c: FuzzCase): Change[] {
  const plain = plainState(c.mode);
  const parts = ['fpu', 'xmm', 'mxcsr', 'dr', 'sysenter', 'cr2', 'cr4', 'eflags', 'gdtr'] as const;
  const flags = (plain.eflags & ~0x2_0200) | (c.initial.eflags & 0x2_0200);
  return parts.map((part) => (now) => {
    const value = part === 'eflags' ? flags : plain[part];
    return same(now.initial[part], value) ? now : withState(now, { [part]: value });
  });
}

/** Single registers. */
function registers(c: FuzzCase): Change[] {
  const { gpr, xmm, fpu } = c.initial;
  const at = <T>(list: readonly T[], n: number, value: T) => list.map((old, k) => (k === n ? value : old));
  const zeroXmm = '0'.repeat(32);
  const zeroFpu = '0'.repeat(20);
  return [
    ...gpr.map(
      (_, n): Change =>
        (now) =>
          now.initial.gpr[n] === 0 ? now : withState(now, { gpr: at(now.initial.gpr, n, 0) }),
    ),
    ...xmm.map(
      (_, n): Change =>
        (now) =>
          now.initial.xmm[n] === zeroXmm ? now : withState(now, { xmm: at(now.initial.xmm, n, zeroXmm) }),
    ),
    ...fpu.registers.map(
      (_, n): Change =>
        (now) => {
          const { fpu: old } = now.initial;
          if (old.registers[n] === zeroFpu) return now;
          return withState(now, { fpu: { ...old, registers: at(old.registers, n, zeroFpu) } });
        },
    ),
  ];
}

/** Single bits of the words that switch things. */
function bits(c: FuzzCase): Change[] {
  const out: Change[] = [];
  const word = (value: number, put: (state: ArchState, value: number) => Partial<ArchState>, keep = 0) => {
    for (let bit = 0; bit < 32; bit++) {
      const mask = 1 << bit;
      if ((value & mask & ~keep) === 0) continue;
      out.push((now) => withState(now, put(now.initial, mask)));
    }
  };
  // Fixed bit 1, and VM, which is the mode.
  word(c.initial.eflags, (s, mask) => ({ eflags: (s.eflags & ~mask) >>> 0 }), 0x2_0002);
  word(c.initial.cr4, (s, mask) => ({ cr4: (s.cr4 & ~mask) >>> 0 }));
  word(c.initial.cr0, (s, mask) => ({ cr0: (s.cr0 & ~mask) >>> 0 }), 1);
  word(c.initial.fpu.status, (s, mask) => ({ fpu: { ...s.fpu, status: s.fpu.status & ~mask } }));
  word(c.initial.mxcsr & ~0x1f80, (s, mask) => ({ mxcsr: s.mxcsr & ~mask }));
  for (let bit = 0; bit < 8; bit++) {
    if ((c.initial.fpu.empty >>> bit) & 1) continue;
    out.push((now) => withState(now, { fpu: { ...now.initial.fpu, empty: now.initial.fpu.empty | (1 << bit) } }));
  }
  return out;
}

/** Data segments as the plain ones of the mode, or null. */
function segments(c: FuzzCase): Change[] {
  const plain = plainState(c.mode).segments;
  const put = (n: number, segment: SegmentState): Change => {
    return (now) => {
      if (same(now.initial.segments[n], segment)) return now;
      return withState(now, { segments: now.initial.segments.map((old, k) => (k === n ? segment : old)) });
    };
  };
  const flatAt = (n: number) => {
    const old = c.initial.segments[n]!;
    return put(n, { ...plain[n]!, attributes: (plain[n]!.attributes & ~0x6000) | (old.attributes & 0x6000) });
  };
  return [0, 3, 4, 5, 6, 7].map(flatAt);
}

function events(c: FuzzCase): Change[] {
  const interrupts = c.interrupts.map(
    (event): Change =>
      (now) =>
        now.interrupts.includes(event)
          ? { ...now, interrupts: now.interrupts.filter((other) => other !== event) }
          : now,
  );
  const fewer = [1, 2, 3, 5, 8, 13, 20, 40, 100, 500]
    .filter((steps) => steps < c.steps)
    .map(
      (steps): Change =>
        (now) =>
          now.steps > steps ? { ...now, steps } : now,
    );
  return [...interrupts, ...fewer];
}

const withoutBackground: Change = (c) => (c.background === undefined ? c : { ...c, background: undefined });

/** Kinds of change in the order in which they pay. */
export const CHANGES: readonly ((c: FuzzCase) => readonly Change[])[] = [
  truncations,
  beginLater,
  nops,
  events,
  plainParts,
  () => [withoutBackground],
  patchesLeftOut,
  registers,
  bits,
  segments,
  withoutNops,
  skipNops,
  patchesThinned,
  () => [trim],
];
