/** Limits how many hold a slot at once. The others wait in a queue: first come, first served. */
export class Semaphore {
  #size: number;
  #inUse = 0;
  readonly #queue: (() => void)[] = [];

  /** @param size number of slots: a whole number, or Infinity */
  constructor(size: number) {
    this.#size = size;
  }

  /** Slots in use. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Length of the queue. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Acquires a slot. Returns undefined if one is free, otherwise a promise of one. */
  acquire(): Promise<void> | undefined {
    if (this.#inUse >= this.#size) return new Promise((resolve) => this.#queue.push(resolve));
    this.#inUse += 1;
    return undefined;
  }

  /** Releases a slot. @param size number of slots from now on; unchanged by default */
  release(size: number = this.#size): void {
    this.#size = size;
    this.#inUse -= 1;
    while (this.#inUse < this.#size) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#inUse += 1;
      next();
    }
  }
}
