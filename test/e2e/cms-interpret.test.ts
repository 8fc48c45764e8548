// The whole session with the bundled guest, its benchmark included, through the command line.
import { describeSession } from '../cms/cms-session.ts';
import { cmsProcess } from './cms-process.ts';

describeSession('interpret', Number.POSITIVE_INFINITY, 120_000, cmsProcess);
