/**
 * `run --profile`: samples the guest's thread while a machine runs, and writes the report at its end.
 */
import { Sampler } from '../../host/sampler.ts';
import { writeWhole } from '../../host/whole-file.ts';
import type { Machine, MachineOptions } from '../../index.ts';
import { functionText, irStages, listingText } from '../../translator/explain.ts';
import { loadBinaryen } from '../../translator/lower/binaryen-raw.ts';
import type { RegionRequest } from '../../translator/region.ts';
import { translatorOptions } from '../../vmm/create-engine.ts';
import { profileHtml } from './html.ts';
import { type Profile, profileOf } from './profile.ts';
import { profileText, type RegionCode, SHOWN_REGIONS } from './report.ts';

export interface Recording {
  /** Ends the sampling and writes the report: to the file, or a short one to standard error. @throws FileError */
  finish(): Promise<void>;
}

/** @param file where the report goes, as HTML by its ending; '' for standard error */
export async function recordProfile(machine: Machine, options: MachineOptions, file: string): Promise<Recording> {
  const record = machine.recordRegions();
  const sampler = await Sampler.start();
  return {
    async finish() {
      const profile = profileOf(await sampler.stop());
      const stats = machine.stats();
      const requests = new Map(record.since(0).map(({ request }) => [request.id, request]));
      const code = await regionCode(profile, requests, options, file !== '');
      const parts = { profile, stats, code };
      if (file === '') process.stderr.write(profileText(parts, false));
      else writeWhole(file, /\.html?$/i.test(file) ? profileHtml(parts) : profileText(parts, true));
    },
  };
}

/** The code of the hottest regions, translated again with the options they were translated with. */
async function regionCode(
  profile: Profile,
  requests: ReadonlyMap<number, RegionRequest>,
  options: MachineOptions,
  whole: boolean,
): Promise<Map<number, RegionCode>> {
  const translator = translatorOptions(options.translator ?? {});
  const raw = whole ? await loadBinaryen() : undefined;
  const code = new Map<number, RegionCode>();
  for (const { id } of profile.regions.slice(0, SHOWN_REGIONS)) {
    const request = requests.get(id);
    if (request === undefined) continue;
    const eip = (request.blocks[0]!.eip >>> 0).toString(16).padStart(8, '0');
    const { user, code32 } = request.mode;
    const title = `${eip}, ${request.blocks.length} blocks, ${code32 ? 32 : 16}-bit, ${user ? 'user' : 'kernel'}`;
    const guest = raw === undefined ? '' : listingText(request);
    const ir = raw === undefined ? '' : (irStages(request, translator).at(-1)?.text ?? '');
    const wat = raw === undefined ? '' : functionText(raw, request, translator);
    code.set(id, { title, guest, ir, wat });
  }
  return code;
}
