export function toMend(report: object, exceptions: readonly object[], today: string): string[];
