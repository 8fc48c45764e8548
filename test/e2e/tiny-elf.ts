// The smallest programs for Linux: one segment that may be read, written and executed, and a few bytes of code.

const BASE = 0x0804_8000;
const HEADERS = 52 + 32;
/** Where the code begins. */
export const ENTRY = BASE + HEADERS;

/** An ELF executable for i386 of `code`, entered at its first byte. */
export function tinyElf(code: readonly number[]): Uint8Array {
  const size = HEADERS + code.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const halves: [number, number][] = [
    [16, 2],
    [18, 3],
    [40, 52],
    [42, 32],
    [44, 1],
  ];
  for (const [at, value] of halves) view.setUint16(at, value, true);
  const words: [number, number][] = [
    [20, 1],
    [24, ENTRY],
    [28, 52],
  ];
  // PT_LOAD: offset 0, address, sizes, read + write + execute, alignment.
  const segment = [1, 0, BASE, BASE, size, size, 7, 0x1000];
  for (const [n, value] of segment.entries()) words.push([52 + 4 * n, value]);
  for (const [at, value] of words) view.setUint32(at, value, true);
  bytes.set(code, HEADERS);
  return bytes;
}

const le32 = (value: number) => [...new Uint8Array(Int32Array.of(value).buffer)];

/** Ends with the status in EBX. */
const EXIT = [0xb8, ...le32(1), 0xcd, 0x80];

/** Adds up 1 to 1000 with an instruction whose operand it writes anew each time; status 0 when the sum is right. */
export const SELFMOD = tinyElf([
  ...[0xb9, ...le32(1000), 0x31, 0xdb], // mov ecx, 1000; xor ebx, ebx
  ...[0x89, 0x0d, ...le32(ENTRY + 15)], // again: mov [operand], ecx
  ...[0x81, 0xc3, ...le32(0)], // add ebx, operand
  ...[0x49, 0x75, -15 & 0xff], // dec ecx; jnz again
  ...[0x81, 0xfb, ...le32(500_500), 0x0f, 0x95, 0xc3, 0x0f, 0xb6, 0xdb], // cmp ebx, 500500; setne bl; movzx ebx, bl
  ...EXIT,
]);

/** Writes where nothing is mapped. */
export const CRASH = tinyElf([0x31, 0xc0, 0x89, 0x00, ...EXIT]);

/** Divides by zero. */
export const DIVIDE = tinyElf([0x31, 0xc9, 0xf7, 0xf1, ...EXIT]);
