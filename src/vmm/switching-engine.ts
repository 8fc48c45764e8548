/**
 * Two engines over one vCPU, of which one runs: the reference machine of a
 * verification is translated up to the window that it interprets.
 */
import type { Engine, EngineStats } from './engine.ts';

export class SwitchingEngine implements Engine {
  readonly name = 'switching';
  private readonly translate: Engine;
  private readonly interpret: Engine;
  /** Whether the interpreter runs. To be changed between stretches only. */
  interpreting = false;

  constructor(translate: Engine, interpret: Engine) {
    this.translate = translate;
    this.interpret = interpret;
  }

  get blocked(): boolean {
    return !this.interpreting && this.translate.blocked === true;
  }

  run(): void {
    if (this.interpreting) this.interpret.run();
    else this.translate.run();
  }

  step(): void {
    this.interpret.step();
  }

  breakpointSet(linearPage: number): void {
    this.translate.breakpointSet?.(linearPage);
  }

  dispose(): void {
    this.translate.dispose();
    this.interpret.dispose();
  }

  stats(): EngineStats {
    return this.translate.stats();
  }

  retired(total: number): Readonly<Record<string, number>> {
    return { total };
  }
}
