import type { ImportedRows } from "../store/archive/archive-transfer.ts";
import type { ArchiveSource, ArchiveTarget } from "./archive-ends.ts";
import { type ArchiveSummary, readArchiveFile, writeArchiveFile } from "./archive-file.ts";
import type { Output } from "./output.ts";

/** Most keys of conflicting rows that a result lists. */
const MAX_LISTED = 20;

/** Writes the archive into a file. */
export async function exportArchive(
  source: ArchiveSource,
  path: string,
  isReplaced: boolean,
  output: Output,
): Promise<void> {
  const summary = await writeArchiveFile(path, isReplaced, await source.accounts(), source.pages());
  output.result(`Exported ${contentsOf(summary)} to ${path} (SHA-256 ${summary.sha256}).`, { file: path, ...summary });
}

/**
 * Imports a file: first all of it is checked, then its rows are merged.
 *
 * @throws CommandError DAMAGED_FILE before anything is written
 */
export async function importArchive(
  target: ArchiveTarget,
  path: string,
  isForeignAllowed: boolean,
  output: Output,
): Promise<void> {
  const summary = await checkFile(path);
  const begun = await target.begin(summary, isForeignAllowed);
  const effects = { ADDED: 0, UNCHANGED: 0, UPDATED: 0, CORRECTED: 0, OUTDATED: 0 };
  const conflicts: string[] = [];
  for await (const part of readArchiveFile(path)) {
    if (!("chunk" in part)) continue;
    const merged: ImportedRows = await begun.merge(part.chunk.table, part.chunk.rows);
    for (const effect of Object.keys(effects) as (keyof typeof effects)[]) effects[effect] += merged[effect];
    conflicts.push(...merged.conflicts);
  }
  await begun.end();
  const words = [
    `Imported ${contentsOf(summary)} from ${path}:`,
    `${effects.ADDED} added, ${effects.UPDATED} updated, ${effects.CORRECTED} corrected, ${effects.UNCHANGED} unchanged,`,
    `${effects.OUTDATED} outdated, ${conflicts.length} in conflict; audit entry ${begun.id}.`,
    ...conflicts.slice(0, MAX_LISTED).map((key) => `\n  conflict: ${key}`),
  ];
  output.result(words.join(" "), {
    file: path,
    sha256: summary.sha256,
    rows: summary.rows,
    import: begun.id,
    added: effects.ADDED,
    updated: effects.UPDATED,
    corrected: effects.CORRECTED,
    unchanged: effects.UNCHANGED,
    outdated: effects.OUTDATED,
    conflicts: conflicts.length,
    conflictingRows: conflicts.slice(0, MAX_LISTED),
  });
}

/** Reads a whole file, and adds to its accounts those that the archive had only after the export had begun. */
async function checkFile(path: string): Promise<ArchiveSummary> {
  const owners = new Set<string>();
  for await (const part of readArchiveFile(path)) {
    if ("summary" in part) return { ...part.summary, accounts: [...new Set([...part.summary.accounts, ...owners])] };
    const { table, rows } = part.chunk;
    if (table === "usage_sources" || table === "attendance_days") for (const [owner] of rows) owners.add(owner ?? "");
  }
  throw new Error("a file that was read has a summary");
}

function contentsOf({ rows, accounts }: ArchiveSummary): string {
  const of = accounts.length === 0 ? "" : ` of ${accounts.join(", ")}`;
  return `${rows.usage_rows} rows and ${rows.usage_corrections} corrections${of}`;
}
