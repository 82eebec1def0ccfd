import { ApplicationError, type ErrorCode } from "../model/errors.ts";

/** Limits on the response bytes that may be in memory at once. */
export interface UnsentLimits {
  /** Largest response of the graph, in bytes. */
  readonly maxResponseBytes: number;
  /** Unsent bytes of one caller above which its new requests are rejected. */
  readonly maxUnsentBytesPerCaller: number;
  /** Unsent bytes of all callers above which every new request is rejected. */
  readonly maxUnsentBytes: number;
}

/** Counts the bytes of responses that are being written, or are written and not yet received by their clients. */
export interface UnsentResponses {
  /** Returns whether new requests of this caller must be rejected. */
  isFull(callerId: string): boolean;
  /** Starts counting one response, at 0 bytes. */
  track(callerId: string): UnsentResponse;
  /** Returns the unsent bytes of all callers together. */
  bytes(): number;
}

/** One response, counted until `end` is called. */
export interface UnsentResponse {
  /**
   * Sets the length of the response that is being written.
   *
   * @throws ResponseLimitError RESPONSE_TOO_LARGE beyond the limit of one response; OVERLOADED where a limit of unsent bytes is
   *   exceeded by more than one response, which requests that started together can do
   */
  writing(bytes: number): void;
  /** Sets the bytes that wait for the client, counted as {@link MIN_WAITING_BYTES} at least. */
  waiting(bytes: number): void;
  end(): void;
}

/** A response that would exceed a limit of response bytes. */
export class ResponseLimitError extends ApplicationError {
  constructor(code: Extract<ErrorCode, "OVERLOADED" | "RESPONSE_TOO_LARGE">, message: string, facts = {}) {
    super(code, message, facts);
  }
}

/** Identifies callers without a key, who are counted together. */
export const ANONYMOUS = "";
export const OVERLOADED_MESSAGE = "The gateway is overloaded. Try again in a second.";
/** Memory that a waiting response takes at least, in bytes: its connection, its head and what references them. */
const MIN_WAITING_BYTES = 65_536;

export function createUnsentResponses(limits: UnsentLimits): UnsentResponses {
  const { maxResponseBytes, maxUnsentBytesPerCaller, maxUnsentBytes } = limits;
  const bytesByCaller = new Map<string, number>();
  let totalBytes = 0;
  const exceeds = (callerId: string, tolerance: number) =>
    (bytesByCaller.get(callerId) ?? 0) > maxUnsentBytesPerCaller + tolerance || totalBytes > maxUnsentBytes + tolerance;
  const add = (callerId: string, bytes: number) => {
    totalBytes += bytes;
    const callerBytes = (bytesByCaller.get(callerId) ?? 0) + bytes;
    if (callerBytes === 0) bytesByCaller.delete(callerId);
    else bytesByCaller.set(callerId, callerBytes);
  };
  return {
    isFull: (callerId) => exceeds(callerId, 0),
    track: (callerId) => {
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
          if (exceeds(callerId, maxResponseBytes)) throw new ResponseLimitError("OVERLOADED", OVERLOADED_MESSAGE);
        },
        waiting: (bytes) => set(Math.max(bytes, MIN_WAITING_BYTES)),
        end: () => set(0),
      };
    },
    bytes: () => totalBytes,
  };
}

function tooLarge(max: number): ResponseLimitError {
  const message = `The response must be at most ${max} bytes long: request fewer objects, fields or buckets.`;
  return new ResponseLimitError("RESPONSE_TOO_LARGE", message, { max });
}
