// A hundred thousand packets of nonsense, to a guest that runs in between: nothing is thrown, nothing hangs, and what is
// kept does not grow.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { framePacket, PACKET_SIZE } from '../../../src/vmm/gdb/packet.ts';
import { GdbSession } from './gdb-session.ts';

const PACKETS = 100_000;
/** Each of them is broken, cut or glued to another most of the time. */
const KNOWN = [
  '?',
  'g',
  'G00',
  'p8',
  'P3=00000000',
  'P10=ffff0000',
  'm0,4',
  'mffffffff,ffffffff',
  'M8000,4:01020304',
  'X0,1:a',
  'Z0,100000,1',
  'z0,100000,1',
  'Z1,fffff000,1',
  'Z2,0,ffffffff',
  'Z3,8000,10',
  'Z4,ffffffff,8',
  'z4,ffffffff,8',
  'c',
  's',
  'vCont;c',
  'vCont;s:1',
  'vCont?',
  'vKill;1',
  'D',
  'k',
  'qSupported:swbreak+',
  'qXfer:features:read:target.xml:0,ffffffff',
  'qXfer:features:read:target.xml:ffffffff,1',
  'qRcmd,696e666f20746c62',
  'qRcmd,7866',
  'Qqemu.PhyMemMode:1',
  'Qqemu.sstep=7',
  'Hg0',
  'QStartNoAckMode',
];
const ALPHABET = 'gGpPmMXzZcCsSHTqQvkD?!,;:=0123456789abcdefABCDEF{}#$*\x03\x00\xff -+';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

let seed = 12_345;
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (seed >>> 8) % below;
}

function nonsense(): string {
  let data = random(3) > 0 ? KNOWN[random(KNOWN.length)]! : '';
  for (let n = random(4) === 0 ? random(24) : 0; n > 0; n--) {
    const at = random(data.length + 1);
    data = data.slice(0, at) + ALPHABET[random(ALPHABET.length)] + data.slice(at + random(3));
  }
  if (random(200) === 0) data += 'x'.repeat(random(2 * PACKET_SIZE));
  return random(4) === 0 ? data : framePacket(data);
}

test.each(['interpret', 'translate'] as const)(
  '100,000 packets of nonsense, engine %s',
  async (engine) => {
    let s = new GdbSession(engine);
    const seen = { connections: 1, machines: 1, slices: 0, answers: 0 };
    let half = 0;
    for (let n = 0; n < PACKETS; n++) {
      const answers = s.raw(nonsense());
      seen.answers += answers.length;
      if (n === PACKETS / 2) half = heap();
      // It may be in the middle of a packet, wait for the guest, or have let it go.
      if (answers.length === 0 && s.raw('#00$#00').length === 0) {
        s.connect();
        seen.connections++;
      }
      if (n % 500 !== 0) continue;
      // The guest runs, where the last packets let it, and is stopped again.
      await new Promise((resolve) => setImmediate(resolve));
      seen.slices++;
      s.raw('\x03');
      if (s.ask('?') === 'W00') {
        s.machine.dispose();
        s = new GdbSession(engine);
        seen.machines++;
      }
    }
    expect(s.ask('?')).toMatch(/^[TW]/);
    expect(s.ask('qC')).toBe('QC1');
    expect(seen.connections).toBeGreaterThan(20);
    expect(seen.answers).toBeGreaterThan(PACKETS / 3);
    expect(s.mostSent).toBeLessThan(64 * PACKET_SIZE);
    expect(heap() - half).toBeLessThan(8 * 2 ** 20);
    s.machine.dispose();
  },
  240_000,
);
