/**
 * What a CD-ROM drive answers to packet commands that ask about it and its disc
 * (MMC-3, SPC-2): bytes, complete; whoever sends them cuts them to what was asked for.
 */
import type { CdMedium, Sense } from './cd-medium.ts';

/** Text padded with spaces. */
function text(value: string, length: number): number[] {
  return [...value.padEnd(length).slice(0, length)].map((c) => c.charCodeAt(0));
}

const big16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const big32 = (value: number) => [...big16(value >>> 16), ...big16(value)];

/** Minute, second and frame of a sector. */
function msf(sector: number): number[] {
  const frame = sector + 150;
  return [0, Math.floor(frame / 4500) & 0xff, Math.floor(frame / 75) % 60, frame % 75];
}

export function inquiry(): number[] {
  return [5, 0x80, 0, 0x21, 31, 0, 0, 0, ...text('TRANSVIS', 8), ...text('CD-ROM', 16), ...text('1.0', 4)];
}

export function requestSense([key, code, qualifier]: Sense): number[] {
  return [0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, code, qualifier, 0, 0, 0, 0];
}

export function capacity(medium: CdMedium): number[] {
  return [...big32(medium.sectors - 1), ...big32(2048)];
}

/** READ TOC, formats 0 (tracks), 1 (sessions) and 2 (all of it); undefined for what is not there. */
export function tableOfContents(medium: CdMedium, format: number, start: number, inMsf: boolean): number[] | undefined {
  const address = (sector: number) => (inMsf ? msf(sector) : big32(sector));
  const data = 0x14;
  switch (format) {
    case 0: {
      if (start > 1 && start !== 0xaa) return undefined;
      const first = start <= 1 ? [0, data, 1, 0, ...address(0)] : [];
      const tracks = [...first, 0, data, 0xaa, 0, ...address(medium.sectors)];
      return [...big16(tracks.length + 2), 1, 1, ...tracks];
    }
    case 1:
      return [...big16(10), 1, 1, 0, data, 1, 0, ...address(0)];
    case 2: {
      const entry = (point: number, place: readonly number[]) => [1, data, 0, point, 0, 0, 0, 0, ...place.slice(1)];
      const entries = [
        ...entry(0xa0, [0, 1, 0, 0]),
        ...entry(0xa1, [0, 1, 0, 0]),
        ...entry(0xa2, msf(medium.sectors)),
        ...entry(1, msf(0)),
      ];
      return [...big16(entries.length + 2), 1, 1, ...entries];
    }
    default:
      return undefined;
  }
}

/** Mode pages: read error recovery, CD parameters, capabilities. Undefined for a page that is not there. */
export function modePages(medium: CdMedium, page: number): number[] | undefined {
  const flags = 0x29 | (medium.locked ? 2 : 0); // a tray; can be ejected and locked
  const pages: readonly (readonly number[])[] = [
    [0x01, 6, 0, 5, 0, 0, 0, 0],
    [0x0e, 14, 4, 0, 0, 0, 0, 75, 1, 0xff, 2, 0xff, 0, 0, 0, 0],
    [0x2a, 18, 0x3b, 0, 0x70, 0x60, flags, 0, ...big16(706), ...big16(2), ...big16(512), ...big16(706), 0, 0, 0, 0],
  ];
  const found = pages.filter(([code]) => page === 0x3f || code === page);
  return found.length === 0 ? undefined : found.flat();
}

/** MODE SENSE with its header of 4 or 8 bytes. */
export function modeSense(medium: CdMedium, page: number, longHeader: boolean): number[] | undefined {
  const pages = modePages(medium, page);
  if (pages === undefined) return undefined;
  const type = medium.trayOpen ? 0x71 : medium.disc === undefined ? 0x70 : 0x01;
  return longHeader
    ? [...big16(pages.length + 6), type, 0, 0, 0, 0, 0, ...pages]
    : [pages.length + 3, type, 0, 0, ...pages];
}

/** GET CONFIGURATION: profile list, core, morphing, removable medium, multiple read, CD read. */
export function configuration(medium: CdMedium, start: number, one: boolean): number[] {
  const profile = medium.ready === undefined ? 0 : 0x08;
  const features: readonly { readonly code: number; readonly bytes: readonly number[] }[] = [
    { code: 0x0000, bytes: [0x03, 4, 0x00, 0x08, profile === 0 ? 0 : 1, 0] },
    { code: 0x0001, bytes: [0x0b, 8, 0, 0, 0, 2, 0, 0, 0, 0] },
    { code: 0x0002, bytes: [0x07, 4, 2, 0, 0, 0] },
    { code: 0x0003, bytes: [0x03, 4, 0x29, 0, 0, 0] },
    { code: 0x001d, bytes: [0x00, 0] },
    { code: 0x001e, bytes: [0x08, 4, 0, 0, 0, 0] },
  ];
  const asked = features.filter(({ code }) => (one ? code === start : code >= start));
  const body = asked.flatMap(({ code, bytes }) => [...big16(code), ...bytes]);
  return [...big32(body.length + 4), 0, 0, ...big16(profile), ...body];
}

/** GET EVENT STATUS NOTIFICATION, polled, for the media class (4). Tells an event once. */
export function eventStatus(medium: CdMedium, classes: number): number[] {
  if ((classes & 0x10) === 0) return [0, 2, 0x80, 0x10];
  const code = { none: 0, ejectRequest: 1, newMedia: 2, removed: 3 }[medium.event];
  medium.event = 'none';
  const status = (medium.trayOpen ? 1 : 0) | (medium.disc === undefined ? 0 : 2);
  return [0, 6, 4, 0x10, code, status, 0, 0];
}

export function discInformation(): number[] {
  return [0, 32, 0x0e, 1, 1, 1, 1, 0x20, ...new Array<number>(26).fill(0)];
}

export function trackInformation(medium: CdMedium): number[] {
  const header = [
    0,
    34,
    1,
    1,
    0,
    4,
    1,
    0,
    ...big32(0),
    ...big32(0),
    ...big32(0),
    ...big32(0),
    ...big32(medium.sectors),
  ];
  return [...header, ...new Array<number>(36 - header.length).fill(0)];
}

export function mechanismStatus(medium: CdMedium): number[] {
  return [0, medium.trayOpen ? 0x10 : 0, 0, 0, 0, 1, 0, 0];
}
