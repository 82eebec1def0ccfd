import { createHash, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import pLimit, { type LimitFunction } from "p-limit";
import { ApplicationError, ConflictError } from "../model/errors.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import type { IdempotencyKeyStore } from "./idempotency-keys.ts";
import type { IdempotencyKeyRecord } from "./records.ts";
import { ResultTakenError } from "./store-error.ts";

/** Identity of a write. Equal keys of different callers or operations are different writes. */
export interface WriteKey {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
}

/**
 * Write that must happen once, however often it is requested.
 *
 * Its result is the id of an object, and no secret.
 */
export interface IdempotentWrite extends WriteKey {
  /** Everything that the outcome depends on, stored as a hash. The same key with other input is rejected. */
  readonly input: unknown;
  /** Settings that recognize the created object. Writes with equal settings run one after the other. */
  readonly fingerprint: unknown;
  /**
   * Kind of the created object, whose id is the result: `SubscribeToken`. An object belongs to one key among those of all
   * operations and callers. Without a kind, several keys may have one result.
   */
  readonly creates?: string | undefined;
  /**
   * Settings that recognize the tokens which the write may leave behind if it is interrupted; undefined if it leaves none.
   * Stored as they are, so they must not contain a secret.
   */
  readonly mayLeave?: unknown;
  /** State before the change, without secrets. `recover` receives that of the first attempt. */
  readonly before?: string;
  readonly perform: () => Promise<string>;
  /** Finds the object of an attempt whose response was lost; null if none is visible. */
  readonly recover: (attempt: Attempt) => Promise<string | null>;
}

/** Write without a known outcome and without an owner, which may have left a token behind. */
export interface UnsettledWrite extends WriteKey {
  readonly mayLeave: unknown;
  /** Milliseconds since the epoch, by the gateway's own clock. */
  readonly begunAt: number;
  /** Instant after which the platform performs nothing more of the write; null if it is unknown. */
  readonly settledAt: number | null;
}

/** Attempt whose outcome is unknown. */
export interface Attempt {
  /** Milliseconds since the epoch, by the gateway's own clock. */
  readonly begunAt: number;
  /** Value of `before` when the attempt began. */
  readonly before: string | undefined;
  /** False in the request that lost the response; true if the key was sent again. */
  readonly isRepeated: boolean;
  /** Returns whether another key has claimed an object of the write's kind. */
  readonly isTaken: (result: string) => Promise<boolean>;
  /**
   * Returns whether another write with equal settings has lost its response too, so that either may have
   * created an object.
   */
  readonly hasRival: () => Promise<boolean>;
}

/**
 * Performs each write once per idempotency key.
 *
 * The platform creates a second token if a create is repeated, and a client that lost a response can only repeat it. With
 * the same key it gets the result of the first request.
 */
export interface IdempotencyStore {
  /**
   * Performs the write, or returns the earlier result of its key, also if a gateway ended in the middle of it.
   *
   * Concurrent requests with one key share one attempt.
   *
   * @throws ApplicationError IDEMPOTENCY_MISMATCH if the key was used with other input
   * @throws ApplicationError OUTCOME_UNKNOWN if a response was lost and the object cannot be found yet
   * @throws ConflictError if another gateway performs this write, or one with equal settings
   * @throws StoreError
   */
  run(write: IdempotentWrite): Promise<string>;
  /** Returns whether a write with the key has begun, whatever its outcome. @throws StoreError */
  knows(key: WriteKey): Promise<boolean>;
  /**
   * Returns whether the result came from the response to the write itself.
   *
   * An object found by its settings after a lost response may have been created elsewhere: a roll-back must not delete it.
   */
  isAnswered(key: WriteKey): Promise<boolean>;
  /** Returns the writes that may have left a token behind, the oldest first. */
  unsettled(): Promise<UnsettledWrite[]>;
  /** Returns the objects of the finished steps of a write, as kind and id: `SubscribeToken 12`. */
  finishedSteps(write: WriteKey): Promise<string[]>;
  /** Returns whether a key has claimed the object, given as kind and id: `SubscribeToken 12`. */
  isTaken(object: string): Promise<boolean>;
  /** Deletes a key whose result was rolled back. */
  forget(key: WriteKey): Promise<void>;
}

/** Retention of a key, in milliseconds. */
export const KEY_RETENTION_MS = 86_400_000;
/** Retention of a key whose write may have left a token behind, in milliseconds. */
const UNSETTLED_RETENTION_MS = 30 * KEY_RETENTION_MS;
/** Time after a lost response in which the platform may still perform the request, in milliseconds. */
export const SETTLE_GRACE_MS = 10_000;
/** Time after which a lease expires unless it is renewed, in milliseconds. */
export const LEASE_MS = 30_000;
/** Interval between renewals of a lease, in milliseconds. */
const RENEW_INTERVAL_MS = 10_000;
/** Interval between deletions of expired keys, in milliseconds. */
const DELETE_INTERVAL_MS = 3_600_000;
/** Maximum number of queues of writes with equal settings. */
const MAX_QUEUES = 10_000;

/** Write that this process performs now. */
interface InFlightWrite {
  readonly inputHash: string;
  readonly outcome: Promise<string>;
}

/**
 * Creates the idempotency store.
 *
 * A key is stored before its write begins, so that it is known afterwards whether the write may have happened.
 *
 * @param now the gateway's own clock; other gateways of the store use theirs
 */
export function createIdempotencyStore(
  keys: IdempotencyKeyStore,
  now: () => number,
  monotonicMs: () => number = now,
): IdempotencyStore {
  const owner = randomUUID();
  const inFlight = new Map<string, InFlightWrite>();
  const queues = new LRUCache<string, LimitFunction>(boundedLru(MAX_QUEUES));
  let deletedAt = Number.NEGATIVE_INFINITY;

  const deleteExpired = () => {
    if (monotonicMs() < deletedAt + DELETE_INTERVAL_MS) return;
    deletedAt = monotonicMs();
    // An expired key conflicts with no write, so a failed deletion can wait for the next one.
    keys.deleteExpired(now()).catch(() => undefined);
  };

  const once = async (write: IdempotentWrite, id: string, inputHash: string): Promise<string> => {
    deleteExpired();
    const fresh = freshRecord(write, id, inputHash);
    const conflict = await keys.begin(fresh, fresh.begunAt);
    if (conflict === null) return leased(write, fresh, null);
    if (conflict.id === id && conflict.inputHash !== inputHash) throw mismatch();
    if (conflict.id === id && conflict.result !== null) return conflict.result;
    const isLeased = conflict.id === id && (await keys.lease(id, owner, now(), now() + LEASE_MS));
    if (!isLeased) throw inFlightElsewhere(conflict.leasedUntil ?? now(), now());
    // A workflow that continues after its steps have expired would create their tokens again.
    await keys.keep(await stepIds(write), now() + KEY_RETENTION_MS);
    return leased(write, conflict, { lostAt: conflict.owner === null ? conflict.lostAt : conflict.leasedUntil });
  };

  const stepIds = async ({ caller, operation, key }: WriteKey) =>
    (await keys.finishedSteps(operation)).map(({ id }) => id).filter((id) => isOf(id, caller, key));

  const freshRecord = (write: IdempotentWrite, id: string, inputHash: string): IdempotencyKeyRecord => ({
    id,
    operation: write.operation,
    fingerprint: fingerprintOf(write),
    inputHash,
    before: write.before ?? null,
    mayLeave: write.mayLeave === undefined ? null : JSON.stringify(write.mayLeave),
    result: null,
    claim: null,
    isRecovered: 0,
    begunAt: now(),
    finishedAt: null,
    lostAt: null,
    owner,
    leasedUntil: now() + LEASE_MS,
    expiresAt: now() + (write.mayLeave === undefined ? KEY_RETENTION_MS : UNSETTLED_RETENTION_MS),
  });

  /**
   * Continues a write under a lease: searches for the object of an earlier attempt, and performs the
   * write if there is none.
   */
  const leased = async (
    write: IdempotentWrite,
    record: IdempotencyKeyRecord,
    earlier: Lost | null,
  ): Promise<string> => {
    const { id, begunAt, before } = record;
    const attempt = {
      begunAt,
      before: before ?? undefined,
      isRepeated: earlier !== null,
      isTaken: (result: string) => keys.isTaken(claimOf(write, result) ?? ""),
      hasRival: () => keys.hasRival(id),
    };
    const renewal = setInterval(() => {
      keys.lease(id, owner, now(), now() + LEASE_MS).catch(() => undefined);
    }, RENEW_INTERVAL_MS).unref();
    try {
      const settled = earlier && (await settle(write, id, attempt, earlier));
      const outcome = settled ?? (await perform(write, id, { ...attempt, isRepeated: false }));
      await finish(write, id, outcome);
      return outcome.result;
    } finally {
      clearInterval(renewal);
    }
  };

  /** Returns the outcome of an attempt whose response was lost; null if it certainly did not happen. */
  const settle = async (write: IdempotentWrite, id: string, attempt: Attempt, { lostAt }: Lost) => {
    // A gateway that ended in the middle recorded no time; it ended before its lease did.
    const lost = lostAt ?? now();
    try {
      const found = await write.recover(attempt);
      if (found !== null) return { result: found, isRecovered: true };
      const settlesIn = lost + SETTLE_GRACE_MS - now();
      if (settlesIn > 0) throw stillUnknown(settlesIn);
      return null;
    } catch (error) {
      // While the earlier attempt cannot be searched for, the key stays with it.
      await keys.lose(id, lost);
      throw error;
    }
  };

  const perform = async (write: IdempotentWrite, id: string, attempt: Attempt): Promise<Outcome> => {
    try {
      return { result: await write.perform(), isRecovered: false };
    } catch (error) {
      if (!isUnknown(error)) {
        // A key that cannot be deleted now counts as a lost attempt, which is settled when the key is sent again.
        await keys.forget(id).catch(() => undefined);
        throw error;
      }
      // Usually only the response was lost. If the search for the object fails as well, the first error is thrown; so is any
      // bug of the gateway.
      const isLost = error instanceof ApplicationError;
      const recovered = isLost ? await write.recover(attempt).catch(() => null) : null;
      if (recovered !== null) return { result: recovered, isRecovered: true };
      await keys.lose(id, now()).catch(() => undefined);
      throw error;
    }
  };

  const finish = async (write: IdempotentWrite, id: string, { result, isRecovered }: Outcome): Promise<void> => {
    const finishedAt = now();
    const ending = { result, claim: claimOf(write, result), isRecovered: isRecovered ? 1 : 0, finishedAt };
    try {
      await keys.finish(id, { ...ending, expiresAt: finishedAt + KEY_RETENTION_MS });
    } catch (error) {
      if (!(error instanceof ResultTakenError)) throw error;
      // Another gateway has claimed the object meanwhile: that of this key is still to be found.
      await keys.lose(id, finishedAt);
      throw stillUnknown(SETTLE_GRACE_MS);
    }
  };

  return {
    run: async (write) => {
      const id = idOf(write);
      const inputHash = hash(write.input);
      const current = inFlight.get(id);
      if (current && current.inputHash !== inputHash) throw mismatch();
      if (current) return current.outcome;
      const queue = getOrCreate(queues, fingerprintOf(write), () => pLimit(1));
      const outcome = queue(() => once(write, id, inputHash)).finally(() => inFlight.delete(id));
      inFlight.set(id, { inputHash, outcome });
      return outcome;
    },
    knows: async (key) => inFlight.has(idOf(key)) || keys.knows(idOf(key), now()),
    isAnswered: (key) => keys.isAnswered(idOf(key)),
    unsettled: async () => (await keys.unsettled(now(), now() - SETTLE_GRACE_MS)).map(unsettledWrite),
    finishedSteps: async ({ caller, operation, key }) => {
      const steps = await keys.finishedSteps(operation);
      return steps.filter(({ id }) => isOf(id, caller, key)).map(({ claim }) => claim);
    },
    isTaken: keys.isTaken,
    forget: (key) => keys.forget(idOf(key)),
  };
}

/** Outcome of a write: the result, and whether it was found after the response was lost. */
interface Outcome {
  readonly result: string;
  readonly isRecovered: boolean;
}

/**
 * Returns the fingerprint of a write as it is stored: equal for writes of all operations that create objects of one kind
 * with equal settings.
 */
function fingerprintOf({ creates, operation, fingerprint }: IdempotentWrite): string {
  return hash([creates ?? operation, fingerprint]);
}

/** Returns the claim of the created object; null for a write that creates none itself. */
function claimOf({ creates }: IdempotentWrite, result: string): string | null {
  return creates === undefined ? null : `${creates} ${result}`;
}

/** Loss of a response; the time is null if it was not recorded. */
interface Lost {
  readonly lostAt: number | null;
}

function idOf({ caller, operation, key }: WriteKey): string {
  return JSON.stringify([caller, operation, key]);
}

function parseId(id: string): WriteKey {
  const [caller, operation, key] = JSON.parse(id) as readonly [string, string, string];
  return { caller, operation, key };
}

function isOf(id: string, caller: string, key: string): boolean {
  const parsed = parseId(id);
  return parsed.caller === caller && parsed.key === key;
}

function unsettledWrite({ id, mayLeave, begunAt, lostAt, leasedUntil }: IdempotencyKeyRecord): UnsettledWrite {
  const lost = lostAt ?? leasedUntil;
  return {
    ...parseId(id),
    mayLeave: JSON.parse(mayLeave ?? "null"),
    begunAt,
    settledAt: lost === null ? null : lost + SETTLE_GRACE_MS,
  };
}

/**
 * Returns whether the platform may have performed the write: a bug of the gateway may occur before or
 * after it.
 */
function isUnknown(error: unknown): boolean {
  return !(error instanceof ApplicationError) || error.code === "OUTCOME_UNKNOWN";
}

function mismatch(): ApplicationError {
  return new ApplicationError(
    "IDEMPOTENCY_MISMATCH",
    "`input.idempotencyKey` must be new for each input; this key was used with other input.",
    {
      argument: "input.idempotencyKey",
    },
  );
}

function inFlightElsewhere(leasedUntil: number, now: number): ConflictError {
  return new ConflictError(
    "Another request with this key, or for the same object, is running. Repeat the request in a few seconds.",
    {
      argument: "input.idempotencyKey",
      retryAfterSeconds: Math.max(1, Math.ceil((leasedUntil - now) / 1000)),
    },
  );
}

function stillUnknown(waitMs: number): ApplicationError {
  return new ApplicationError(
    "OUTCOME_UNKNOWN",
    "An earlier request with this key lost its response and may still be performed. Repeat the request in a few seconds.",
    { argument: "input.idempotencyKey", retryAfterSeconds: Math.ceil(waitMs / 1000) },
  );
}

function getOrCreate<Value extends object>(cache: LRUCache<string, Value>, key: string, create: () => Value): Value {
  const value = cache.get(key) ?? create();
  cache.set(key, value);
  return value;
}

function hash(input: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sortFields(input)) ?? "")
    .digest("base64");
}

/** Returns the input with sorted fields, so that their order does not change its hash. */
function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sortFields(field)]),
  );
}
