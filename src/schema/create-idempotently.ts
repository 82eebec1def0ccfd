import type { GraphContext } from "../context.ts";
import { ConflictError } from "../model/errors.ts";
import { assertName } from "../model/text.ts";
import { type AttemptSpan, CLOCK_TOLERANCE_MS } from "./matches-request.ts";

/** The creation of an object on the platform, which has no idempotency keys of its own. */
export interface IdempotentCreation<Created> {
  /** Name of the mutation. */
  readonly operation: string;
  readonly idempotencyKey: string;
  /** The whole request; the same key with other input is rejected. */
  readonly input: unknown;
  /** Kind of the object: one object has one key, whichever operation the key belongs to. */
  readonly kind: string;
  /** The part of the input that the object can be recognized by. */
  readonly fingerprint: unknown;
  /** Settings by which a token that was left behind is recognized, without secrets; omitted for other objects. */
  readonly mayLeave?: unknown;
  /** Noun for the object in messages: `token`. */
  readonly noun: string;
  readonly create: () => Promise<Created>;
  /** Pages from 1, the newest objects first; an empty one is the end. */
  readonly listNewest: (page: number) => Promise<readonly Created[]>;
  /** Compares every requested setting. */
  readonly matchesRequest: (created: Created, span: AttemptSpan) => boolean;
  readonly idOf: (created: Created) => string;
  /** Milliseconds since the epoch. */
  readonly createdAt: (created: Created) => number;
  /** Called with the object as soon as it is known. */
  readonly take?: (created: Created) => void;
  /** Finds an object that was created before. */
  readonly find: (id: string) => Promise<Created | null>;
}

/** Object that belongs to an idempotency key. */
export interface CreatedOnce<Object> {
  readonly created: Object;
  /** False if an earlier request with the key received the object. */
  readonly isNew: boolean;
}

/**
 * Creates an object once per idempotency key. If the platform's response is lost, the object is looked for among the newest
 * ones: it is this key's if it has every requested setting and no other key has it.
 *
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
export async function createIdempotently<Object>(
  creation: IdempotentCreation<Object>,
  context: GraphContext,
): Promise<CreatedOnce<Object>> {
  const { operation, idempotencyKey, input, kind, fingerprint, idOf, createdAt } = creation;
  const { caller, idempotency } = context;
  assertName(idempotencyKey, "input.idempotencyKey");
  let taken: Object | null = null;
  const take = (created: Object) => {
    taken = created;
    creation.take?.(created);
    return idOf(created);
  };
  const id = await idempotency.run({
    caller: caller.principalId,
    operation,
    key: idempotencyKey,
    input,
    fingerprint,
    creates: kind,
    mayLeave: creation.mayLeave,
    perform: async () => take(await creation.create()),
    recover: async ({ begunAt, isTaken }) => {
      const span = context.spanOnPlatform(begunAt);
      for (let page = 1; ; page += 1) {
        const listed = await creation.listNewest(page);
        const recent = listed.filter((created) => createdAt(created) >= span.begunAt - CLOCK_TOLERANCE_MS);
        for (const created of recent.toReversed()) {
          if (creation.matchesRequest(created, span) && !(await isTaken(idOf(created)))) return take(created);
        }
        if (recent.length < listed.length || listed.length === 0) return null;
      }
    },
  });
  const created = taken ?? (await creation.find(id));
  if (created) return { created, isNew: taken !== null };
  const message = `\`input.idempotencyKey\` must be a new key: the ${creation.noun} that it created has been deleted since.`;
  throw new ConflictError(message, { argument: "input.idempotencyKey" });
}
