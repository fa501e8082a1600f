import { Temporal } from 'temporal-polyfill';

/** Why a time cannot be taken: not written as one, no such day or hour, or no such zone. */
export type InvalidTimeReason = 'format' | 'impossible' | 'zone';

export class InvalidTimeError extends Error {
  constructor(
    readonly reason: InvalidTimeReason,
    message: string,
  ) {
    super(message);
    this.name = 'InvalidTimeError';
  }
}

/**
 * The instant of a wall-clock time. Where clocks go forward and it does not exist, the instant as far behind the gap as
 * the time lies in it (so a day whose midnight is missing begins at its first moment); where they go back and it comes
 * twice, the first one. This is `compatible` of Temporal, and RFC 5545 (3.3.5).
 *
 * @throws InvalidTimeError `zone` when the zone does not exist.
 */
export function instantOf(local: Temporal.PlainDateTime, timeZone: string): Date {
  return inZone(() => new Date(local.toZonedDateTime(timeZone).epochMilliseconds));
}

/**
 * What the clocks of the zone show at an instant.
 *
 * @throws InvalidTimeError `zone` when the zone does not exist.
 */
export function localTime(instant: Date, timeZone: string): Temporal.PlainDateTime {
  return inZone(() =>
    Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone).toPlainDateTime(),
  );
}

function inZone<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidTimeError('zone', 'There is no such time zone');
    throw error;
  }
}
