// The whole session with the bundled guest, its benchmark included.
import { describeSession } from '../cms/cms-session.ts';

describeSession('translate', Number.POSITIVE_INFINITY, 120_000);
