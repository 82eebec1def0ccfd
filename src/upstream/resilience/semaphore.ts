/** Room for so many at once. The others wait in line: first come, first served. */
export class Room {
  #size: number;
  #taken = 0;
  readonly #line: (() => void)[] = [];

  /** @param size a whole number, or Infinity */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many are in. */
  get taken(): number {
    return this.#taken;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes a place: at once, which is told by undefined, or when its turn comes. */
  enter(): Promise<void> | undefined {
    if (this.#taken >= this.#size) return new Promise((resolve) => this.#line.push(resolve));
    this.#taken += 1;
    return undefined;
  }

  /** Gives a place back. @param size how much room there is from now on; as much as before when it is left out */
  leave(size: number = this.#size): void {
    this.#size = size;
    this.#taken -= 1;
    while (this.#taken < this.#size) {
      const next = this.#line.shift();
      if (!next) return;
      this.#taken += 1;
      next();
    }
  }
}
