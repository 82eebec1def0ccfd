import type { ResponsePath } from "graphql";
import { SerializedDate } from "../model/usage/bucket-date.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/** What came of an operation. */
export interface SerializedResult {
  /** JSON text; absent where nothing was executed. */
  readonly data?: string;
  /** What stood in the way: each a FieldFailure, or an error of the whole operation. */
  readonly errors?: readonly unknown[];
  /** Whether it holds nothing but repeatable fields, see `schema/repeatable.ts`. */
  readonly isRepeatable?: boolean;
}

/** The JSON text of nothing. */
export const NULL = "null";

/** The JSON text of what a scalar was serialised to. */
export function toJson(value: unknown): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : NULL;
  if (value instanceof SerializedDate) return value.json;
  // Dates write themselves faster than they are written.
  return value instanceof Date ? `"${value.toISOString()}"` : JSON.stringify(value);
}

/** JSON text of an object or list in the making: pieces of text, and promises of such. */
export type Chunks = MaybePromise<string>[];

/** Adds a text, and what comes behind it later, to the pieces so far. */
export function appendAsync(pieces: Chunks | null, text: string, late: Promise<string>): Chunks {
  const all = pieces ?? [];
  all.push(text, late);
  return all;
}

/** The pieces so far with the text behind them: at once where nothing of it is late. */
export function concatChunks(pieces: Chunks | null, text: string): MaybePromise<string> {
  if (!pieces) return text;
  pieces.push(text);
  return joined(pieces);
}

/** The whole text, as soon as all of it is there. One promise for all of it: a list of 50 objects has hundreds. */
function joined(pieces: Chunks): Promise<string> {
  const [before, late, after] = pieces;
  // Most objects wait for one thing alone.
  if (pieces.length === 3 && isPromise(late)) return late.then((text) => `${before}${text}${after}`);
  return new Promise((resolve, reject) => {
    let missing = 1;
    const arrived = () => {
      missing -= 1;
      if (missing === 0) resolve(concatenated(pieces));
    };
    for (let index = 0; index < pieces.length; index += 1) {
      const piece = pieces[index];
      if (typeof piece !== "object") continue;
      missing += 1;
      piece.then((text) => {
        pieces[index] = text;
        arrived();
      }, reject);
    }
    arrived();
  });
}

/** Texts that are only linked, and copied once when all of the answer is there; `join` would copy each for every level. */
function concatenated(pieces: Chunks): string {
  let text = "";
  for (const piece of pieces) text += piece;
  return text;
}

/** What is still on its way may fail as well, and nobody else would hear of it. @throws the error */
export function rejectAfterPending(pieces: Chunks | null, error: unknown): Promise<never> {
  if (!pieces) throw error;
  const fail = () => Promise.reject(error);
  return joined(pieces).then(fail, fail);
}

/** The errors of an answer: none of what stands below a value that became null for another one. */
export class ErrorCollector {
  #nulled: Set<ResponsePath | undefined> | null = null;
  readonly #errors: unknown[] = [];

  /** @param path of the value that becomes null; undefined for the whole answer */
  add(error: unknown, path: ResponsePath | undefined): void {
    this.#nulled ??= new Set();
    for (let at = path; at !== undefined; at = at.prev) if (this.#nulled.has(at)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }

  get count(): number {
    return this.#errors.length;
  }

  result(data: string): SerializedResult {
    return this.#errors.length === 0 ? { data } : { errors: this.#errors, data };
  }
}
