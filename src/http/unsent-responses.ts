import { OVERLOAD, type Refusal, requestError } from "../operation/request-error.ts";

/** How much of answers may be in memory at once, in bytes. */
export interface UnsentLimits {
  /** The longest answer of the graph. */
  readonly maxResponseBytes: number;
  /** What may be unsent of one caller before its new requests are turned away. */
  readonly maxUnsentBytesPerCaller: number;
  /** What may be unsent of all callers before all new requests are turned away. */
  readonly maxUnsentBytes: number;
}

/** Bytes of answers that are being written, or are written and not taken by their clients yet. */
export interface UnsentResponses {
  /** Whether so much is unsent that nothing new may be begun for this caller. */
  isFull(callerId: string): boolean;
  /** Begins to count one answer, with nothing. */
  answer(callerId: string): UnsentResponse;
  /** Of all callers together. */
  bytes(): number;
}

/** One answer that is counted until it has ended. */
export interface UnsentResponse {
  /**
   * Tells how long the answer is that is being written.
   *
   * @throws Refusal RESPONSE_TOO_LARGE; OVERLOADED where more is unsent than may be and one answer on top of it: requests that
   *   were begun together were let in before any of them was long
   */
  writing(bytes: number): void;
  /** Tells how much of a written answer waits for its client. It is counted as {@link LEAST_BYTES} at least. */
  waiting(bytes: number): void;
  end(): void;
}

/** Callers that have shown no key are counted together. */
export const ANONYMOUS = "";
/** What an answer that waits for its client takes at least: its connection, its head and what leads to them. In bytes. */
const LEAST_BYTES = 65_536;

export function createUnsentResponses(limits: UnsentLimits): UnsentResponses {
  const { maxResponseBytes, maxUnsentBytesPerCaller, maxUnsentBytes } = limits;
  const byCaller = new Map<string, number>();
  let total = 0;
  const isBeyond = (callerId: string, more: number) =>
    (byCaller.get(callerId) ?? 0) > maxUnsentBytesPerCaller + more || total > maxUnsentBytes + more;
  const add = (callerId: string, bytes: number) => {
    total += bytes;
    const ofCaller = (byCaller.get(callerId) ?? 0) + bytes;
    if (ofCaller === 0) byCaller.delete(callerId);
    else byCaller.set(callerId, ofCaller);
  };
  return {
    isFull: (callerId) => isBeyond(callerId, 0),
    answer: (callerId) => {
      let counted = 0;
      const set = (bytes: number) => {
        if (bytes === counted) return;
        add(callerId, bytes - counted);
        counted = bytes;
      };
      return {
        writing: (bytes) => {
          if (bytes > maxResponseBytes) throw tooLarge(maxResponseBytes);
          set(bytes);
          if (isBeyond(callerId, maxResponseBytes)) throw requestError("OVERLOADED", OVERLOAD.message, OVERLOAD.http);
        },
        waiting: (bytes) => set(Math.max(bytes, LEAST_BYTES)),
        end: () => set(0),
      };
    },
    bytes: () => total,
  };
}

function tooLarge(max: number): Refusal {
  const message = `The answer would be longer than ${max} bytes: ask for fewer objects, fields or buckets.`;
  return requestError("RESPONSE_TOO_LARGE", message, { status: 400 }, { max });
}
