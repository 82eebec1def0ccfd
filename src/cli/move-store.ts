import { type CommandConfig, ConfigError } from "../config/config.ts";
import { createGatewayMarks } from "../store/gateway-marks.ts";
import { moveStore as moveTables } from "../store/move-store.ts";
import { openDatabase } from "../store/open-store.ts";
import { inUse, mapInUse } from "./offline-store.ts";
import type { Output } from "./output.ts";

/** Copies the store of a folder to the database of the configuration. */
export async function moveStore(config: CommandConfig, folder: string | undefined, output: Output): Promise<void> {
  const from = folder ?? config.folder;
  const { store } = config;
  if (store.kind !== "postgres") throw new ConfigError(["DATABASE_URL must be set: the move is to that database"]);
  if (from === null) throw new ConfigError(["DATA_DIRECTORY must be set: this user has no home folder"]);
  const source = await openDatabase({ kind: "file", folder: from, waitMs: 0 }).catch(mapInUse);
  try {
    const target = await openDatabase({ kind: "postgres", url: store.url.reveal() });
    try {
      if (await createGatewayMarks(target, "postgres").isAnySet()) throw inUse("the database");
      const tables = await moveTables({ source, target });
      const rows = tables.reduce((sum, each) => sum + each.rows, 0);
      output.result(
        `Moved ${rows} rows of ${tables.length} tables from ${from}; counts and digests are equal. Start the gateway with DATABASE_URL.`,
        { folder: from, rows, tables },
      );
    } finally {
      await target.destroy();
    }
  } finally {
    await source.destroy();
  }
}
