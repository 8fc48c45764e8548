// `npm run guest:linux`: fetches Debian's kernel and busybox when they are not there yet, and boots them to a shell on
// the terminal. Arguments go to `transvisor run` behind our own (so theirs win): npm run guest:linux -- -accel interpret.
// --fetch-only stops before booting.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FetchError, fetchLinuxGuest, type LinuxGuest } from './fetch.ts';

const transvisor = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));

function prepare(): LinuxGuest | undefined {
  try {
    return fetchLinuxGuest({ onProgress: (line) => process.stderr.write(`guest:linux: ${line}\n`) });
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    process.stderr.write(`guest:linux: ${error.message}\n`);
    return undefined;
  }
}

function boot(guest: LinuxGuest, extra: readonly string[]): void {
  const machine = ['-m', '256', '-nographic', '-kernel', guest.kernel, '-initrd', guest.initrd];
  const args = ['run', ...machine, '-append', 'console=ttyS0 quiet', ...extra];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), transvisor, ...args], {
    stdio: 'inherit',
  });
  // The terminal signals both of us; the guest's monitor decides what it means.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}

const args = process.argv.slice(2);
const guest = prepare();
if (guest === undefined) process.exitCode = 2;
else if (args.includes('--fetch-only')) process.stdout.write(`${guest.kernel}\n${guest.initrd}\n`);
else boot(guest, args);
