import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExportFormat } from "./export-format.ts";
import type { ExportPlan } from "./export-plan.ts";

/** How an export ended: its client has received all of it, has disconnected or stopped reading, or it failed. */
export type ExportEnd = "COMPLETE" | "DISCONNECTED" | { readonly error: unknown };

/** Bytes that wait for the client before no more is read. */
const BUFFERED_BYTES = 65_536;

/**
 * Yields the text of an export, piece by piece. The first piece is yielded when the first rows have been read, so that a failure
 * until then is thrown before it. The event loop runs between two pieces.
 */
export async function* textOf({ columns, rows }: ExportPlan, format: ExportFormat): AsyncGenerator<string, void> {
  let head = format.head(columns);
  for await (const batch of rows()) {
    if (batch.length === 0) continue;
    yield head + format.lines(columns, batch);
    head = "";
    await nextTurn();
  }
  if (head !== "") yield head;
}

/**
 * Creates the body of an export, which reads each further piece when its client has received most of the previous ones. A client
 * that receives nothing for `stalledMs` is taken to have disconnected.
 *
 * @param onEnd called once, when all reads have ended
 */
export function createExportBody(
  first: IteratorResult<string, void>,
  pieces: AsyncGenerator<string, void>,
  stalledMs: number,
  onEnd: (end: ExportEnd) => void,
): Readable {
  let stalled: NodeJS.Timeout | undefined;
  let isAtEnd = false;
  let held: IteratorResult<string, void> | null = first;
  const body = new Readable({
    highWaterMark: BUFFERED_BYTES,
    read() {
      clearTimeout(stalled);
      const next = held ? Promise.resolve(held) : pieces.next();
      held = null;
      next.then(
        ({ done, value }) => {
          if (body.destroyed) return;
          isAtEnd = done === true;
          if (body.push(isAtEnd ? null : value)) return;
          stalled = setTimeout(() => body.destroy(), stalledMs).unref();
        },
        (error: unknown) => body.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, callback) {
      clearTimeout(stalled);
      const end =
        error && !isPrematureClose(error) ? { error } : isAtEnd && body.readableEnded ? "COMPLETE" : "DISCONNECTED";
      // A read that is under way ends first.
      pieces.return().then(
        () => onEnd(end),
        (failure: unknown) => onEnd({ error: failure }),
      );
      callback(error);
    },
  });
  return body;
}

/** Returns whether a stream ended since the one that it was piped to did. */
function isPrematureClose(error: NodeJS.ErrnoException): boolean {
  return error.code === "ERR_STREAM_PREMATURE_CLOSE";
}
