/** Does something again and again, never twice at once; stops no process from ending. */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isOver = false;

  /**
   * @param every milliseconds from the beginning of a round to the next, or until it has ended where that takes longer
   * @param work must not throw
   */
  constructor(
    private readonly every: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** @param delay milliseconds until the first round */
  begin(delay = this.every): void {
    if (this.isOver) return;
    this.timer = setTimeout(() => {
      const began = performance.now();
      this.running = this.work().finally(() => {
        this.running = undefined;
        this.begin(Math.max(0, this.every - (performance.now() - began)));
      });
    }, delay);
    this.timer.unref();
  }

  /** Begins no more; resolves when what runs has ended. */
  async end(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
