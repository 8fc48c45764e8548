/**
 * The differentiated system description: the tree of devices that an operating
 * system cannot find by itself, and how to switch the machine off.
 *
 * PCI interrupts go through the four link devices, which set the ISA bridge's routing registers; each
 * wire can be led to the level-triggered lines that the MADT overrides.
 */
import {
  type Aml,
  ARG0,
  and,
  byteFields,
  configRegion,
  device,
  dwordField,
  eisaId,
  give,
  integer,
  LOCAL0,
  method,
  name,
  named,
  or,
  packageOf,
  processor,
  scope,
  store,
  text,
  when,
} from './aml.ts';
import {
  busNumbers,
  isaInterrupt,
  levelInterrupts,
  memoryWindow,
  ports,
  portWindow,
  resources,
} from './aml-resources.ts';
import { type BoardDescription, pciWire } from './board-description.ts';

const LINKS = ['LNKA', 'LNKB', 'LNKC', 'LNKD'] as const;
const ROUTES = ['PRQ0', 'PRQ1', 'PRQ2', 'PRQ3'] as const;
const NOT_ROUTED = 0x80;
const ISA_DEVICE = '\\_SB.PCI0.ISA';
/** States of _STA: present, enabled, shown and working. */
const ENABLED = 0x0f;
const DISABLED = 0x0d;
/** Where the interrupt's number is in the descriptor that _CRS gives. */
const INTERRUPT_AT = 5;

const hid = (id: string): Aml => named('_HID', eisaId(id));
const current = (...descriptors: readonly Aml[]): Aml => named('_CRS', resources(...descriptors));

/** The terms of the DSDT. */
export function dsdtTerms(board: BoardDescription): Aml {
  return [
    ...scope(
      '\\_SB',
      device('PCI0', ...pciRoot(board), isaBridge(board)),
      ...LINKS.map((link, n) => linkDevice(link, n)),
    ),
    ...scope('\\_PR', processor('CPU0', 0)),
    // Soft off: sleep type 0.
    ...named('\\_S5', packageOf(integer(0), integer(0), integer(0), integer(0))),
  ];
}

function pciRoot({ pciDevices }: BoardDescription): Aml[] {
  const pins = [0, 1, 2, 3];
  const routes = pciDevices.flatMap((slot) =>
    pins.map((pin) =>
      packageOf(integer(slot * 0x1_0000 + 0xffff), integer(pin), name(LINKS[pciWire(slot, pin)] as string), integer(0)),
    ),
  );
  return [
    hid('PNP0A03'),
    named('_UID', integer(0)),
    current(
      busNumbers(0, 0xff),
      portWindow(0, 0xcf7),
      ports(0xcf8, 8),
      portWindow(0xd00, 0xffff),
      memoryWindow(0xa_0000, 0xb_ffff),
      memoryWindow(0x8000_0000, 0xfebf_ffff),
    ),
    named('_PRT', packageOf(...routes)),
  ];
}

function isaBridge({ serialPorts }: BoardDescription): Aml {
  const serial = [
    { base: 0x3f8, irq: 4 },
    { base: 0x2f8, irq: 3 },
  ];
  return device(
    'ISA',
    named('_ADR', integer(0x1_0000)),
    configRegion('PIRQ', 0x60, 4),
    byteFields('PIRQ', ...ROUTES),
    device('RTC', hid('PNP0B00'), current(ports(0x70, 2), isaInterrupt(8))),
    device('KBD', hid('PNP0303'), current(ports(0x60, 1), ports(0x64, 1), isaInterrupt(1))),
    device('MOU', hid('PNP0F13'), current(isaInterrupt(12))),
    ...serialPorts.map((port) => {
      const { base, irq } = serial[port] as { base: number; irq: number };
      return device(
        `COM${port + 1}`,
        hid('PNP0501'),
        named('_UID', integer(port + 1)),
        current(ports(base, 8), isaInterrupt(irq)),
      );
    }),
    // Ports that belong to the board itself.
    device('SYSR', hid('PNP0C02'), current(ports(0x4d0, 2), ports(0x600, 0x40), ports(0xcf9, 1))),
    device('FWCF', named('_HID', text('QEMU0002')), named('_STA', integer(0x0b)), current(ports(0x510, 12))),
  );
}

/** A PCI interrupt link: routing register `n` of the ISA bridge. */
function linkDevice(at: string, n: number): Aml {
  const route = name(`${ISA_DEVICE}.${ROUTES[n]}`);
  return device(
    at,
    hid('PNP0C0F'),
    named('_UID', integer(n)),
    named('_PRS', resources(levelInterrupts(5, 10, 11))),
    named('BUF', resources(levelInterrupts(0))),
    method('_STA', 0, when(and(route, integer(NOT_ROUTED)), give(integer(DISABLED))), give(integer(ENABLED))),
    method('_DIS', 0, or(route, integer(NOT_ROUTED), route)),
    method(
      '_CRS',
      0,
      dwordField(name('BUF'), INTERRUPT_AT, 'INTN'),
      // What is not routed has interrupt 0: none.
      store(route, LOCAL0),
      when(and(LOCAL0, integer(NOT_ROUTED)), store(integer(0), LOCAL0)),
      store(LOCAL0, name('INTN')),
      give(name('BUF')),
    ),
    method('_SRS', 1, dwordField(ARG0, INTERRUPT_AT, 'INTS'), store(name('INTS'), route)),
  );
}
