/** The host's own processor as an oracle: what it says of cases whose outcome follows from the manual, and what it survives. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ArchState, FuzzCase } from '../../fuzz/case.ts';
import { compareOutcomes, differenceText } from '../../fuzz/compare.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { Tracer } from '../../fuzz/engines/trace.ts';
import { Generator, HOST_MODES } from '../../fuzz/generate/cases.ts';
import { buildHarness } from '../../fuzz/outside/host/build.ts';
import { HostOracle, makeHostOracle } from '../../fuzz/outside/host/host-oracle.ts';
import { plainCase, plainState } from '../../fuzz/plain-case.ts';

const made = await makeHostOracle();
const missing = 'missing' in made ? made.missing : undefined;
if (missing !== undefined) console.warn(`skipped: the host's processor as an oracle: ${missing}`);
const host = made as Exclude<typeof made, { missing: string }>;
const folder = mkdtempSync(join(tmpdir(), 'transvisor-host-'));
const interpreter = new InterpreterOracle();
afterAll(() => {
  interpreter.dispose();
  if (missing === undefined) host.dispose();
  rmSync(folder, { recursive: true });
});

/** A generated case, for its world, with other code and registers. */
function userCase(code: string, changes: Partial<ArchState> = {}): FuzzCase {
  const generator = new Generator({ seed: 1, profiles: ['user'], modes: ['protected32'], only: 'nop' });
  for (let n = 0; ; n++) {
    const c = generator.make(n);
    const flat = [0, 2, 3].every((segment) => c.initial.segments[segment]!.selector === 0x2b);
    if (!flat || c.initial.eip % 0x1000 > 0xf00) continue;
    const bytes = Buffer.from(code.replaceAll(' ', ''), 'hex');
    const hlt = [0xf4, 0xf4, 0xf4, 0xf4];
    return {
      ...c,
      initial: { ...c.initial, eflags: 0x202, ...changes },
      codeLength: bytes.length,
      patches: [...c.patches, { at: c.initial.eip, bytes: Uint8Array.of(...bytes, ...hlt) }],
    };
  }
}

const gpr = (eax: number, edx = 0, ebx = 0) => [eax, 0, edx, ebx, 0x5_f000, 0, 0, 0];

