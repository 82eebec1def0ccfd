import type { Measured } from "../model/usage/measured.ts";
import type { TimeWindow } from "../model/usage/time.ts";

/** What tells two questions apart, without the end of their windows. */
export interface EarlierQuestion {
  readonly scope: string;
  readonly operation: string;
  readonly window: TimeWindow;
  readonly resolution: string | null;
}

/** How a total is worked out of a kept series of hours. */
export interface HoursOfTotal {
  /** Name of the loader of the series. */
  readonly operation: string;
  /** Returns the total of the figures of some hours. */
  readonly sum: (hours: Iterable<unknown>) => unknown;
}

/** A figure that is kept, with when it was read. */
export interface KeptFigure extends Measured<unknown> {
  readonly answer: { readonly readAt: number; readonly readAtElapsed: number };
}

/** Figures that are kept under one question. */
export interface CachedUsage {
  readonly query: EarlierQuestion;
  kept(name: string): KeptFigure | undefined;
}

/** A figure of an earlier reading, as the answer to another question. */
export interface EarlierFigure extends Measured<unknown> {
  readonly readAt: number;
  readonly readAtElapsed: number;
}

/**
 * Finds, in an outage, a figure of a window that was not over when it was read: the platform is asked for such a window up to
 * the next full hour, so an hour later the same window of a client is another question.
 */
export interface EarlierUsage {
  add(figures: CachedUsage): void;
  delete(figures: CachedUsage): void;
  /**
   * Returns the figure that reaches furthest, or null where none answers the question:
   * - a total of a window with the same start, which is whole up to its own `freshUntil`;
   * - a series whose window starts no later, without the buckets before the window that is asked for;
   * - a total worked out of such a series of hours.
   *
   * @param readSince moment by the clock that only goes forward: older readings are left out
   */
  find(
    query: EarlierQuestion & { readonly hours?: HoursOfTotal | undefined },
    name: string,
    readSince: number,
  ): EarlierFigure | null;
}

/** Holds no figures itself: each question's are forgotten by {@link EarlierUsage.delete}. */
export function createEarlierUsage(): EarlierUsage {
  const byKind = new Map<string, Set<CachedUsage>>();

  const newest = (query: EarlierQuestion, name: string, readSince: number): KeptFigure | null => {
    const { from, to } = query.window;
    let found: KeptFigure | null = null;
    for (const figures of byKind.get(kindOf(query)) ?? []) {
      const earlier = figures.query.window;
      if (earlier.from > from || earlier.to > to) continue;
      const figure = figures.kept(name);
      // What was over when it was read ends where its own window ends, not where the figures did.
      if (!figure || figure.freshUntil > earlier.to || figure.freshUntil <= from) continue;
      if (figure.answer.readAtElapsed < readSince) continue;
      if (!found || found.freshUntil < figure.freshUntil) found = figure;
    }
    return found;
  };

  return {
    add: (figures) => {
      const kind = kindOf(figures.query);
      const known = byKind.get(kind) ?? new Set();
      byKind.set(kind, known.add(figures));
    },
    delete: (figures) => {
      const kind = kindOf(figures.query);
      const known = byKind.get(kind);
      known?.delete(figures);
      if (known?.size === 0) byKind.delete(kind);
    },
    find: (query, name, readSince) => {
      const { window, resolution, hours } = query;
      const same = newest(query, name, readSince);
      if (same && resolution !== null) return earlierFigure(same, bucketsSince(same.value, window.from));
      const ofHours = hours && newest({ ...query, operation: hours.operation, resolution: "HOUR" }, name, readSince);
      if (hours && ofHours && (!same || same.freshUntil < ofHours.freshUntil)) {
        return earlierFigure(ofHours, hours.sum(bucketsSince(ofHours.value, window.from).values()));
      }
      return same && earlierFigure(same, same.value);
    },
  };
}

/** Totals are of one start: nothing can be taken out of a sum. */
function kindOf({ scope, operation, window, resolution }: EarlierQuestion): string {
  return `${scope}|${operation}|${resolution ?? window.from}`;
}

function earlierFigure({ freshUntil, answer: { readAt, readAtElapsed } }: KeptFigure, value: unknown): EarlierFigure {
  return { value, freshUntil, readAt, readAtElapsed };
}

/** A series as every loader of one gives it. */
type Buckets = Pick<ReadonlyMap<number, unknown>, "get" | "keys">;

function bucketsSince(series: unknown, from: number): Map<number, unknown> {
  const buckets = series as Buckets;
  return new Map([...buckets.keys()].filter((start) => start >= from).map((start) => [start, buckets.get(start)]));
}
