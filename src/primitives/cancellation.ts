/** Signal by which callers cancel an operation: an AbortSignal, or a {@link SharedCancellation}. */
export interface CancellationSignal {
  readonly aborted: boolean;
  /** Reason of the cancellation; undefined before it. */
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * Signal of a call that several callers share.
 *
 * Cheaper than an AbortController: see docs/decisions/0013-usage-cache.md. Listeners run once, in the order in which
 * they were added.
 */
export class SharedCancellation implements CancellationSignal {
  aborted = false;
  reason: unknown = undefined;
  #listeners: readonly (() => void)[] = NO_LISTENERS;

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason ?? new DOMException("This operation was aborted", "AbortError");
    const listeners = this.#listeners;
    this.#listeners = NO_LISTENERS;
    for (const listener of listeners) listener();
  }
}

const NO_LISTENERS: readonly (() => void)[] = [];
