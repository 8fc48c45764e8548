// Stands in for a Transvisor in tests of `transvisor bench`: prints marks, and the command line it was given.
import { writeFileSync } from 'node:fs';

const args = process.argv.slice(2);
process.stdout.write(`args ${JSON.stringify(args)}\n`);
const profile = args.find((arg) => arg.startsWith('--profile='))?.slice(10);
if (profile !== undefined) {
  process.on('SIGTERM', () => {
    writeFileSync(profile, 'a profile');
    process.exit(0);
  });
}
if (args.includes('--fail')) {
  process.stderr.write('no such thing\n');
  process.exit(3);
}
const sum = args.includes('--other') ? '00000002' : '00000001';
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write('it is up, without a line feed');
await pause();
for (const name of ['empty', 'one', 'two']) {
  process.stdout.write(`\nBENCH-START ${name}\n`);
  await pause();
  process.stdout.write(`BENCH-STOP ${name} 0\r\nBENCH-SUM ${name} ${sum}`);
}
process.stdout.write('\nBENCH-DONE\n');
setInterval(() => {}, 1000);
