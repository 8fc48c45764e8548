/** What the monitor and QMP can do on this host: write pictures, open images. */
import { writePicture } from '../host/picture-files.ts';
import type { MonitorServices } from '../vmm/monitor/command.ts';
import { type OpenImage, openImage } from './drives.ts';
import type { RunConfig } from './run-config.ts';

/** The services, and what closes the images that were put in. */
export function monitorServices(config: RunConfig): MonitorServices & { close(): void } {
  const inserted = new Map<string, OpenImage>();
  return {
    savePicture: writePicture,
    insertMedium(drive, path) {
      const { name } = drive;
      const media = name.includes('floppy') ? 'floppy' : 'cdrom';
      const image = openImage(path, { media, readOnly: media === 'cdrom', formatGiven: false }, config.snapshot);
      if (!drive.eject(false)) {
        image.close();
        throw new Error(`drive '${name}' is locked`);
      }
      drive.insert(image);
      // Only now nobody reads from the one before.
      inserted.get(name)?.close();
      inserted.set(name, image);
    },
    close() {
      for (const image of inserted.values()) image.close();
      inserted.clear();
    },
  };
}
