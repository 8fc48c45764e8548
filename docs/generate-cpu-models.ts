/**
 * Writes docs/cpu-models.md from the models (src/cpu/cpu-models.ts):
 *
 *     node --import tsx docs/generate-cpu-models.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ALL_FEATURES } from '../src/cpu/cpu-features.ts';
import { signature } from '../src/cpu/cpu-model.ts';
import { CPU_MODELS } from '../src/cpu/cpu-models.ts';
import { selectCpuModel } from '../src/vmm/cpu-selection.ts';

const HEAD = `# Processor models

Made from \`src/cpu/cpu-models.ts\` by \`docs/generate-cpu-models.ts\`; do not edit.

\`-cpu MODEL[,+F][,-F][,F=on|off][,PROPERTY=VALUE]\`, as QEMU has it. Names of features are those of Linux' /proc/cpuinfo, with \`-\` or \`_\`,
and some that QEMU uses besides (pni, sse4.1). A feature that QEMU knows and that is not here cannot be added and is passed over; a name that nobody knows is
an error. Properties: \`vendor\`, \`family\`, \`model\`, \`stepping\`, \`model-id\`, \`level\`; others of QEMU's say nothing here.

What a model does not have is not there: its instructions are undefined (#UD), by the column of features in the opcode table, from which the decoder's tables
of the model are made; its bits of CR4 and its MSRs are #GP; \`cpuid\` taken away (\`-cpu 486,-cpuid\`, an early 486) EFLAGS.ID stays clear, and
without \`vme\` VIF and VIP. All models say that there is a hypervisor, in CPUID.1:ECX bit 31 and leaf 40000000h; \`-hypervisor\` keeps it quiet.

Left out of what the real ones have: 36 bits of address (pse36), the serial number (pn), thermal control, debug store, hyperthreading, machine-check banks
(mca is there with none), and, of 386 and 486, test registers.
`;

/** The page as Markdown. */
export function cpuModelsPage(): string {
  const lines = [
    HEAD,
    '| name | CPUID.1:EAX | brand | last leaves | cache descriptors (leaf 2: EAX, EDX) |',
    '| --- | --- | --- | --- | --- |',
  ];
  const hex = (value: number): string => `${(value >>> 0).toString(16)}h`;
  for (const model of CPU_MODELS) {
    const [eax, , , edx] = model.cacheDescriptors;
    const last = model.lastExtended === 0 ? hex(model.lastLeaf) : `${hex(model.lastLeaf)}, ${hex(model.lastExtended)}`;
    const caches = eax === 0 ? '' : `${hex(eax)}, ${hex(edx)}`;
    lines.push(`| ${model.name} | ${hex(signature(model))} | ${model.brand} | ${last} | ${caches} |`);
  }
  lines.push('', `| feature | ${CPU_MODELS.map((model) => model.name).join(' | ')} |`);
  lines.push(`| --- |${CPU_MODELS.map(() => ' :-: |').join('')}`);
  for (const feature of ALL_FEATURES) {
    const marks = CPU_MODELS.map((model) => (selectCpuModel(model.name).features.has(feature) ? 'x' : ''));
    lines.push(`| ${feature} | ${marks.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** Where the page stands. */
export const CPU_MODELS_FILE = fileURLToPath(new URL('cpu-models.md', import.meta.url));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(CPU_MODELS_FILE, cpuModelsPage());
}
