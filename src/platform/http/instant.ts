import { registerDecorator } from 'class-validator';

const INSTANT = /^(\d{4}-\d\d-\d\d)(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d))?$/;

/** Whether a text is a day, or a time with its zone, that really exists: what PostgreSQL and JavaScript agree on. */
export function isInstant(value: unknown): value is string {
  const [, day = ''] = typeof value === 'string' ? (INSTANT.exec(value) ?? []) : [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // V8 takes 30 February for 2 March.
  return !day.startsWith('0') && !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

/** The same with its zone: days begin in UTC. */
export const withZone = (instant: string): string => (instant.includes('T') ? instant : `${instant}T00:00:00Z`);

/** A field that is a day, or a time with its zone. */
export function IsInstant(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isInstant',
      target: target.constructor,
      propertyName: String(property),
      options: { message: '$property must be a time with its zone, or a day' },
      validator: { validate: isInstant },
    });
  };
}
