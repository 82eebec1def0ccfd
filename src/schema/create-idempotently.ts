import type { GraphContext } from "../context.ts";
import { ConflictError } from "../model/errors.ts";
import { assertName } from "../model/text.ts";
import { type AttemptSpan, CLOCK_TOLERANCE_MS } from "./matches-request.ts";

/** The creation of an object on the platform, which has no idempotency keys of its own. */
export interface IdempotentCreation<Made> {
  /** Name of the mutation. */
  readonly operation: string;
  readonly idempotencyKey: string;
  /** The whole request; the same key with other input is rejected. */
  readonly input: unknown;
  /** Kind of the object: one object has one key, whichever operation the key belongs to. */
  readonly kind: string;
  /** The part of the input that the object can be recognized by. */
  readonly likeness: unknown;
  /** Settings by which a token that was left behind is recognized, without secrets; omitted for other objects. */
  readonly mayLeave?: unknown;
  /** Noun for the object in messages: `token`. */
  readonly noun: string;
  readonly create: () => Promise<Made>;
  /** Pages from 1, the newest objects first; an empty one is the end. */
  readonly listNewest: (page: number) => Promise<readonly Made[]>;
  /** Compares every requested setting. */
  readonly matchesRequest: (made: Made, span: AttemptSpan) => boolean;
  readonly idOf: (made: Made) => string;
  /** Milliseconds since the epoch. */
  readonly madeAt: (made: Made) => number;
  /** Called with the object as soon as it is known. */
  readonly take?: (made: Made) => void;
  /** Finds an object that was created before. */
  readonly find: (id: string) => Promise<Made | null>;
}

/** The object of a key. */
export interface Made<Object> {
  readonly made: Object;
  /** False if the key was repeated and its object was known already. */
  readonly isNew: boolean;
}

/**
 * Creates an object once per idempotency key. If the platform's response is lost, the object is looked for among the newest
 * ones: it is this key's if it has every requested setting and no other key has it.
 *
 * @throws ApplicationError IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
export async function createIdempotently<Object>(
  making: IdempotentCreation<Object>,
  context: GraphContext,
): Promise<Made<Object>> {
  const { operation, idempotencyKey, input, kind, likeness, idOf, madeAt } = making;
  const { caller, idempotency } = context;
  assertName(idempotencyKey, "input.idempotencyKey");
  let taken: Object | null = null;
  const take = (made: Object) => {
    taken = made;
    making.take?.(made);
    return idOf(made);
  };
  const id = await idempotency.run({
    caller: caller.principalId,
    operation,
    key: idempotencyKey,
    input,
    likeness,
    makes: kind,
    mayLeave: making.mayLeave,
    perform: async () => take(await making.create()),
    recover: async ({ begunAt, isTaken }) => {
      const span = context.spanOnPlatform(begunAt);
      for (let page = 1; ; page += 1) {
        const listed = await making.listNewest(page);
        const recent = listed.filter((made) => madeAt(made) >= span.begunAt - CLOCK_TOLERANCE_MS);
        for (const made of recent.toReversed()) {
          if (making.matchesRequest(made, span) && !(await isTaken(idOf(made)))) return take(made);
        }
        if (recent.length < listed.length || listed.length === 0) return null;
      }
    },
  });
  const made = taken ?? (await making.find(id));
  if (made) return { made, isNew: taken !== null };
  const message = `The ${making.noun} that this idempotency key made has been deleted since. Use a new key.`;
  throw new ConflictError(message, { argument: "input.idempotencyKey" });
}
