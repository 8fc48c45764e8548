/**
 * The registers of an ATA device that hosts see (ATA/ATAPI-6, chapter 7), and
 * the addresses that they make: cylinder, head and sector, 28 bits, or 48.
 *
 * Each of the address and count registers is two deep: a write pushes what was there, and a
 * 48-bit command takes both.
 */

/** Status bits. */
export const BSY = 0x80;
export const DRDY = 0x40;
export const DF = 0x20;
/** Seek complete; hosts of old look for it. */
export const DSC = 0x10;
export const DRQ = 0x08;
export const ERR = 0x01;
/** Error bits. */
export const UNC = 0x40;
export const IDNF = 0x10;
export const ABRT = 0x04;

const LBA_MODE = 0x40;

/** Registers by port offset 1 to 6. */
export const FEATURES = 1;
export const COUNT = 2;
export const LBA_LOW = 3;
export const LBA_MID = 4;
export const LBA_HIGH = 5;
export const DEVICE = 6;

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

export class TaskFile {
  status = DRDY | DSC;
  error = 0;
  /** As written last, and before that, by register number. */
  readonly current = new Uint8Array(7);
  readonly previous = new Uint8Array(7);

  /** A host's write to register 1 to 6. */
  write(register: number, value: number): void {
    this.previous[register] = this.current[register] as number;
    this.current[register] = value;
  }

  /** A host's read of register 1 to 6. @param high the older of the two bytes, as device control's HOB bit asks */
  read(register: number, high: boolean): number {
    if (register === FEATURES) return this.error;
    return ((high && register !== DEVICE ? this.previous : this.current)[register] as number) & 0xff;
  }

  /** What a device that is no packet device, or one that is, leaves after a reset. */
  setSignature(packet: boolean): void {
    this.current.set([0, 0, 1, 1, packet ? 0x14 : 0, packet ? 0xeb : 0, 0]);
    this.previous.fill(0);
    this.error = 1;
    this.status = packet ? 0 : DRDY | DSC;
  }

  get lbaMode(): boolean {
    return ((this.current[DEVICE] as number) & LBA_MODE) !== 0;
  }

  /** Sectors that a command asks for; 0 stands for the most. */
  sectorCount(wide: boolean): number {
    const low = this.current[COUNT] as number;
    if (!wide) return low || 256;
    return ((this.previous[COUNT] as number) << 8) | low || 65536;
  }

  /** The first sector, or -1 for a place that the geometry does not have. */
  address(wide: boolean, geometry: Geometry): number {
    const [low, mid, high, device] = [LBA_LOW, LBA_MID, LBA_HIGH, DEVICE].map((n) => this.current[n] as number) as [
      number,
      number,
      number,
      number,
    ];
    if (wide) {
      const upper = [LBA_LOW, LBA_MID, LBA_HIGH].map((n) => this.previous[n] as number) as [number, number, number];
      const top = upper[0] + upper[1] * 2 ** 8 + upper[2] * 2 ** 16;
      return top * 2 ** 24 + (low | (mid << 8) | (high << 16));
    }
    if (this.lbaMode) return low | (mid << 8) | (high << 16) | ((device & 15) << 24);
    const [cylinder, head, sector] = [mid | (high << 8), device & 15, low];
    if (sector === 0 || sector > geometry.sectors || head >= geometry.heads) return -1;
    return (cylinder * geometry.heads + head) * geometry.sectors + sector - 1;
  }

  /** Shows a sector's address, and how many are left, as hosts read them after an error. */
  setAddress(sector: number, left: number, wide: boolean, geometry: Geometry): void {
    this.current[COUNT] = left;
    if (wide) {
      const top = Math.floor(sector / 2 ** 24);
      this.previous.set([left >> 8, top & 0xff, (top >> 8) & 0xff, (top >> 16) & 0xff], COUNT);
    }
    const kept = (this.current[DEVICE] as number) & 0xf0;
    if (wide || this.lbaMode) {
      this.current.set([sector & 0xff, (sector >>> 8) & 0xff, (sector >>> 16) & 0xff], LBA_LOW);
      if (!wide) this.current[DEVICE] = kept | ((sector >>> 24) & 15);
      return;
    }
    const track = Math.floor(sector / geometry.sectors);
    const cylinder = Math.floor(track / geometry.heads);
    this.current.set([(sector % geometry.sectors) + 1, cylinder & 0xff, (cylinder >> 8) & 0xff], LBA_LOW);
    this.current[DEVICE] = kept | (track % geometry.heads);
  }
}
