/**
 * When an MC146818 alarm goes off: each of its three bytes is a value or,
 * from C0h up, "any".
 */
import { decodeHour, decodeRtc } from './rtc-time.ts';

const ALARM_SECONDS = 1;
const ALARM_MINUTES = 3;
const ALARM_HOURS = 5;
const ANY = 0xc0;
const DAY = 86400;

/**
 * The first second after `seconds` (since 1970) at which the alarm bytes in
 * `ram` match; Infinity if they match no time of day.
 * @param format register B, for BCD or binary, 12 or 24 hours
 */
export function nextAlarm(ram: Uint8Array, format: number, seconds: number): number {
  const secondByte = ram[ALARM_SECONDS] as number;
  const minuteByte = ram[ALARM_MINUTES] as number;
  const hourByte = ram[ALARM_HOURS] as number;
  const second = secondByte >= ANY ? -1 : decodeRtc(secondByte, format);
  const minute = minuteByte >= ANY ? -1 : decodeRtc(minuteByte, format);
  const hour = hourByte >= ANY ? -1 : decodeHour(hourByte, format);
  if (second > 59 || minute > 59) {
    return Number.POSITIVE_INFINITY;
  }
  const from = seconds + 1;
  const midnight = Math.floor(from / DAY) * DAY;
  // Minute by minute over a day and the rest of the first minute: at most 1441 steps.
  for (let step = 0, at = from - midnight; step <= 1440; step++) {
    const inMinute = at % 60;
    const minuteOfDay = Math.floor(at / 60);
    const matches =
      (minute < 0 || minuteOfDay % 60 === minute) && (hour < 0 || Math.floor(minuteOfDay / 60) % 24 === hour);
    if (matches && (second < 0 || second >= inMinute)) {
      return midnight + at + (second < 0 ? 0 : second - inMinute);
    }
    at += 60 - inMinute;
  }
  return Number.POSITIVE_INFINITY;
}
