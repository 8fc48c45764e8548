/** Commands of the monitor about the screen's picture and the media in drives. */
import { type Command, CommandError, type MonitorContext, printable, useService } from './command.ts';

const screendump: Command = {
  usage: 'FILE',
  help: 'write what the screen shows as PNG, or as PPM where the name ends in .ppm',
  run(context, args) {
    dumpScreen(context, args.join(' '));
    return '';
  },
};

/** Writes the screen to a file. @throws CommandError */
export function dumpScreen({ machine, services }: MonitorContext, path: string, format?: 'png' | 'ppm'): void {
  if (path === '') throw new CommandError('screendump: to which file?');
  if (machine.screen === undefined) throw new CommandError('there is no display adapter');
  if (services.savePicture === undefined) throw new CommandError('pictures cannot be written here');
  const { frame } = machine.screen.refresh();
  useService(() => services.savePicture!(frame, path, format));
}

function drive({ machine }: MonitorContext, name: string | undefined) {
  const media = machine.media();
  const found = media.find((each) => each.name === name);
  if (found === undefined) {
    const names = media.map((each) => each.name).join(', ');
    throw new CommandError(`no drive '${printable(name ?? '')}' with a medium${names === '' ? '' : ` (${names})`}`);
  }
  return found;
}

const eject: Command = {
  usage: '[-f] DRIVE',
  help: 'take the medium out of a drive; -f even where the guest has locked it',
  run(context, args) {
    const force = args[0] === '-f';
    const found = drive(context, args[force ? 1 : 0]);
    if (!found.eject(force)) throw new CommandError(`drive '${found.name}' is locked`);
    return '';
  },
};

const change: Command = {
  usage: 'DRIVE FILE',
  help: 'put another medium into a drive',
  run(context, [name, ...path]) {
    const found = drive(context, name);
    const { insertMedium } = context.services;
    if (path.length === 0) throw new CommandError('change: to which file?');
    if (insertMedium === undefined) throw new CommandError('images cannot be opened here');
    useService(() => insertMedium(found, path.join(' ')));
    return '';
  },
};

export const MEDIA_COMMANDS = { screendump, eject, change } as const;