describe.skipIf(missing !== undefined)("the host's processor", () => {
  const run = async (c: FuzzCase) => (await host.run([c]))[0];

  it('executes to the HLT behind the code', async () => {
    const c = userCase('01 d0 89 03', { gpr: gpr(0xffff_ffff, 3, 0x4_0100) }); // add eax, edx; mov [ebx], eax
    const outcome = (await run(c))!;
    expect(outcome.ending).toEqual({ kind: 'exception', vector: 13, software: false, errorCode: 0 });
    expect(outcome.state.gpr[0]).toBe(2);
    expect(outcome.state.eip).toBe(c.initial.eip + 4);
    expect(outcome.state.eflags & 0x8d5).toBe(0x11);
    expect(outcome.written.map(({ at }) => at >= 0x4_0100 && at < 0x4_0104)).toEqual([true]);
  });

  it.each([
    ['#DE', 'f7 f2', gpr(1), { vector: 0, software: false, errorCode: undefined }, 0],
    ['#UD', '0f 0b', gpr(0), { vector: 6, software: false, errorCode: undefined }, 0],
    ['INT3', 'cc', gpr(0), { vector: 3, software: true, errorCode: undefined }, 1],
    ['INTO', 'b0 7f 04 01 ce', gpr(0), { vector: 4, software: true, errorCode: undefined }, 5],
    ['INT 21h', 'cd 21', gpr(0), { vector: 0x21, software: true, errorCode: undefined }, 2],
    ['INT 80h, which is never made', 'cd 80', gpr(1), { vector: 0x80, software: true, errorCode: undefined }, 2],
    ['INT1', 'f1', gpr(0), { vector: 1, software: false, errorCode: undefined }, 1],
    ['#PF, a page not there', '8b 03', gpr(0, 0, 0x2000_0000), { vector: 14, software: false, errorCode: 4 }, 0],
    ['#PF, to write', '89 03', gpr(0, 0, 0x2000_0000), { vector: 14, software: false, errorCode: 6 }, 0],
    ['#GP, a selector', 'b8 08 00 00 00 8e c0', gpr(0), { vector: 13, software: false, errorCode: 8 }, 5],
  ])('says %s', async (_, code, registers, ending, further) => {
    const c = userCase(code, { gpr: registers });
    const outcome = (await run(c))!;
    expect(outcome.ending).toEqual({ kind: 'exception', ...ending });
    expect(outcome.state.eip).toBe(c.initial.eip + further);
    if (ending.vector === 14) expect(outcome.state.cr2).toBe(0x2000_0000);
  });

  describe.each(['real', 'virtual8086'] as const)('carries cases of %s mode over into protected mode', (mode) => {
    const flags = mode === 'real' ? 2 : 0x2_3002;
    const base = { cr0: mode === 'real' ? 0x20 : 0x21, eflags: flags };
    const carried = (code: string, changes: Partial<ArchState> = {}) =>
      plainCase(mode, Buffer.from(code.replaceAll(' ', ''), 'hex'), { ...base, ...changes });

    it.each([
      ['an instruction', '01 d0 89 07', { gpr: [1, 0, 2, 0x100, 0xf000, 0, 0, 0] }], // add ax, dx; mov [bx], ax
      ['the end of a segment', 'a1 ff ff', {}],
      ['the end of the stack', '50', { gpr: [0, 0, 0, 0, 1, 0, 0, 0] }],
      ['an operand beyond 64 KB', '67 8a 03', { gpr: [0, 0, 0, 0x1_0000, 0xf000, 0, 0, 0] }],
      ['a far pointer beyond the limit', 'c5 1e ff ff', {}],
      ['LOCK', 'f0 90', {}],
      ['LOCK before what depends on the mode', 'f0 fa', {}],
    ])('%s', async (_, code, changes) => {
      const c = carried(code, changes);
      expect(host.refuses(c)).toBeUndefined();
      const outcome = (await run(c))!;
      const reference = { oracle: interpreter, outcome: interpreter.one(c)! };
      expect(compareOutcomes(reference, { oracle: host, outcome }, () => [])).toEqual([]);
    });

    it.each(['0e', '8c c8', 'fa', 'e4 60', 'cd 21', '9b d9 37', '66 cf'])(
      'but for what depends on it: %s',
      async (code) => {
        const c = carried(code);
        if (host.refuses(c) === undefined) expect(await run(c)).toBeUndefined();
      },
    );

    it('and memory that it does not have there', async () => {
      expect(
        await run(carried('a1 00 00', { segments: plainState(mode).segments.map((s) => ({ ...s, base: 0x1_0000 })) })),
      ).toBeDefined();
      const low = plainState(mode).segments.map((s, n) => (n === 3 ? { ...s, selector: 0x100, base: 0x1000 } : s));
      expect(await run(carried('a1 00 00', { segments: low }))).toBeUndefined();
    });
  });

  it('cannot be made to call the kernel, not in other ways either', async () => {
    // SYSENTER is refused; INT 80h with numbers of exit(2), fork(2) and kill(2) is a software interrupt.
    expect(host.refuses(userCase('0f 34'))).toMatch(/sysenter/);
    for (const number of [1, 2, 37, 252]) {
      expect(await run(userCase('cd 80', { gpr: gpr(number) }))).toMatchObject({ ending: { vector: 0x80 } });
    }
    // Running into the harness' own code or data is a case of its own that leaves nothing behind.
    for (const target of ['68 00 00 00 30 c3', '68 00 00 30 31 c3']) await run(userCase(target));
    expect(await run(userCase('40', { gpr: gpr(6) }))).toMatchObject({ state: { gpr: gpr(7) } });
  });

  it('gives up on what never ends, and goes on', async () => {
    const cases = [
      userCase('eb fe'),
      userCase('40', { gpr: gpr(6) }),
      userCase('eb fe'),
      userCase('48', { gpr: gpr(6) }),
    ];
    const outcomes = await host.run(cases);
    expect(outcomes.map((o) => o?.state.gpr[0])).toEqual([undefined, 7, undefined, 5]);
    const slow = 'takes longer than 20 ms';
    expect(host.reasons).toEqual([slow, undefined, slow, undefined]);
  });

  it('keeps selectors as a case loaded them, whatever the kernel does meanwhile', async () => {
    // FS is loaded with a local selector of level 0; a write to a page that is not yet writable interrupts; a long loop too.
    for (const code of ['8e e0 89 13', '8e e0 b9 00 00 00 01 49 75 fd']) {
      const outcome = (await run(userCase(code, { gpr: gpr(0x1c, 2, 0x4_4004) })))!;
      expect(outcome.state.segments[4]!.selector).toBe(0x1c);
    }
  });

  it('agrees with the interpreter on cases of all kinds', async () => {
    const tracer = new Tracer();
    const differing: string[] = [];
    let judged = 0;
    for (const [profile, count] of [
      ['user', 3000],
      ['user-sequence', 700],
    ] as const) {
      const generator = new Generator({
        seed: 20_26,
        profiles: [profile],
        modes: HOST_MODES,
        only: undefined,
        variants: 2,
      });
      const cases = Array.from({ length: count }, (_, n) => generator.make(n)).filter((c) => !host.refuses(c));
      const [ours, theirs] = [await interpreter.run(cases), await host.run(cases)];
      cases.forEach((c, n) => {
        const [a, b] = [ours[n], theirs[n]];
        if (a === undefined || b === undefined) return;
        const left = { oracle: interpreter, outcome: a };
        const found = compareOutcomes(left, { oracle: host, outcome: b }, () => tracer.trace(c).executed);
        if (found !== undefined) judged++;
        for (const d of found ?? []) differing.push(`${c.name}: ${differenceText(d, 'interpreter', 'host')}`);
      });
    }
    expect(differing).toEqual([]);
    expect(judged).toBeGreaterThan(3000);
  });
});

