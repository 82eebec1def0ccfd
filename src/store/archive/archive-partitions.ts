import { sql } from "kysely";
import type { Db } from "../database.ts";
import { isUniqueViolation } from "../store-error.ts";

/** Creates a function that creates the partitions of the months of buckets, each once. */
export function createPartitions(db: Db): (buckets: readonly number[]) => Promise<void> {
  const known = new Set<string>();
  return async (buckets) => {
    for (const month of new Set(buckets.map((bucket) => new Date(bucket).toISOString().slice(0, 7)))) {
      if (known.has(month)) continue;
      const [year = 0, number = 1] = month.split("-").map(Number);
      const name = `usage_rows_${month.replace("-", "_")}`;
      const { rows } = await sql<{ exists: boolean }>`select to_regclass(${name}) is not null as exists`.execute(db);
      if (!rows[0]?.exists) {
        const [from, until] = [Date.UTC(year, number - 1), Date.UTC(year, number)];
        const statement = `create table if not exists ${name} partition of usage_rows for values from (${from}) to (${until})`;
        // Another gateway may create it at the same time.
        await sql
          .raw(statement)
          .execute(db)
          .catch((error: unknown) => {
            if (!isUniqueViolation(error)) throw error;
          });
      }
      known.add(month);
    }
  };
}
