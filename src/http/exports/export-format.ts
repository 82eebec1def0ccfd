import { stringify } from "csv-stringify/sync";

/** Value of a column as text; null for none. */
export type Cell = string | null;
export type Row = readonly Cell[];

/** Column of an export. */
export interface Column {
  readonly name: string;
  /**
   * TEXT may hold any character; WORD holds none that JSON escapes, such as a time or a count of bytes; INTEGER is a
   * number below 2^53.
   */
  readonly type: "TEXT" | "WORD" | "INTEGER";
}

/** Writes rows as the text of a file. */
export interface ExportFormat {
  readonly contentType: string;
  /** Returns what a file begins with. */
  head(columns: readonly Column[]): string;
  lines(columns: readonly Column[], rows: readonly Row[]): string;
}

export type ExportFormatName = "csv" | "jsonl";

/** Formats by the extension of their files. */
export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  /** CSV by RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe. */
  csv: {
    contentType: "text/csv; charset=utf-8; header=present",
    head: (columns) => csvOf([columns.map(({ name }) => name)]),
    lines: (_columns, rows) => csvOf(rows),
  },
  /** JSON Lines: one object in each line, counts of bytes as decimal strings like those of the graph. */
  jsonl: {
    contentType: "application/jsonl; charset=utf-8",
    head: () => "",
    lines: (columns, rows) => {
      const keys = columns.map(({ name }, index) => `${index === 0 ? "{" : ","}"${name}":`);
      let text = "";
      for (const row of rows) {
        for (const [index, { type }] of columns.entries()) text += keys[index] + jsonOf(row[index] ?? null, type);
        text += "}\n";
      }
      return text;
    },
  },
};

function csvOf(rows: readonly Row[]): string {
  return stringify(rows as Cell[][], { record_delimiter: "windows", escape_formulas: true });
}

function jsonOf(cell: Cell, type: Column["type"]): string {
  if (cell === null) return "null";
  if (type === "INTEGER") return cell;
  return type === "WORD" ? `"${cell}"` : JSON.stringify(cell);
}
