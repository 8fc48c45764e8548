// A fuzzing thread that goes wrong: it hangs at case 13, ends at case 27, and says of all others that they agree.
import { parentPort } from 'node:worker_threads';

const coverage = { tried: [], engines: [], outside: [] };
parentPort.on('message', (job) => {
  if (job === 'end') {
    parentPort.close();
    return;
  }
  const has = (number) => number >= job.first && number < job.first + job.count;
  if (has(13)) for (;;);
  if (has(27)) process.exit(1);
  const result = {
    first: job.first,
    cases: job.count,
    judged: { interpreter: job.count, bad: job.count },
    refused: { bad: { 'no reason': 1 } },
    findings: [],
    more: 0,
    coverage,
  };
  parentPort.postMessage({ kind: 'run', result, heapBytes: 0 });
});
parentPort.postMessage({ kind: 'ready', oracles: ['interpreter', 'bad'], missing: ['other: is not here'] });
