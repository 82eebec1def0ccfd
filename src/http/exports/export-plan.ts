import type { Column, Row } from "./export-format.ts";

/** An export that its caller may read, before anything is read. */
export interface ExportPlan {
  readonly columns: readonly Column[];
  /** Price in points of the cost budget. */
  readonly points: number;
  /** Begin of the name of the file: words that a file system accepts. */
  readonly name: string;
  /** Yields the rows in short batches. Leaving the loop early ends all reads. */
  rows(): AsyncIterable<readonly Row[]>;
}

/** Longest name of a subject in the name of a file, in characters. */
const MAX_NAME_LENGTH = 60;

/** Returns the name of a file of the subject and the window, without its extension. */
export function fileName(kind: string, subject: string, { from, to }: { readonly from: number; readonly to: number }) {
  const safe = subject.replace(/[^\w.-]+/g, "_").slice(0, MAX_NAME_LENGTH);
  const day = (instant: number) => new Date(instant).toISOString().slice(0, 10);
  return `${kind}-${safe}-${day(from)}-${day(to)}`;
}
