import { createHash, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import pLimit, { type LimitFunction } from "p-limit";
import { ApplicationError, ConflictError } from "../model/errors.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import type { IdempotencyKeyStore } from "./idempotency-keys.ts";
import type { IdempotencyKeyRecord } from "./records.ts";
import { ResultTakenError } from "./store-error.ts";

/** Which write: keys of different callers and operations never meet. */
export interface WriteKey {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
}

/** One write that must happen once, however often it is asked for. Its result names an object and is no secret. */
export interface IdempotentWrite extends WriteKey {
  /** All that the outcome depends on; the same key with other input is refused. It is hashed, never kept. */
  readonly input: unknown;
  /** What the made object can be recognised by. Writes that are alike run one after the other, so none is taken for another. */
  readonly likeness: unknown;
  /**
   * Kind of the object that the write itself makes, and that its result is the id of: `SubscribeToken`. One object has one
   * key, whichever operation and caller the key belongs to. Left out, several keys may have one result.
   */
  readonly makes?: string | undefined;
  /**
   * What the tokens are recognised by that the write may leave behind when it is cut off. It is kept as it is, so it holds no
   * secret. Left out for a write that leaves no token behind.
   */
  readonly mayLeave?: unknown;
  /** Tells the state before the change; that of the first attempt is handed to `recover`. No secret. */
  readonly before?: string;
  readonly perform: () => Promise<string>;
  /** Finds the object of an attempt whose answer was lost; null when there is none to be seen. */
  readonly recover: (attempt: Attempt) => Promise<string | null>;
}

/** A write that may have left a token behind: its outcome was never told, and no gateway is at it. */
export interface UnsettledWrite extends WriteKey {
  readonly mayLeave: unknown;
  /** Milliseconds since the epoch, by the gateway's own clock. */
  readonly begunAt: number;
  /** After this instant the platform has carried out nothing of it; null where nobody can tell. */
  readonly settledAt: number | null;
}

/** An attempt whose outcome is not known. */
export interface Attempt {
  /** Milliseconds since the epoch, by the gateway's own clock. */
  readonly begunAt: number;
  /** What `before` was when it began. */
  readonly before: string | undefined;
  /** False while the request that lost the answer is still running; true when the key came again. */
  readonly isRepeated: boolean;
  /** True for an object of the write's kind that another key has, whichever operation made it. */
  readonly isTaken: (result: string) => Promise<boolean>;
  /** True while another write that is alike has lost its answer too: what is found may have been made by either. */
  readonly hasRival: () => Promise<boolean>;
}

/**
 * Remembers which write each key stands for. The platform makes a second token when a create is repeated, and a client
 * that lost an answer can only repeat: so it repeats to us, with the same key, and gets the first one's result.
 */
export interface IdempotencyStore {
  /**
   * Performs the write, or answers with what its key led to before, also when a gateway ended in the middle of it. Requests
   * with one key at the same time share one attempt.
   *
   * @throws ApplicationError IDEMPOTENCY_MISMATCH for a key that came with other input before
   * @throws ApplicationError OUTCOME_UNKNOWN when an answer was lost and its object can't be found (yet)
   * @throws ConflictError when another gateway is at this write, or at one that is alike
   * @throws StoreError
   */
  run(write: IdempotentWrite): Promise<string>;
  /** True when the key stands for a write that has begun, whatever became of it. */
  knows(key: WriteKey): Promise<boolean>;
  /**
   * True when the answer to the key's own write told the object. An object that was found by its settings after a lost answer
   * may have been made elsewhere, so a roll-back must not delete it.
   */
  isAnswered(key: WriteKey): Promise<boolean>;
  /** Returns the writes that may have left a token behind, the oldest first. */
  unsettled(): Promise<UnsettledWrite[]>;
  /** Returns the objects of the write's steps that are finished: kind and id, as in `SubscribeToken 12`. */
  finishedSteps(write: WriteKey): Promise<string[]>;
  /** True when a key has made this object: kind and id, as in `SubscribeToken 12`. */
  isTaken(object: string): Promise<boolean>;
  /** Lets a key stand for nothing, when what it made was taken back. */
  forget(key: WriteKey): Promise<void>;
}

/** How long a key is remembered. */
export const KEY_RETENTION_MS = 86_400_000;
/** How long the key of a write is remembered that may have left a token behind. */
export const UNSETTLED_KEPT_MS = 30 * KEY_RETENTION_MS;
/** A request that was cut off may still be carried out for so long; after that, what is not there did not happen. */
export const SETTLE_GRACE_MS = 10_000;
/** How long a gateway that tells nothing more of itself is believed to be at a write. */
export const LEASE_MS = 30_000;
/** How often a gateway tells that it is still at one. */
const RENEW_EVERY_MS = 10_000;
/** Expired keys are deleted this often. */
const SWEEP_EVERY_MS = 3_600_000;
/** The most kinds of writes whose order is kept. */
const MAX_QUEUES = 10_000;

/** What a write is known by while it is under way in this process. */
interface UnderWay {
  readonly inputHash: string;
  readonly outcome: Promise<string>;
}

/**
 * Keeps keys in the store for a day. A key is written before its write begins, so that it is known for sure afterwards
 * whether one may have happened.
 *
 * @param now the gateway's own clock, in milliseconds since the epoch: other gateways of the store go by theirs
 * @param monotonicMs milliseconds since any fixed moment, by a clock that only goes forward
 */
export function createIdempotencyStore(
  keys: IdempotencyKeyStore,
  now: () => number,
  monotonicMs: () => number = now,
): IdempotencyStore {
  const owner = randomUUID();
  const inFlight = new Map<string, UnderWay>();
  const queues = new LRUCache<string, LimitFunction>(boundedLru(MAX_QUEUES));
  let sweptAt = Number.NEGATIVE_INFINITY;

  const sweep = () => {
    if (monotonicMs() < sweptAt + SWEEP_EVERY_MS) return;
    sweptAt = monotonicMs();
    // A key that has expired stands in nobody's way: deleting it can wait for the next time.
    keys.deleteExpired(now()).catch(() => undefined);
  };

  const once = async (write: IdempotentWrite, id: string, inputHash: string): Promise<string> => {
    sweep();
    const fresh = freshRecord(write, id, inputHash);
    const standing = await keys.begin(fresh, fresh.begunAt);
    if (standing === null) return leased(write, fresh, null);
    if (standing.id === id && standing.inputHash !== inputHash) throw mismatch();
    if (standing.id === id && standing.result !== null) return standing.result;
    const isFree = standing.id === id && (await keys.lease(id, owner, now(), now() + LEASE_MS));
    if (!isFree) throw inFlightElsewhere(standing.leasedUntil ?? now(), now());
    // A workflow that goes on after its steps have expired would make their tokens a second time.
    await keys.keep(await stepIds(write), now() + KEY_RETENTION_MS);
    return leased(write, standing, { lostAt: standing.owner === null ? standing.lostAt : standing.leasedUntil });
  };

  const stepIds = async ({ caller, operation, key }: WriteKey) =>
    (await keys.finishedSteps(operation)).map(({ id }) => id).filter((id) => isOf(id, caller, key));

  const freshRecord = (write: IdempotentWrite, id: string, inputHash: string): IdempotencyKeyRecord => ({
    id,
    operation: write.operation,
    likeness: fingerprintOf(write),
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
    expiresAt: now() + (write.mayLeave === undefined ? KEY_RETENTION_MS : UNSETTLED_KEPT_MS),
  });

  /** Goes on with a write that no other gateway is at: looks for what an earlier attempt made, and performs it if it is not there. */
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
    }, RENEW_EVERY_MS).unref();
    try {
      const settled = earlier && (await settle(write, id, attempt, earlier));
      const made = settled ?? (await perform(write, id, { ...attempt, isRepeated: false }));
      await finish(write, id, made);
      return made.result;
    } finally {
      clearInterval(renewal);
    }
  };

  /** What became of an attempt whose answer was lost; null when it surely did not happen. */
  const settle = async (write: IdempotentWrite, id: string, attempt: Attempt, { lostAt }: Lost) => {
    // A gateway that ended in the middle could not tell when it did: at the latest when its lease was over.
    const lost = lostAt ?? now();
    try {
      const found = await write.recover(attempt);
      if (found !== null) return { result: found, isRecovered: true };
      const settlesIn = lost + SETTLE_GRACE_MS - now();
      if (settlesIn > 0) throw stillUnknown(settlesIn);
      return null;
    } catch (error) {
      // As long as the earlier attempt can't be looked for, the key stands for it.
      await keys.lose(id, lost);
      throw error;
    }
  };

  const perform = async (write: IdempotentWrite, id: string, attempt: Attempt): Promise<Made> => {
    try {
      return { result: await write.perform(), isRecovered: false };
    } catch (error) {
      if (!isUnknown(error)) {
        // A key that can't be forgotten now stands for a lost attempt, and is settled when it is repeated.
        await keys.forget(id).catch(() => undefined);
        throw error;
      }
      // Mostly only the answer was lost. When looking for the object fails too, the first failure is the one to tell; and a
      // fault of ours is told in any case.
      const isLost = error instanceof ApplicationError;
      const recovered = isLost ? await write.recover(attempt).catch(() => null) : null;
      if (recovered !== null) return { result: recovered, isRecovered: true };
      await keys.lose(id, now()).catch(() => undefined);
      throw error;
    }
  };

  const finish = async (write: IdempotentWrite, id: string, { result, isRecovered }: Made): Promise<void> => {
    const finishedAt = now();
    const ending = { result, claim: claimOf(write, result), isRecovered: isRecovered ? 1 : 0, finishedAt };
    try {
      await keys.finish(id, { ...ending, expiresAt: finishedAt + KEY_RETENTION_MS });
    } catch (error) {
      if (!(error instanceof ResultTakenError)) throw error;
      // While this gateway was held up, another one took the object for its own: this key's own is still to be found.
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
      const queue = remember(queues, fingerprintOf(write), () => pLimit(1));
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

/** What came of a write: the result, and whether it was found after the answer was lost. */
interface Made {
  readonly result: string;
  readonly isRecovered: boolean;
}

/** Writes that make objects of one kind are compared with each other, whichever operation they belong to. */
function fingerprintOf({ makes, operation, likeness }: IdempotentWrite): string {
  return hash([makes ?? operation, likeness]);
}

/** The name of the object among all that were made; null for a result that is no object of the write's own. */
function claimOf({ makes }: IdempotentWrite, result: string): string | null {
  return makes === undefined ? null : `${makes} ${result}`;
}

/** When the answer of an attempt was lost; null when nobody could tell. */
interface Lost {
  readonly lostAt: number | null;
}

function idOf({ caller, operation, key }: WriteKey): string {
  return JSON.stringify([caller, operation, key]);
}

/** Whether the platform may have done the work: a fault of ours may come before or behind it. */
function namesOf(id: string): WriteKey {
  const [caller, operation, key] = JSON.parse(id) as readonly [string, string, string];
  return { caller, operation, key };
}

function isOf(id: string, caller: string, key: string): boolean {
  const names = namesOf(id);
  return names.caller === caller && names.key === key;
}

function unsettledWrite({ id, mayLeave, begunAt, lostAt, leasedUntil }: IdempotencyKeyRecord): UnsettledWrite {
  const lost = lostAt ?? leasedUntil;
  return {
    ...namesOf(id),
    mayLeave: JSON.parse(mayLeave ?? "null"),
    begunAt,
    settledAt: lost === null ? null : lost + SETTLE_GRACE_MS,
  };
}

function isUnknown(error: unknown): boolean {
  return !(error instanceof ApplicationError) || error.code === "OUTCOME_UNKNOWN";
}

function mismatch(): ApplicationError {
  return new ApplicationError("IDEMPOTENCY_MISMATCH", "This idempotency key was used with other input.", {
    argument: "input.idempotencyKey",
  });
}

function inFlightElsewhere(leasedUntil: number, now: number): ConflictError {
  return new ConflictError(
    "Another request with this key, or one for the same, is under way. Ask again in a few seconds.",
    {
      argument: "input.idempotencyKey",
      retryAfterSeconds: Math.max(1, Math.ceil((leasedUntil - now) / 1000)),
    },
  );
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
