import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import pLimit, { type LimitFunction } from "p-limit";
import { ApplicationError } from "../model/errors.ts";

/** One write that must happen once, however often it is asked for. Its result names an object and is no secret. */
export interface IdempotentWrite {
  /** Whose key it is: keys of different callers never meet. */
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
  /** All that the outcome depends on; the same key with other input is refused. It is hashed, never kept. */
  readonly input: unknown;
  /** What the made object can be recognised by. Writes that are alike run one after the other, so none is taken for another. */
  readonly likeness: unknown;
  /** Tells the state before the change; that of the first attempt is handed to `recover`. No secret. */
  readonly before?: string;
  readonly perform: () => Promise<number>;
  /** Finds the object of an attempt whose answer was lost; null when there is none to be seen. */
  readonly recover: (attempt: Attempt) => Promise<number | null>;
}

/** An attempt whose outcome is not known. */
export interface Attempt {
  /** Milliseconds since the epoch, by the platform's clock. */
  readonly begunAt: number;
  /** What `before` was when it began. */
  readonly before: string | undefined;
  /** True for a result that another key of the same operation stands for already. */
  readonly isTaken: (result: number) => boolean;
}

/**
 * Remembers which write each key stands for. The platform makes a second token when a create is repeated, and a client
 * that lost an answer can only repeat: so it repeats to us, with the same key, and gets the first one's result.
 */
export interface IdempotencyStore {
  /**
   * Performs the write, or answers with what its key led to before. Requests with one key at the same time share one
   * attempt.
   *
   * @throws ApplicationError IDEMPOTENCY_MISMATCH for a key that came with other input before
   * @throws ApplicationError OUTCOME_UNKNOWN when an answer was lost and its object can't be found (yet)
   */
  run(write: IdempotentWrite): Promise<number>;
}

/** How long a key is remembered. */
export const KEYS_KEPT_MS = 86_400_000;
/** The most keys that are remembered. */
const MAX_KEYS = 100_000;
/** A request that was cut off may still be carried out for so long; after that, what is not there did not happen. */
export const SETTLING_MS = 10_000;

interface Entry {
  readonly inputHash: string;
  /** The result, or the attempt that is under way; null when its outcome is not known. */
  readonly outcome: number | Promise<number> | null;
  /** When the first attempt began that may have been carried out. */
  readonly begunAt: number;
  readonly before: string | undefined;
  /** When the last answer was lost; null while none was. */
  readonly lostAt: number | null;
}

/** Keeps keys in memory for a day: they do not outlive the process. */
export function createIdempotencyStore(now: () => number): IdempotencyStore {
  const kept = { max: MAX_KEYS, ttl: KEYS_KEPT_MS, perf: { now }, ttlResolution: 0 };
  const entries = new LRUCache<string, Entry>(kept);
  const taken = new LRUCache<string, true>(kept);
  const queues = new LRUCache<string, LimitFunction>({ max: MAX_KEYS });

  /** What became of an attempt whose answer was lost; null when it surely did not happen. */
  const settle = async ({ recover }: IdempotentWrite, earlier: Attempt, lostAt: number): Promise<number | null> => {
    const found = await recover(earlier);
    if (found !== null) return found;
    const settlesIn = lostAt + SETTLING_MS - now();
    if (settlesIn > 0) throw stillUnknown(settlesIn);
    return null;
  };

  const perform = async (write: IdempotentWrite, attempt: Attempt): Promise<number> => {
    try {
      return await write.perform();
    } catch (error) {
      if (!isUnknown(error)) throw error;
      // Mostly only the answer was lost. When looking for the object fails too, the first failure is the one to tell.
      const recovered = await write.recover(attempt).catch(() => null);
      if (recovered === null) throw error;
      return recovered;
    }
  };

  return {
    run: (write) => {
      const id = JSON.stringify([write.caller, write.operation, write.key]);
      const entry = entries.get(id);
      const inputHash = hash(write.input);
      if (entry && entry.inputHash !== inputHash) throw mismatch();
      if (entry && entry.outcome !== null) return Promise.resolve(entry.outcome);
      const { begunAt, before, lostAt } = entry ?? { begunAt: now(), before: write.before, lostAt: null };
      const attempt = { begunAt, before, isTaken: (result: number) => taken.has(`${write.operation}:${result}`) };
      const keep = (outcome: Entry["outcome"], lost = lostAt) =>
        entries.set(id, { inputHash, begunAt, before, outcome, lostAt: lost });

      const queue = remember(queues, `${write.operation}:${hash(write.likeness)}`, () => pLimit(1));
      const outcome = queue(async () => {
        let result: number | null = null;
        try {
          if (lostAt !== null) result = await settle(write, attempt, lostAt);
        } catch (error) {
          // As long as the earlier attempt can't be looked for, the key stands for it.
          keep(null);
          throw error;
        }
        try {
          result ??= await perform(write, attempt);
        } catch (error) {
          if (isUnknown(error)) keep(null, now());
          else entries.delete(id);
          throw error;
        }
        keep(result);
        taken.set(`${write.operation}:${result}`, true);
        return result;
      });
      keep(outcome);
      return outcome;
    },
  };
}

function isUnknown(error: unknown): boolean {
  return error instanceof ApplicationError && error.code === "OUTCOME_UNKNOWN";
}

function mismatch(): ApplicationError {
  return new ApplicationError("IDEMPOTENCY_MISMATCH", "This idempotency key was used with other input.", {
    argument: "input.idempotencyKey",
  });
}

function stillUnknown(waitMs: number): ApplicationError {
  return new ApplicationError(
    "OUTCOME_UNKNOWN",
    "An earlier request with this key lost its answer, and may still be carried out. Ask again in a few seconds.",
    { argument: "input.idempotencyKey", retryAfterSeconds: Math.ceil(waitMs / 1000) },
  );
}

function remember<Value extends object>(cache: LRUCache<string, Value>, key: string, make: () => Value): Value {
  const known = cache.get(key) ?? make();
  cache.set(key, known);
  return known;
}

function hash(input: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(input)) ?? "")
    .digest("base64");
}

/** The same input whatever the order in which the client wrote its fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  );
}
