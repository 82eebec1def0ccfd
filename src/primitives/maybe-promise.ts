/**
 * A value, or a promise of one.
 *
 * Cached values are passed on as they are: see docs/decisions/0012-values-without-promises.md.
 */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Returns whether the value is a promise, or anything else with a method `then`. */
export function isPromise<Value>(value: MaybePromise<Value>): value is Promise<Value>;
export function isPromise(value: unknown): value is Promise<unknown>;
export function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}

/** Applies `next` to the value: at once if it is no promise. */
export function mapMaybe<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Returns all values: at once if none is a promise. */
export function allMaybe<Value>(values: readonly MaybePromise<Value>[]): MaybePromise<Value[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as Value[]);
}

/** Resolves when all promises have settled. Allocates less than `Promise.allSettled`. */
export function settleMaybe(promises: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    let pending = promises.length;
    const settled = () => {
      pending -= 1;
      if (pending === 0) resolve();
    };
    for (const promise of promises) promise.then(settled, settled);
    if (pending === 0) resolve();
  });
}
