import { Injectable } from '@nestjs/common';

/** What an indicator found; `details` are shown to operators only. */
export interface Finding {
  readonly isUp: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface HealthIndicator {
  readonly name: string;
  /** Whether the server can do its work without this part; if so, its loss does not make the server unready. */
  readonly isOptional?: boolean;
  check(): Promise<Finding> | Finding;
}

/** Modules put their indicators here at start; health endpoints ask all of them. */
@Injectable()
export class HealthRegistry {
  private readonly indicators = new Map<string, HealthIndicator>();

  register(indicator: HealthIndicator): void {
    this.indicators.set(indicator.name, indicator);
  }

  list(): readonly HealthIndicator[] {
    return [...this.indicators.values()];
  }
}
