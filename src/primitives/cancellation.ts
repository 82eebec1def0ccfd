/**
 * Tells whether those who wait for a call have left, and when they do: an AbortSignal, or {@link SharedCancellation}, which takes a
 * tenth of the time to make and to listen to.
 */
export interface CancellationSignal {
  readonly aborted: boolean;
  /** Why, once it is aborted. */
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A signal of our own, for a call that several wait for. Its listeners are told once, in their order. */
export class SharedCancellation implements CancellationSignal {
  aborted = false;
  reason: unknown = undefined;
  #listeners: readonly (() => void)[] = NOBODY;

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
    const told = this.#listeners;
    this.#listeners = NOBODY;
    for (const listener of told) listener();
  }
}

const NOBODY: readonly (() => void)[] = [];
