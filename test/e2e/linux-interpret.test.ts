import { describeLinux } from './linux-session.ts';

describeLinux('interpret', 500_000, 60_000);
