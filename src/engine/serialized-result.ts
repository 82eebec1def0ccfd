import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/** Result of an operation. */
export interface SerializedResult {
  /** JSON text; absent if nothing was executed. */
  readonly data?: string;
  /** A FieldFailure for each field that failed, or an error of the whole operation. */
  readonly errors?: readonly unknown[];
  /** Whether all of its fields are cacheable, see `cacheability.ts`. */
  readonly isCacheable?: boolean;
}

/** JSON text of null. */
export const NULL = "null";

/**
 * Returns the JSON text of a serialized leaf value.
 *
 * A Date with a property `json` is written as that text.
 */
export function toJson(value: unknown): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : NULL;
  if (value instanceof Date) return (value as { readonly json?: string }).json ?? `"${value.toISOString()}"`;
  return JSON.stringify(value);
}

/** JSON text of an object or list under construction: pieces of text, and promises of pieces. */
export type Chunks = MaybePromise<string>[];

/** Adds a text, and the promise of the text after it, to the chunks so far. */
export function appendAsync(chunks: Chunks | null, text: string, later: Promise<string>): Chunks {
  const all = chunks ?? [];
  all.push(text, later);
  return all;
}

/** Returns the chunks followed by a text; without a promise if there are no chunks. */
export function concatChunks(chunks: Chunks | null, text: string): MaybePromise<string> {
  if (!chunks) return text;
  chunks.push(text);
  return joined(chunks);
}

/** Joins chunks with one promise for all of them: a list of 50 objects has hundreds. */
function joined(chunks: Chunks): Promise<string> {
  const [before, later, after] = chunks;
  // Most objects wait for one value.
  if (chunks.length === 3 && isPromise(later)) return later.then((text) => `${before}${text}${after}`);
  // Concatenation by `+=` is copied once for the whole response; `join` would copy at every level.
  return Promise.all(chunks).then((texts) => texts.reduce((all, text) => all + text, ""));
}

/**
 * Rejects with the error once the chunks have settled, since nobody else handles their rejections.
 *
 * @throws the error
 */
export function rejectAfterPending(chunks: Chunks | null, error: unknown): Promise<never> {
  if (!chunks) throw error;
  const fail = () => Promise.reject(error);
  return joined(chunks).then(fail, fail);
}
