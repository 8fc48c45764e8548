// The bundled guest's session in the translating engine; its long steps are with the real guests (test/e2e).
import { describeSession } from './cms-session.ts';

describeSession('translate', 20, 30_000);
