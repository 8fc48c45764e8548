// The bundled guest's session in the interpreter; its long steps are with the real guests (test/e2e).
import { describeSession } from './cms-session.ts';

describeSession('interpret', 20, 30_000);
