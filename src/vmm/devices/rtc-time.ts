/**
 * The calendar of an MC146818 clock: seconds since 1970 to its register bytes
 * and back, in BCD or binary, 12 or 24 hours; and where -rtc base= starts it.
 */

/** Register B bits that choose the format. */
export const RTC_BINARY = 0x04;
export const RTC_24_HOURS = 0x02;

/** Register numbers of the time of day and date; the century byte lies in CMOS RAM. */
export const RTC_SECONDS = 0;
export const RTC_MINUTES = 2;
export const RTC_HOURS = 4;
export const RTC_WEEKDAY = 6;
export const RTC_DAY = 7;
export const RTC_MONTH = 8;
export const RTC_YEAR = 9;
export const RTC_CENTURY = 0x32;

const PM = 0x80;

/** Writes a number below 100 as the format in register B wants it. */
export function encodeRtc(value: number, format: number): number {
  return (format & RTC_BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);
}

/** Reads a register byte in the format of register B. */
export function decodeRtc(value: number, format: number): number {
  return (format & RTC_BINARY) !== 0 ? value : (value >> 4) * 10 + (value & 15);
}

/** Writes hour 0..23. */
export function encodeHour(hour: number, format: number): number {
  if ((format & RTC_24_HOURS) !== 0) {
    return encodeRtc(hour, format);
  }
  return encodeRtc(hour % 12 || 12, format) | (hour >= 12 ? PM : 0);
}

/** Reads an hour byte as 0..23 (what is out of range wraps). */
export function decodeHour(value: number, format: number): number {
  if ((format & RTC_24_HOURS) !== 0) {
    return decodeRtc(value, format) % 24;
  }
  return (decodeRtc(value & ~PM, format) % 12) + ((value & PM) !== 0 ? 12 : 0);
}

/** Puts a time (seconds since 1970) into the time registers of `ram`. */
export function storeTime(ram: Uint8Array, seconds: number, format: number): void {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  ram[RTC_SECONDS] = encodeRtc(date.getUTCSeconds(), format);
  ram[RTC_MINUTES] = encodeRtc(date.getUTCMinutes(), format);
  ram[RTC_HOURS] = encodeHour(date.getUTCHours(), format);
  ram[RTC_WEEKDAY] = encodeRtc(date.getUTCDay() + 1, format);
  ram[RTC_DAY] = encodeRtc(date.getUTCDate(), format);
  ram[RTC_MONTH] = encodeRtc(date.getUTCMonth() + 1, format);
  ram[RTC_YEAR] = encodeRtc(year % 100, format);
  ram[RTC_CENTURY] = encodeRtc(Math.floor(year / 100) % 100, format);
}

/** The time (seconds since 1970) that the registers in `ram` mean; fields out of range carry over. */
export function loadTime(ram: Uint8Array, format: number): number {
  const at = (register: number): number => decodeRtc(ram[register] as number, format);
  // setUTCFullYear, because Date.UTC would take years below 100 for 19xx.
  const date = new Date(0);
  date.setUTCFullYear(at(RTC_CENTURY) * 100 + at(RTC_YEAR), at(RTC_MONTH) - 1, at(RTC_DAY));
  date.setUTCHours(decodeHour(ram[RTC_HOURS] as number, format), at(RTC_MINUTES), at(RTC_SECONDS));
  return Math.floor(date.getTime() / 1000);
}

const BASE = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * What the clock shows at power-on for `-rtc base=`: "utc", "localtime", or
 * a date YYYY-MM-DD[THH:MM[:SS]].
 * @param utcSeconds the host's time, seconds since 1970
 * @param localOffsetSeconds local time minus UTC
 * @returns seconds since 1970
 * @throws RangeError if `base` is none of these
 */
export function rtcBaseSeconds(base: string, utcSeconds: number, localOffsetSeconds: number): number {
  if (base === 'utc') {
    return Math.floor(utcSeconds);
  }
  if (base === 'localtime') {
    return Math.floor(utcSeconds + localOffsetSeconds);
  }
  const match = BASE.exec(base);
  if (match !== null) {
    const [year, month, day, hour, minute, second] = match.slice(1).map((digits) => Number(digits ?? '0'));
    const date = new Date(0);
    date.setUTCFullYear(year as number, (month as number) - 1, day);
    date.setUTCHours(hour as number, minute, second);
    const shown = date.toISOString();
    const asked = `${base.slice(0, 10)}T${(base.slice(11) || '00:00').padEnd(8, ':00')}`;
    if (shown.startsWith(asked)) {
      return date.getTime() / 1000;
    }
  }
  throw new RangeError(`-rtc base=${base}: utc, localtime or a date YYYY-MM-DD[THH:MM:SS]`);
}
