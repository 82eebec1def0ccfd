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
export function whenThere<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** All of the values: at once where they are all there. */
export function allThere<Value>(values: readonly MaybePromise<Value>[]): MaybePromise<Value[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as Value[]);
}

/** When all have settled, be it by failing. `Promise.allSettled` makes an object and two functions more for each. */
export function whenSettled(promises: readonly Promise<unknown>[]): Promise<void> {
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

/** A promise that others settle. */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  /** What it was resolved with, unless that was another promise. */
  value: Value | undefined;
  reject!: (error: unknown) => void;
  #resolve!: (value: MaybePromise<Value>) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.reject = reject;
    });
  }

  resolve(value: MaybePromise<Value>): void {
    if (!isPromise(value)) this.value = value;
    this.#resolve(value);
  }
}
