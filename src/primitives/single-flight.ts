/**
 * Shares one call among all callers that arrive while it runs. Its result is not stored.
 *
 * A class, because caches create one for each of their entries.
 */
export class SingleFlight<Value> {
  readonly #call: (isCurrent: () => boolean) => Promise<Value>;
  #current: Promise<Value> | null = null;

  /** @param call receives a function that returns whether callers can still join the call; use it after the first `await` */
  constructor(call: (isCurrent: () => boolean) => Promise<Value>) {
    this.#call = call;
  }

  /** Call that runs now; null for none. */
  get current(): Promise<Value> | null {
    return this.#current;
  }

  /** Joins the call that runs now, or starts one. */
  run(): Promise<Value> {
    this.#current ??= this.#start();
    return this.#current;
  }

  /** Makes the next `run` start a new call. The one that runs now still settles for its callers. */
  detach(): void {
    this.#current = null;
  }

  #start(): Promise<Value> {
    const attempt: Promise<Value> = this.#call(() => this.#current === attempt).finally(() => {
      if (this.#current === attempt) this.#current = null;
    });
    return attempt;
  }
}
