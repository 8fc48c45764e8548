import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CPU_MODELS_FILE, cpuModelsPage } from '../../docs/generate-cpu-models.ts';
import { CPU_MODELS } from '../../src/cpu/cpu-models.ts';

test('the page is up to date (if not: node --import tsx docs/generate-cpu-models.ts)', () => {
  expect(readFileSync(CPU_MODELS_FILE, 'utf8')).toBe(cpuModelsPage());
});

test('a later processor has what an earlier one has', () => {
  const order = ['486', 'pentium', 'pentium2', 'pentium3', 'pentium4', 'max'];
  const models = order.map((name) => CPU_MODELS.find((model) => model.name === name)!);
  for (const [n, model] of models.slice(1).entries()) {
    for (const feature of models[n]!.features) expect(model.features, `${model.name}: ${feature}`).toContain(feature);
  }
});

test('identities are as CPUID holds them', () => {
  for (const { vendor, brand, model, stepping } of CPU_MODELS) {
    expect(vendor).toHaveLength(12);
    expect(brand.length).toBeLessThan(48);
    expect(model).toBeLessThan(256);
    expect(stepping).toBeLessThan(16);
  }
});
