import { ApplicationError, NotFoundError } from "../model/errors.ts";
import { allMaybe, isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/** Maximum number of objects that one field looks up. */
export const MAX_LOOKUPS = 100;

/** @throws ApplicationError LIMIT_EXCEEDED for more than {@link MAX_LOOKUPS} keys */
export function assertLookups(keys: readonly unknown[], argument: string): void {
  if (keys.length <= MAX_LOOKUPS) return;
  const message = `\`${argument}\` must have at most ${MAX_LOOKUPS} entries; got ${keys.length}.`;
  throw new ApplicationError("LIMIT_EXCEEDED", message, { argument, max: MAX_LOOKUPS });
}

/**
 * Finds an object for each key, in the order of the keys: null for one that does not exist or is hidden from the caller.
 *
 * An object that cannot be read fails alone: its error is in its place.
 *
 * @throws ApplicationError LIMIT_EXCEEDED for more than {@link MAX_LOOKUPS} keys
 */
export function findEach<Key, Found>(
  keys: readonly Key[],
  argument: string,
  find: (key: Key, argument: string) => MaybePromise<Found>,
): MaybePromise<(Found | null)[]> {
  assertLookups(keys, argument);
  return allMaybe(
    keys.map((key, index): MaybePromise<Found | null> => {
      try {
        const found = find(key, `${argument}.${index}`);
        return isPromise(found) ? found.catch(nullOrError) : found;
      } catch (error) {
        return nullOrError(error);
      }
    }),
  );
}

function nullOrError(error: unknown): null {
  return error instanceof NotFoundError ? null : (error as never);
}
