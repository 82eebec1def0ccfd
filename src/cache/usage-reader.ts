import { SharedCancellation } from "../primitives/cancellation.ts";

/**
 * Reader of usage: one request, or a job. Leaves the calls that it waits for when its client disconnects.
 *
 * Holds its calls itself, and listens to its signal once: see docs/decisions/0013-usage-cache.md.
 */
export class UsageReader {
  readonly signal: AbortSignal | undefined;
  readonly onStale: (asOf: number) => void;
  readonly #calls = new Set<SharedCall>();

  /**
   * @param signal aborted when the client disconnects; undefined for a reader that cannot leave
   * @param onStale called with the time at which stale usage was read, in milliseconds since the epoch
   */
  constructor(signal: AbortSignal | undefined, onStale: (asOf: number) => void) {
    this.signal = signal;
    this.onStale = onStale;
  }

  /** Waits for the call, unless the client has disconnected. */
  join(call: SharedCall): void {
    if (!call.add(this) || !this.signal) return;
    this.#calls.add(call);
    if (this.signal.aborted) call.remove(this);
    else if (this.#calls.size === 1) this.signal.addEventListener("abort", () => this.#leaveAll(), { once: true });
  }

  #leaveAll(): void {
    for (const call of this.#calls) call.remove(this);
  }
}

/** Call of the platform that several readers wait for. It is cancelled when the last one leaves. */
export class SharedCall {
  readonly cancellation = new SharedCancellation();
  /** Readers that wait for the call, each once. */
  readonly readers: UsageReader[] = [];

  /** Adds a reader, and returns whether it is new. */
  add(reader: UsageReader): boolean {
    if (this.readers.includes(reader)) return false;
    this.readers.push(reader);
    return true;
  }

  remove(reader: UsageReader): void {
    const index = this.readers.indexOf(reader);
    if (index >= 0) this.readers.splice(index, 1);
    if (this.readers.length === 0) this.cancellation.abort(reader.signal?.reason);
  }
}
