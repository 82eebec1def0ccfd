import { type Db, inTransaction } from "./database.ts";
import type { PatternCoverage } from "./records.ts";

export interface PatternCoverageStore {
  /** Returns every record, sorted by pattern. */
  all(): Promise<PatternCoverage[]>;
  /** Inserts or replaces the record of a pattern. */
  record(coverage: PatternCoverage): Promise<void>;
  /** Removes the record of a pattern, if there is one. */
  remove(pattern: string): Promise<void>;
}

/** Creates the store of pattern coverages. */
export function createPatternCoverageStore(db: Db): PatternCoverageStore {
  return {
    all: async () => {
      const rows = await db.selectFrom("patternCoverages").selectAll().execute();
      return rows
        .map(({ streamNames, ...row }) => ({ ...row, streamNames: JSON.parse(streamNames) as string[] }))
        .sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
    },
    record: ({ streamNames, ...coverage }) =>
      inTransaction(db, async (transaction) => {
        await transaction.deleteFrom("patternCoverages").where("pattern", "=", coverage.pattern).execute();
        const row = { ...coverage, streamNames: JSON.stringify(streamNames) };
        await transaction.insertInto("patternCoverages").values(row).execute();
      }),
    remove: async (pattern) => {
      await db.deleteFrom("patternCoverages").where("pattern", "=", pattern).execute();
    },
  };
}