describe.skipIf(missing !== undefined)('a harness that ends', () => {
  /** A program that says it is ready, does something, and now and then is the harness. */
  function program(name: string, script: string): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const READY = "printf '\\0\\0\\0\\0'";
  const cases = Array.from({ length: 9 }, (_, n) => userCase('40', { gpr: gpr(n) }));
  const results = Array.from({ length: 9 }, (_, n) => n + 1);

  it.each([
    ['at once', 'head -c 100 >/dev/null'],
    ['by a signal', 'head -c 100 >/dev/null; kill -9 $$'],
    ['in the middle of a result', "printf '\\100\\1\\0\\0'"],
    ['never, but says nothing', 'sleep 100 >/dev/null & sleep 100'],
  ])('%s is started anew, and nothing is lost', async (_, script) => {
    const count = join(folder, `count-${Math.random()}`);
    const path = program(
      'now-and-then',
      `if [ ! -e ${count} ]; then : > ${count}; ${READY}; ${script}; else exec ${buildHarness()}; fi`,
    );
    const oracle = new HostOracle(path, 500);
    const outcomes = await oracle.run(cases);
    oracle.dispose();
    expect(outcomes.map((o) => o?.state.gpr[0])).toEqual(results);
  });

  it('whatever it is given is told in one line', async () => {
    const oracle = new HostOracle(program('always', `${READY}; head -c 100 >/dev/null`), 500);
    await expect(oracle.run(cases)).resolves.toEqual(cases.map(() => undefined));
    await expect(oracle.run([...cases, ...cases])).rejects.toThrow(/^the host's processor: [^\n]+$/);
    oracle.dispose();
    const none = new HostOracle(program('none', 'exit 3'), 500);
    await expect(none.run(cases)).rejects.toThrow(/^the host's processor: [^\n]+$/);
    none.dispose();
  });
});
