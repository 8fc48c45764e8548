/** A command's arguments, taken one by one with their types; what is left over is an error. */
import { QmpError } from './qmp-error.ts';

export class Arguments {
  private readonly values: Map<string, unknown>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = new Map(Object.entries(values));
  }

  string(name: string): string {
    return this.required(name, this.optionalString(name));
  }

  optionalString(name: string): string | undefined {
    const value = this.take(name);
    if (value !== undefined && typeof value !== 'string') throw wrongType(name, 'string');
    return value;
  }

  optionalInteger(name: string): number | undefined {
    const value = this.take(name);
    if (value !== undefined && !Number.isSafeInteger(value)) throw wrongType(name, 'integer');
    return value as number | undefined;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.take(name);
    if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'boolean');
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.required(name, this.take(name));
    if (!Array.isArray(value)) throw wrongType(name, 'array');
    return value;
  }

  /** An argument of any type that is taken and not used. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.values.delete(name);
  }

  /** @throws QmpError for an argument that nobody has taken */
  end(): void {
    for (const name of this.values.keys()) throw new QmpError(`Parameter '${name}' is unexpected`);
  }

  private take(name: string): unknown {
    const value = this.values.get(name);
    this.values.delete(name);
    return value;
  }

  private required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw new QmpError(`Parameter '${name}' is missing`);
    return value;
  }
}

function wrongType(name: string, type: string): QmpError {
  return new QmpError(`Invalid parameter type for '${name}', expected: ${type}`);
}
