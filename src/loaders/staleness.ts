/** Source of data that can be served past its freshness. */
export type StaleSource = "TOKENS" | "CLUSTERS" | "USAGE";

/** Source that was served past its freshness, because the platform returned nothing newer. */
export interface StalePart {
  readonly source: StaleSource;
  /** Time of the oldest data used, in milliseconds since the epoch, by the clock of the request. */
  readonly asOf: number;
}

/**
 * Record of the stale data in one response, which returns it in `extensions.stale`.
 *
 * Data that is merely cached is not stale: only data served because the platform failed.
 */
export interface Staleness {
  /** @param ageMs age of the data served, in milliseconds */
  record(source: StaleSource, ageMs: number): void;
  /** Returns each stale source once, with its oldest data, sorted by source; empty if all data was fresh. */
  parts(): readonly StalePart[];
}

/** @param now milliseconds since the epoch, the same for the whole request */
export function createStaleness(now: number): Staleness {
  let oldest: Map<StaleSource, number> | null = null;
  return {
    record: (source, ageMs) => {
      oldest ??= new Map();
      oldest.set(source, Math.min(oldest.get(source) ?? now, now - ageMs));
    },
    parts: () =>
      oldest === null
        ? []
        : [...oldest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, asOf]) => ({ source, asOf })),
  };
}
