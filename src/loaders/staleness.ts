/** What of an answer can be past its freshness: the tokens, the clusters, the metered figures. */
export type StaleSource = "TOKENS" | "CLUSTERS" | "FIGURES";

/** A part of an answer that was served past its freshness, because the platform did not give a newer one. */
export interface StalePart {
  readonly source: StaleSource;
  /** From when the oldest of what was used is; milliseconds since the epoch, by the clock of the request. */
  readonly asOf: number;
}

/**
 * What one request was answered with in place of fresh data. Whoever serves something old because the platform failed says
 * so here, and the answer passes it on in `extensions.stale`. What is merely young enough to be shared is not stale.
 */
export interface Staleness {
  /** @param ageMs how old what was served is */
  note(source: StaleSource, ageMs: number): void;
  /** Each source once, with the oldest that was used, by source; empty when all was fresh. */
  parts(): readonly StalePart[];
}

/** @param now milliseconds since the epoch, the same for the whole request */
export function createStaleness(now: number): Staleness {
  let oldest: Map<StaleSource, number> | null = null;
  return {
    note: (source, ageMs) => {
      oldest ??= new Map();
      oldest.set(source, Math.min(oldest.get(source) ?? now, now - ageMs));
    },
    parts: () =>
      oldest === null
        ? []
        : [...oldest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, asOf]) => ({ source, asOf })),
  };
}
