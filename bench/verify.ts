import { isDeepStrictEqual } from "node:util";
import { bodyOf } from "./load.ts";

/** One request in this many is checked, up to a few in a round. */
const EVERY = 200;
const MAX_CHECKED = 3;

/** Keeps a few answers of a round, which are checked after it so that the check takes none of its time. */
export function createSampledCheck() {
  const indexes = new Map<string, number>();
  const answers: { readonly index: number; readonly body: string }[] = [];
  let count = 0;
  return {
    answers,
    /** Returns the text of a request, after noting whether its answer will be kept. */
    asked: (request: string, index: number): string => {
      if (count % EVERY === 0 && count < EVERY * MAX_CHECKED) indexes.set(request, index);
      count += 1;
      return request;
    },
    /** Keeps the answer if its request was noted. */
    answered: (answer: Buffer, request: string): true => {
      const index = indexes.size === 0 ? undefined : indexes.get(request);
      if (index !== undefined) {
        indexes.delete(request);
        answers.push({ index, body: bodyOf(answer) });
      }
      return true;
    },
  };
}

/** Returns how rows differ from the expected ones; null if they are equal. Numbers may be texts, instants of any form. */
export function differenceIn(rows: unknown, expected: unknown): string | null {
  const [own, other] = [plain(rows), plain(expected)];
  if (isDeepStrictEqual(own, other)) return null;
  const [ownText, otherText] = [JSON.stringify(own) ?? "", JSON.stringify(other) ?? ""];
  let from = 0;
  while (from < ownText.length && ownText[from] === otherText[from]) from += 1;
  const excerpt = (text: string) => text.slice(Math.max(0, from - 40), from + 40);
  return `${excerpt(ownText)} instead of ${excerpt(otherText)}`;
}

/** Returns the value with its numbers as texts, its instants as epoch milliseconds, and the keys of objects in order. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return INSTANT.test(value) ? Date.parse(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => [name, plain(part)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
