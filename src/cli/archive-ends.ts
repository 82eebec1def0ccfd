import type { ArchiveTableName } from "../model/usage/archive-tables.ts";
import type { ImportedRows } from "../store/archive/archive-transfer.ts";
import type { ArchiveChunk, ArchiveSummary } from "./archive-file.ts";

/** An archive that is exported: of a running gateway, or of a store. */
export interface ArchiveSource {
  accounts(): Promise<readonly string[]>;
  pages(): AsyncIterable<ArchiveChunk>;
}

/** An archive that is imported into: of a running gateway, or of a store. */
export interface ArchiveTarget {
  /**
   * Begins an import, which the audit log then has.
   *
   * @throws CommandError if the archive has usage of another account, unless `isForeignAllowed`
   */
  begin(summary: ArchiveSummary, isForeignAllowed: boolean): Promise<ArchiveImport>;
}

export interface ArchiveImport {
  /** Id of the import in the audit log. */
  readonly id: string;
  merge(table: ArchiveTableName, rows: ArchiveChunk["rows"]): Promise<ImportedRows>;
  end(): Promise<void>;
}
