import { describe, expect, it } from 'vitest';
import { parseMemorySize } from '../../src/cli/memory-size.ts';
import { editDistance, nearest } from '../../src/cli/nearest.ts';
import { parseOptions, splitCommas } from '../../src/cli/parse-options.ts';
import { defaultConfig } from '../../src/cli/run-config.ts';
import { RUN_OPTIONS } from '../../src/cli/run-options.ts';

function parse(...args: string[]) {
  const config = defaultConfig();
  parseOptions(args, RUN_OPTIONS, config);
  return config;
}

describe('options of run', () => {
  it('takes one dash or two', () => {
    expect(parse('-m', '64', '--append', 'a=b -c').memory).toBe(64 << 20);
    expect(parse('--append', 'a=b -c').append).toBe('a=b -c');
  });

  it.each([
    ['256', 256 * 2 ** 20],
    ['256M', 256 * 2 ** 20],
    ['size=1G', 2 ** 30],
    ['2g', 2 ** 31],
    ['1048576b', 2 ** 20],
    ['4096k', 2 ** 22],
    ['0.5G', 2 ** 29],
  ])('memory size %s', (text, bytes) => {
    expect(parseMemorySize(text)).toBe(bytes);
  });

  it.each(['0', '3G', '1T', '', 'abc', '-1', '1.5k', '512k', '99999999999999999999'])('no memory size: %s', (text) => {
    expect(() => parseMemorySize(text)).toThrow(/memory size/);
  });

  it.each([
    [['-kernell', 'x'], "-kernell: unknown option; did you mean '-kernel'?"],
    [['--stat'], "--stat: unknown option; did you mean '--stats'?"],
    [['-accel', 'interpreted'], "-accel: unknown engine 'interpreted'; did you mean 'interpret'?"],
    [['-d', 'int,cllout'], "-d: unknown log item 'cllout'; did you mean 'callout'?"],
    [['-vga', 'cirrus'], "-vga: unknown display adapter 'cirrus'"],
    [['-qmp', 'tcp:nowhere'], "-qmp: 'tcp:nowhere': must be tcp::PORT, tcp:HOST:PORT or unix:PATH"],
    [['-display', 'nonne'], "-display: unknown display 'nonne'; did you mean 'none'?"],
    [['-device', 'isa-debugexit'], "-device: unknown device 'isa-debugexit'; did you mean 'isa-debug-exit'?"],
    [['-kernel'], '-kernel: needs a value (FILE)'],
    [['-no-reboot=1'], '-no-reboot: takes no value'],
    [['disk.img'], "'disk.img': not an option (options begin with a dash)"],
    [['-smp', '2'], "-smp: '2': this machine has one processor"],
    [['-icount', 'shift=99'], "-icount: shift '99': must be a whole number from 0 to 10"],
    [['--compile-threads', '2'], "--compile-threads: count '2': must be a whole number from 0 to 1"],
    [['-machine', 'q35'], "-machine: unknown machine 'q35'; the only one is 'pc'"],
  ])('%j is refused in one line', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });

  it('compile threads: one unless told otherwise', () => {
    expect(parse().compileThreads).toBeUndefined();
    expect(parse('--compile-threads', '0').compileThreads).toBe(0);
  });

  it('reads what test runners pass', () => {
    const config = parse(
      ...['-machine', 'pc,accel=tcg', '-cpu', 'max,-x2apic', '-smp', '1', '-nodefaults', '-no-user-config'],
      ...['-display', 'none', '-vga', 'none', '-net', 'none', '-monitor', 'none', '-parallel', 'none'],
      ...['-rtc', 'base=2020-01-02T03:04:05,clock=vm', '-no-reboot', '-serial', 'file:out'],
      ...['-chardev', 'file,id=post,path=a,,b', '-device', 'isa-debugcon,iobase=0x190,chardev=post'],
      ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-icount', 'shift=3', '-debugcon', 'stdio'],
    );
    expect(config).toMatchObject({
      accel: 'translate',
      noDefaults: true,
      noReboot: true,
      icountShift: 3,
      rtcBase: Date.UTC(2020, 0, 2, 3, 4, 5),
      serials: [{ kind: 'file', path: 'out' }],
      debugExits: [{ iobase: 0xf4, iosize: 4 }],
      debugcons: [
        { iobase: 0x190, target: { kind: 'chardev', id: 'post' } },
        { iobase: 0xe9, target: { kind: 'stdio', mux: false } },
      ],
    });
    expect(config.chardevs.get('post')).toEqual({ kind: 'file', path: 'a,b' });
  });

  it('reads address ranges as QEMU does', () => {
    expect(parse('-dfilter', '0x1000..0x1fff,0x8000+0x100,0x3000-0x10').logRanges).toEqual([
      { first: 0x1000, last: 0x1fff },
      { first: 0x8000, last: 0x80ff },
      { first: 0x2ff1, last: 0x3000 },
    ]);
    expect(() => parse('-dfilter', '0x1000')).toThrow(/FIRST..LAST/);
  });
});

describe('helpers', () => {
  it('splits at single commas', () => {
    expect(splitCommas('a,b,,c,,,d')).toEqual(['a', 'b,c,', 'd']);
    expect(splitCommas('')).toEqual(['']);
  });

  it('measures edits', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(nearest('krenel', ['initrd', 'kernel', 'append'])).toBe('kernel');
    expect(nearest('x', [])).toBeUndefined();
  });
});
