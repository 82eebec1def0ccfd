/** Room for so many at once. The others wait in line: first come, first served. */
export class Semaphore {
  #size: number;
  #inUse = 0;
  readonly #line: (() => void)[] = [];

  /** @param size a whole number, or Infinity */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many are in. */
  get inUse(): number {
    return this.#inUse;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes a place: at once, which is told by undefined, or when its turn comes. */
  acquire(): Promise<void> | undefined {
    if (this.#inUse >= this.#size) return new Promise((resolve) => this.#line.push(resolve));
    this.#inUse += 1;
    return undefined;
  }

  /** Gives a place back. @param size how much room there is from now on; as much as before when it is left out */
  release(size: number = this.#size): void {
    this.#size = size;
    this.#inUse -= 1;
    while (this.#inUse < this.#size) {
      const next = this.#line.shift();
      if (!next) return;
      this.#inUse += 1;
      next();
    }
  }
}
