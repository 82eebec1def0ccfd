/**
 * A value, or a promise of one. What is known already is given as it is: a page of 50 figures would else make hundreds of
 * promises, which take longer than the figures themselves.
 */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Also true for what is no `Promise`, but can be waited for. */
export function isPromise<Value>(value: MaybePromise<Value>): value is Promise<Value>;
export function isPromise(value: unknown): value is Promise<unknown>;
export function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}

/** What `next` makes of the value: at once where it is there. */
export function mapMaybe<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** All of the values: at once where they are all there. */
export function allMaybe<Value>(values: readonly MaybePromise<Value>[]): MaybePromise<Value[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as Value[]);
}

/** When all have settled, be it by failing. `Promise.allSettled` makes an object and two functions more for each. */
export function settleMaybe(promises: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    let missing = promises.length;
    const settled = () => {
      missing -= 1;
      if (missing === 0) resolve();
    };
    for (const promise of promises) promise.then(settled, settled);
    if (missing === 0) resolve();
  });
}

/** A promise that others settle. It is made when it is asked for: whoever finds the value there needs none. */
export class Deferred<Value> {
  /** What it was resolved with; undefined until it is there. */
  value: Value | undefined;
  #error: unknown;
  #state: "PENDING" | "RESOLVED" | "REJECTED" = "PENDING";
  #promise: Promise<Value> | null = null;
  #resolve: ((value: Value) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;

  get promise(): Promise<Value> {
    this.#promise ??= this.#made();
    return this.#promise;
  }

  get isPending(): boolean {
    return this.#state === "PENDING";
  }

  /** Another promise is waited for first. */
  resolve(value: MaybePromise<Value>): void {
    if (this.#state !== "PENDING") return;
    if (isPromise(value)) {
      value.then(
        (settled) => this.resolve(settled),
        (error) => this.reject(error),
      );
      return;
    }
    this.#state = "RESOLVED";
    this.value = value;
    this.#resolve?.(value);
  }

  reject(error: unknown): void {
    if (this.#state !== "PENDING") return;
    this.#state = "REJECTED";
    this.#error = error;
    this.#reject?.(error);
  }

  #made(): Promise<Value> {
    if (this.#state === "RESOLVED") return Promise.resolve(this.value as Value);
    if (this.#state === "REJECTED") return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}
