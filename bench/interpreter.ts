/**
 * Speed of the interpreter alone, on small programs in flat 32-bit mode:
 *   node --import tsx bench/interpreter.ts [millions of instructions]
 */
import { Interpreter } from '../src/interpreter/interpreter.ts';
import { bareCpu } from '../test/support/bare-cpu.ts';

const ENTRY = 0x10_0000;
const DEFAULT_MILLIONS = 100;

/** Endless loops, as code for address 100000h. */
const PROGRAMS: Readonly<Record<string, string>> = {
  // Recursive Fibonacci numbers: calls, returns, stack.
  calls:
    'bb000000006a18e80700000083c40401c3ebf25589e55383ec048b5d0883fb017e268d43ff89042483ec0450e8e2ffffff83c408890424' +
    '8d43fe50e8d3ffffff83c404030424eb0289d883c4045b5dc3',
  // Loads, stores, shifts and branches over 64 KB of words.
  mixed:
    'be00002000bf00002800b950c3000031d28b049601c889c3c1e30531c3c1e80325ff0000000fb62c0601eb891c974281e2ff3f0000f6c3' +
    '017403880c0781fb0010000072058b460429d84975c4ebb1',
  // Writes functions of 4 to 11 instructions and calls each four times; begins anew at the end.
  'self-modifying':
    'bda086010031c0bb3930000089ef83e707c1e70881c70000200089fec7078b44240483c70489e983e10783c10469db6d4ec64181c33930' +
    '0000c6070547891f83c7044975e8c607c3b90400000050ffd683c4044975f74d75b3eba5',
};

/** Millions of instructions a second. */
function measure(code: string, instructions: number): number {
  const cpu = bareCpu('flat32', 64);
  cpu.memory.writeBytes(ENTRY, Uint8Array.from(Buffer.from(code, 'hex')));
  cpu.eip = ENTRY;
  cpu.gpr[4] = 0x30_0000;
  const interpreter = new Interpreter(cpu);
  const run = (count: number): void => {
    for (let left = count; left > 0; left -= 1_000_000) {
      cpu.remaining = Math.min(left, 1_000_000);
      interpreter.run();
    }
  };
  run(instructions / 10);
  const start = performance.now();
  run(instructions);
  return instructions / (performance.now() - start) / 1000;
}

const millions = Number(process.argv[2] ?? DEFAULT_MILLIONS);
for (const [name, code] of Object.entries(PROGRAMS)) {
  console.log(`${name.padEnd(16)} ${measure(code, millions * 1e6).toFixed(1)} M instructions/s`);
}
