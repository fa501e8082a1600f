/** A sum with its lost low-order bits (Kahan and Neumaier), as Prometheus adds over time. */
export class CompensatedSum {
  private sum = 0;
  private lost = 0;

  add(value: number): void {
    const total = this.sum + value;
    this.lost += Math.abs(this.sum) >= Math.abs(value) ? this.sum - total + value : value - total + this.sum;
    this.sum = total;
  }

  /** Without what was lost. */
  get plain(): number {
    return this.sum;
  }

  get value(): number {
    return Math.abs(this.sum) === Infinity ? this.sum : this.sum + this.lost;
  }

  /** With what was lost, also where the sum is infinite. */
  get exact(): number {
    return this.sum + this.lost;
  }
}

/** The sum of all, in one loop: windows of days are added up every minute. */
export function sumOf(values: Float64Array): number {
  let [sum, lost] = [0, 0];
  for (const value of values) {
    const total = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
    sum = total;
  }
  return Math.abs(sum) === Infinity ? sum : sum + lost;
}

/** Whether a mean that is infinite already stays as it is with this value: the running formula would make it NaN. */
export const keepsInfinite = (mean: number, value: number): boolean =>
  Math.abs(mean) === Infinity && (Math.abs(value) === Infinity ? mean > 0 === value > 0 : !Number.isNaN(value));
