import { LRUCache } from "lru-cache";
import { openAnyName, patternsOf } from "../model/stream/stream.ts";
import {
  type PatternReader,
  type PatternReading,
  readPattern,
  recordedReading,
} from "../model/stream/stream-pattern.ts";
import type { StreamGrant } from "../model/token/token.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import type { PatternCoverageStore } from "../store/pattern-coverages.ts";
import type { PatternCoverage } from "../store/records.ts";

/** Maximum number of cached readings. */
const MAX_READINGS = 10_000;

/**
 * Readings of the patterns of tokens, with what operators have recorded for patterns that the gateway
 * cannot read.
 */
export interface PatternReadings {
  /** Reads a pattern. An unreadable one opens the streams recorded for it, if any. */
  readonly read: PatternReader;
  /** Returns whether the patterns among the grants together open nearly any name. */
  openAnyName(grants: readonly StreamGrant[]): boolean;
  /** Returns the record of a pattern; null if there is none. */
  recorded(pattern: string): PatternCoverage | null;
  /** Returns the version of all records: another object after each change. */
  version(): object;
  /** Reads the records again, which another gateway may have changed. @throws StoreError */
  refresh(): Promise<void>;
}

/** @param store store of the records; without it there are none */
export function createPatternReadings(store?: Pick<PatternCoverageStore, "all">): PatternReadings {
  const readings = new LRUCache<string, PatternReading>(boundedLru(MAX_READINGS));
  const anyNameByGrants = new LRUCache<string, boolean>(boundedLru(MAX_READINGS));
  let recorded: ReadonlyMap<string, PatternCoverage> = new Map();
  let fingerprint = "[]";

  const read: PatternReader = (pattern) => {
    const cached = readings.get(pattern);
    if (cached) return cached;
    const own = readPattern(pattern);
    const coverage = recorded.get(pattern);
    const reading = coverage && own.state === "UNREADABLE" ? recordedReading(new Set(coverage.streamNames)) : own;
    readings.set(pattern, reading);
    return reading;
  };

  return {
    read,
    openAnyName: (grants) => {
      const key = JSON.stringify(patternsOf(grants).sort());
      const cached = anyNameByGrants.get(key);
      if (cached !== undefined) return cached;
      const opensAnyName = openAnyName(grants, read);
      anyNameByGrants.set(key, opensAnyName);
      return opensAnyName;
    },
    recorded: (pattern) => recorded.get(pattern) ?? null,
    version: () => recorded,
    refresh: async () => {
      const all = (await store?.all()) ?? [];
      const next = JSON.stringify(all);
      if (next === fingerprint) return;
      fingerprint = next;
      recorded = new Map(all.map((coverage) => [coverage.pattern, coverage]));
      readings.clear();
      anyNameByGrants.clear();
    },
  };
}
