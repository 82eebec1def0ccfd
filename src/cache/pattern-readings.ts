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

/** Patterns whose readings are remembered. */
const MAX_READINGS = 10_000;

/** What the gateway makes of the patterns of tokens, and what an operator has recorded of those that it can't read. */
export interface PatternReadings {
  /** Reads a pattern; one that the gateway can't read opens what is recorded of it, where anything is. */
  readonly read: PatternReader;
  /** Whether the patterns among the grants together open nearly any name at all. */
  openAnyName(grants: readonly StreamGrant[]): boolean;
  /** What is recorded of a pattern; null where nothing is. */
  recorded(pattern: string): PatternCoverage | null;
  /** Stands for all that is recorded: another object after each change. */
  version(): object;
  /** Reads again what is recorded, by this gateway or another. @throws StoreError */
  refresh(): Promise<void>;
}

/** @param store where operators' records are kept; left out where there are none */
export function createPatternReadings(store?: Pick<PatternCoverageStore, "all">): PatternReadings {
  const readings = new LRUCache<string, PatternReading>(boundedLru(MAX_READINGS));
  const ofAnyName = new LRUCache<string, boolean>(boundedLru(MAX_READINGS));
  let recorded: ReadonlyMap<string, PatternCoverage> = new Map();
  let fingerprint = "[]";

  const read: PatternReader = (pattern) => {
    const known = readings.get(pattern);
    if (known) return known;
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
      const known = ofAnyName.get(key);
      if (known !== undefined) return known;
      const isOfAny = openAnyName(grants, read);
      ofAnyName.set(key, isOfAny);
      return isOfAny;
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
      ofAnyName.clear();
    },
  };
}
