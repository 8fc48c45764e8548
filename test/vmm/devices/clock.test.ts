import { expect, test } from 'vitest';
import { TimerQueue } from '../../../src/vmm/devices/clock.ts';

test('runs what is due by deadline, then by order of scheduling', () => {
  const queue = new TimerQueue(() => 0);
  const ran: string[] = [];
  queue.schedule(20, () => ran.push('c'));
  queue.schedule(10, () => ran.push('a'));
  queue.schedule(20, () => ran.push('d'));
  queue.schedule(10, () => ran.push('b'));
  queue.schedule(30, () => ran.push('late'));
  expect(queue.nextDeadline()).toBe(10);
  queue.runDue(20);
  expect(ran).toEqual(['a', 'b', 'c', 'd']);
  expect(queue.nextDeadline()).toBe(30);
});

test('a timer that schedules itself for now cannot keep runDue going', () => {
  const queue = new TimerQueue(() => 5);
  let runs = 0;
  const again = () => {
    runs++;
    queue.schedule(5, again);
  };
  queue.schedule(5, again);
  queue.runDue(5);
  expect(runs).toBe(1);
  expect(queue.nextDeadline()).toBe(5);
});

test('a new timer that is earlier than an old one does not stop the old one from running', () => {
  const queue = new TimerQueue(() => 0);
  const ran: string[] = [];
  queue.schedule(1, () => queue.schedule(2, () => ran.push('new')));
  queue.schedule(3, () => ran.push('old'));
  queue.runDue(3);
  expect(ran).toEqual(['old']);
  queue.runDue(3);
  expect(ran).toEqual(['old', 'new']);
});

test('cancelling withdraws, also from within a callback, and is harmless afterwards', () => {
  const queue = new TimerQueue(() => 0);
  let ran = 0;
  const second = queue.schedule(2, () => ran++);
  const first = queue.schedule(1, () => queue.cancel(second));
  queue.runDue(5);
  queue.cancel(first);
  queue.cancel(second);
  expect(ran).toBe(0);
  expect(queue.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});
