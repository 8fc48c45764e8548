import { describeLinux } from './linux-session.ts';

describeLinux('translate', 200_000, 60_000);
