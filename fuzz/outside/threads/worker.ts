/** Entry of a fuzzing thread: makes its own oracles, then does what it is asked, one job after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { Generator } from '../../generate/cases.ts';
import { LocalLanes } from '../../local-lanes.ts';
import { makeOracles } from '../../oracles.ts';
import type { Job, Reply, ThreadData } from './messages.ts';

const { plan } = workerData as ThreadData;
const port = parentPort!;
const { oracles, missing } = await makeOracles(plan.oracles);
const lanes = new LocalLanes(oracles, new Generator({ ...plan, profiles: plan.kinds }));

function heapBytes(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function answer(job: Job): Promise<Reply> {
  const { kind } = job;
  try {
    if (kind === 'run') {
      const result = await lanes.run(job.first, job.count);
      return { kind, result, heapBytes: heapBytes() };
    }
    if (kind === 'expected') {
      const expected = await lanes.expected(job.left, job.right, job.case);
      return { kind, expected, heapBytes: heapBytes() };
    }
    const differences = await lanes.compare(job.left, job.right, job.cases);
    return { kind, differences, heapBytes: heapBytes() };
  } catch (error) {
    return { kind: 'error', message: String(error).split('\n')[0]! };
  }
}

port.on('message', (job: Job | 'end') => {
  if (job === 'end') {
    lanes.dispose();
    port.close();
    return;
  }
  answer(job).then((reply) => port.postMessage(reply));
});
port.postMessage({ kind: 'ready', oracles: oracles.map(({ name }) => name), missing } satisfies Reply);
