import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, type StoreConfig } from "../config/config.ts";
import { IMPORT_ARCHIVE } from "../store/archive/archive-transfer.ts";
import { DATABASE_FILE, openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { FolderInUseError } from "../store/store-error.ts";
import type { ArchiveSource, ArchiveTarget } from "./archive-ends.ts";
import type { ArchiveChunk } from "./archive-file.ts";
import { CommandError, exitCodes } from "./command-error.ts";

/** Name of commands that open the store themselves, in the audit log. */
const PRINCIPAL = { principalId: "offline", principalName: "command line", role: "OPERATOR" } as const;

/**
 * Opens the store of a command while no gateway uses it.
 *
 * @param mayCreate whether a folder may be new
 * @throws CommandError STORE_IN_USE while a gateway does
 */
export async function openOffline(config: StoreConfig, mayCreate: boolean): Promise<Store> {
  if (config.kind === "memory") throw new ConfigError(["DATA_DIRECTORY or DATABASE_URL must be set with --offline"]);
  if (config.kind === "file" && !mayCreate && !existsSync(join(config.folder, DATABASE_FILE)))
    throw new ConfigError([`DATA_DIRECTORY must be a folder with a store; ${config.folder} has none`]);
  const store = await openStore(
    config.kind === "postgres" ? { kind: "postgres", url: config.url.reveal() } : { ...config, waitMs: 0 },
  ).catch(mapInUse);
  if (config.kind === "postgres" && (await store.gatewayMarks.isAnySet())) {
    await store.close();
    throw inUse("the database");
  }
  return store;
}

/** Throws STORE_IN_USE for the error of a locked folder, and every other error as it is. */
export function mapInUse(error: unknown): never {
  throw error instanceof FolderInUseError ? inUse("the folder") : error;
}

export function inUse(what: string): CommandError {
  return new CommandError(
    "STORE_IN_USE",
    `--offline must be used while no gateway runs; one uses ${what}, or did within the last 15 seconds. Without --offline the command asks the running gateway.`,
    exitCodes.STORE_IN_USE,
  );
}

/** Returns the archive of an open store. */
export function archiveOf({ archiveTransfer, audit }: Store): ArchiveSource & ArchiveTarget {
  return {
    accounts: archiveTransfer.accounts,
    pages: async function* (): AsyncGenerator<ArchiveChunk> {
      let page = await archiveTransfer.page(null);
      yield page;
      while (page.next) {
        page = await archiveTransfer.page(page.next);
        yield page;
      }
    },
    begin: async ({ accounts, sha256, rows }, isForeignAllowed) => {
      const known = await archiveTransfer.accounts();
      const foreign = known.length === 0 || isForeignAllowed ? [] : accounts.filter((each) => !known.includes(each));
      if (foreign.length > 0) {
        throw new CommandError(
          "CONFLICT",
          `The file has usage of the account ${JSON.stringify(foreign[0])}, which is not this store's; --foreign-account imports it anyway.`,
          exitCodes.REFUSED,
        );
      }
      const id = await audit.append({
        ...PRINCIPAL,
        at: Date.now(),
        partnerId: null,
        address: null,
        operation: IMPORT_ARCHIVE,
        objectId: null,
        detail: JSON.stringify({ accounts, sha256, rows }),
      });
      return {
        id,
        merge: archiveTransfer.merge,
        end: async () => {
          await archiveTransfer.closeGaps();
          await audit.end(id, { outcome: "DONE", code: null, objectId: null });
        },
      };
    },
  };
}
