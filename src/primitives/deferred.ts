import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/**
 * Promise that is settled from outside.
 *
 * The promise itself is created on first use, so a value that is read directly costs none.
 */
export class Deferred<Value> {
  /** Value that it was resolved with; undefined until then. */
  value: Value | undefined;
  #error: unknown;
  #state: "PENDING" | "RESOLVED" | "REJECTED" = "PENDING";
  #promise: Promise<Value> | null = null;
  #resolve: ((value: Value) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;

  get promise(): Promise<Value> {
    this.#promise ??= this.#createPromise();
    return this.#promise;
  }

  get isPending(): boolean {
    return this.#state === "PENDING";
  }

  /** Resolves with the value, or with the outcome of a promise. Does nothing if it is settled already. */
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

  #createPromise(): Promise<Value> {
    if (this.#state === "RESOLVED") return Promise.resolve(this.value as Value);
    if (this.#state === "REJECTED") return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}
