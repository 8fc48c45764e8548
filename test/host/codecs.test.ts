/** What goes to a compiling thread and comes back is what was packed. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packRegions, unpackRegions } from '../../src/host/region-codec.ts';
import { packRequests, unpackRequests } from '../../src/host/request-codec.ts';
import { modeOf } from '../../src/translator/mode.ts';
import type { BlockRequest, RegionRequest } from '../../src/translator/region.ts';
import { packSites } from '../../src/translator/sites.ts';
import { flatCpu } from '../support/engine-pair.ts';

const plain = modeOf(flatCpu());
const word = fc.integer();
const block: fc.Arbitrary<BlockRequest> = fc.record(
  {
    eip: word,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    tlbWord: word,
    tlbWordNext: word,
    targets: fc.array(word, { maxLength: 5 }),
    branches: fc.constant(true),
  },
  { requiredKeys: ['eip', 'bytes', 'tlbWord', 'tlbWordNext'] },
);
const request: fc.Arbitrary<RegionRequest> = fc.record(
  {
    id: fc.nat(),
    mode: fc.constantFrom(plain, { ...plain, user: true, csBase: -16 }),
    modeId: fc.nat(),
    blocks: fc.array(block, { minLength: 1, maxLength: 6 }),
    links: fc.array(fc.record({ eip: word, slot: fc.nat(), tlbWord: word }), { maxLength: 4 }),
    tier: fc.constant('low' as const),
    heat: fc.nat(),
  },
  { requiredKeys: ['id', 'mode', 'modeId', 'blocks', 'links'] },
);

test('requests', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 5 }), (requests) => {
      const packed = packRequests(requests);
      const received = structuredClone(packed, { transfer: [packed.words.buffer, packed.code.buffer] });
      expect(unpackRequests(received)).toEqual(requests);
    }),
  );
});

test('regions', () => {
  const site = fc.record({ eip: word, refund: fc.nat(100), flags: word });
  const region = fc.record({ id: fc.nat(), guestInstructions: fc.nat(), sites: fc.array(site).map(packSites) });
  fc.assert(
    fc.property(fc.array(region, { maxLength: 5 }), (regions) => {
      expect(unpackRegions(packRegions(regions))).toEqual(regions);
    }),
  );
});
