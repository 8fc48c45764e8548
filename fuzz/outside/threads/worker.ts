/** Entry of a fuzzing thread: makes its own oracles, then does what it is asked, one job after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { Generator } from '../../generate/cases.ts';
import { LocalLanes } from '../../local-lanes.ts';
import { makeOracles } from '../../oracles.ts';
import type { Reply, Request, ThreadData } from './messages.ts';

const { plan } = workerData as ThreadData;
const port = parentPort!;
const { oracles, missing } = await makeOracles(plan.oracles);
const lanes = new LocalLanes(oracles, new Generator({ ...plan, profiles: plan.kinds }));

function heapBytes(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function answer(request: Request): Promise<Reply> {
  try {
    if (request.kind === 'run') {
      const result = await lanes.run(request.first, request.count);
      return { kind: 'run', result, heapBytes: heapBytes() };
    }
    return { kind: 'shrink', minimal: await lanes.shrink(request.finding), heapBytes: heapBytes() };
  } catch (error) {
    return { kind: 'error', message: String(error).split('\n')[0]! };
  }
}

port.on('message', (request: Request | 'end') => {
  if (request === 'end') {
    lanes.dispose();
    port.close();
    return;
  }
  answer(request).then((reply) => port.postMessage(reply));
});
port.postMessage({ kind: 'ready', oracles: oracles.map(({ name }) => name), missing } satisfies Reply);
