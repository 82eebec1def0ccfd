import type { ExecutionResult, GraphQLError, ResponsePath } from "graphql";

/** Named values: of an object of the answer, or of arguments. */
export type Values = Record<string, unknown>;

/**
 * Makes objects of an answer. They have no prototype of use, because a client may name a field `__proto__`; and unlike those
 * of `Object.create(null)` they are no hash tables to V8: a list of 50 objects is made and written in a third of the time.
 */
export const AnswerObject = function AnswerObject() {} as unknown as new () => Values;
AnswerObject.prototype = Object.create(null);

/**
 * Puts what promises come to into their places, and gives the same object or list. One promise for all of it: a list of 50
 * objects has hundreds.
 */
export function whenAll<Whole extends object>(whole: Whole): Promise<Whole> {
  const places = whole as Values;
  return new Promise((resolve, reject) => {
    let missing = 1;
    const arrived = () => {
      missing -= 1;
      if (missing === 0) resolve(whole);
    };
    for (const key of Object.keys(places)) {
      const value = places[key];
      if (!isPromise(value)) continue;
      missing += 1;
      value.then((settled) => {
        places[key] = settled;
        arrived();
      }, reject);
    }
    arrived();
  });
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === "function";
}

/** The errors of an answer: none of what stands below a value that became null for another one. */
export class CollectedErrors {
  readonly #nulled = new Set<ResponsePath | undefined>();
  readonly #errors: GraphQLError[] = [];

  /** @param path of the value that becomes null; undefined for the whole answer */
  add(error: GraphQLError, path: ResponsePath | undefined): void {
    for (let at = path; at !== undefined; at = at.prev) if (this.#nulled.has(at)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }

  result(data: Values | null): ExecutionResult {
    return this.#errors.length === 0 ? { data } : { errors: this.#errors, data };
  }
}
