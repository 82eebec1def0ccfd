import { type ArchiveCell, type ArchiveRow, BUCKET_KEY_LENGTH, COUNTERS_LENGTH } from "./archive-tables.ts";

/** Effect of an imported row on the archive. */
export type MergeEffect =
  /** There was no row. */
  | "ADDED"
  /** The archive had these values. */
  | "UNCHANGED"
  /** The values of an open row were replaced by ones that were read later. */
  | "UPDATED"
  /** One of two settled values became a correction of the other. */
  | "CORRECTED"
  /** The archive has values that were read later, and the imported ones were never settled. */
  | "OUTDATED";

/** What an imported bucket changes. */
export interface BucketMerge {
  /** Rows to insert or replace. */
  readonly rows: readonly ArchiveRow[];
  /** Corrections to insert, as rows of `usage_corrections`. */
  readonly corrections: readonly ArchiveRow[];
  readonly effects: Readonly<Record<MergeEffect, number>>;
}

interface Observation {
  readonly counters: readonly ArchiveCell[];
  readonly changedAt: string;
  readonly readAt: string;
  readonly settledAt: string | null;
  /** Bits of hours that the row of a day has replaced, and of those that its figures do not include; null for none. */
  readonly replaced: ArchiveCell;
  readonly lacking: ArchiveCell;
  /** Whether there is a row; otherwise the bucket was read, and the part is zero. */
  readonly isRow: boolean;
}

/**
 * Merges the rows of a bucket from a file into those of the archive, both of `usage_rows`.
 *
 * Of two values the one that was read later applies. A former value that was settled becomes a correction, so that no settled value
 * is lost. The result does not depend on the order of imports, and a second import of the same rows changes nothing. A part without a
 * row is zero if its bucket was read.
 */
export function mergeBucket(archived: readonly ArchiveRow[], imported: readonly ArchiveRow[]): BucketMerge {
  const effects = { ADDED: 0, UNCHANGED: 0, UPDATED: 0, CORRECTED: 0, OUTDATED: 0 };
  const rows: ArchiveRow[] = [];
  const corrections: ArchiveRow[] = [];
  const [here, there] = [byPart(archived), byPart(imported)];
  for (const part of new Set([...here.keys(), ...there.keys()])) {
    const [ours, theirs] = [here.get(part), there.get(part)];
    const pattern = ours ?? theirs;
    if (!pattern) continue;
    const own = ours ? observationOf(ours) : zero(here.get(""), pattern);
    const other = theirs ? observationOf(theirs) : zero(there.get(""), pattern);
    if (!other) continue;
    const key = pattern.slice(0, BUCKET_KEY_LENGTH);
    if (!own) {
      rows.push(rowOf(key, other));
      effects.ADDED += 1;
      continue;
    }
    const merged = merge(own, other);
    if (merged.correction) corrections.push([...key, ...merged.correction]);
    if (merged.isNew) rows.push(rowOf(key, merged.observation));
    if (theirs || merged.effect !== "UNCHANGED") effects[merged.effect] += 1;
  }
  return { rows, corrections, effects };
}

function merge(own: Observation, other: Observation) {
  if (own.counters.every((counter, index) => counter === other.counters[index])) {
    // The times of a part without a row are those of the whole bucket.
    if (!own.isRow) return { observation: other, correction: null, isNew: true, effect: "ADDED" } as const;
    if (!other.isRow) return { observation: own, correction: null, isNew: false, effect: "UNCHANGED" } as const;
    const observation = {
      counters: own.counters,
      changedAt: earlier(own.changedAt, other.changedAt),
      readAt: later(own.readAt, other.readAt),
      settledAt: earliest(own.settledAt, other.settledAt),
      replaced: combined(own.replaced, other.replaced, (a, b) => a | b),
      lacking: combined(own.lacking, other.lacking, (a, b) => a & b),
      isRow: true,
    };
    const isNew =
      observation.changedAt !== own.changedAt ||
      observation.readAt !== own.readAt ||
      observation.settledAt !== own.settledAt ||
      observation.replaced !== own.replaced ||
      observation.lacking !== own.lacking;
    return { observation, correction: null, isNew, effect: "UNCHANGED" } as const;
  }
  const isOwnNewer = compare(own, other) > 0;
  const [newer, former] = isOwnNewer ? [own, other] : [other, own];
  const isCorrected = former.settledAt !== null;
  const settledAt = earliest(newer.settledAt, former.settledAt);
  const replaced = combined(newer.replaced, former.replaced, (a, b) => a | b);
  const lacking = newer.lacking ?? former.lacking;
  const observation = { ...newer, settledAt, replaced, lacking, isRow: true };
  const formerCounters = former.isRow ? former.counters : former.counters.map(() => null);
  return {
    observation,
    correction: isCorrected ? [newer.changedAt, ...formerCounters] : null,
    isNew:
      !isOwnNewer || !own.isRow || settledAt !== own.settledAt || replaced !== own.replaced || lacking !== own.lacking,
    effect: isCorrected ? "CORRECTED" : isOwnNewer ? "OUTDATED" : "UPDATED",
  } as const;
}

function byPart(rows: readonly ArchiveRow[]): ReadonlyMap<string, ArchiveRow> {
  return new Map(rows.map((row) => [row[BUCKET_KEY_LENGTH - 1] ?? "", row]));
}

function observationOf(row: ArchiveRow): Observation {
  const [changedAt, readAt, settledAt, replaced = null, lacking = null] = row.slice(
    BUCKET_KEY_LENGTH + COUNTERS_LENGTH,
  );
  return {
    counters: row.slice(BUCKET_KEY_LENGTH, BUCKET_KEY_LENGTH + COUNTERS_LENGTH),
    changedAt: changedAt ?? "0",
    readAt: readAt ?? "0",
    settledAt: settledAt ?? null,
    replaced,
    lacking,
    isRow: true,
  };
}

/** Returns zero with the times of the whole bucket; null if the bucket was not read. */
function zero(whole: ArchiveRow | undefined, pattern: ArchiveRow): Observation | null {
  if (!whole) return null;
  const counters = observationOf(pattern).counters.map((counter) => (counter === null ? null : "0"));
  return { ...observationOf(whole), counters, replaced: null, lacking: null, isRow: false };
}

function rowOf(key: readonly ArchiveCell[], { counters, ...times }: Observation): ArchiveRow {
  return [...key, ...counters, times.changedAt, times.readAt, times.settledAt, times.replaced, times.lacking];
}

/** Combines bits that both have; those of one alone are as they are. */
function combined(a: ArchiveCell, b: ArchiveCell, combine: (a: number, b: number) => number): ArchiveCell {
  return a === null || b === null ? (a ?? b) : `${combine(Number(a), Number(b))}`;
}

/** Orders observations by when they were read; those of one time by their values, so that any order of imports has one result. */
function compare(a: Observation, b: Observation): number {
  const byTime = difference(a.readAt, b.readAt);
  if (byTime !== 0) return byTime;
  return JSON.stringify(a.counters) > JSON.stringify(b.counters) ? 1 : -1;
}

function difference(a: string, b: string): number {
  return Number(a) - Number(b);
}

function earlier(a: string, b: string): string {
  return difference(a, b) <= 0 ? a : b;
}

/** Returns the earlier time; null if there is none. */
function earliest(a: string | null, b: string | null): string | null {
  return a === null || b === null ? (a ?? b) : earlier(a, b);
}

function later(a: string, b: string): string {
  return difference(a, b) >= 0 ? a : b;
}
