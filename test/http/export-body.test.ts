import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createExportBody, type ExportEnd } from "../../src/http/exports/export-body.ts";

/** Pieces of an export without an end, and how many were read. */
function endless() {
  const state = { read: 0, hasEnded: false };
  const pieces = (async function* () {
    try {
      for (;;) {
        state.read += 1;
        yield "x".repeat(100_000);
      }
    } finally {
      state.hasEnded = true;
    }
  })();
  return { state, pieces };
}

describe("the body of an export", () => {
  it("ends its reads when its client receives nothing for too long", async () => {
    const { state, pieces } = endless();
    const first = await pieces.next();
    let body: ReturnType<typeof createExportBody> | undefined;
    const end = await new Promise<ExportEnd>((resolve) => {
      body = createExportBody(first, pieces, 1, resolve);
      body.once("readable", () => undefined);
    });
    expect(end).toBe("DISCONNECTED");
    expect(body?.destroyed).toBe(true);
    // The first piece fills the buffer.
    expect(state).toEqual({ read: 1, hasEnded: true });
  });

  it("says that it was received, or why it was not", async () => {
    const ended = async function* (error?: Error) {
      yield "a";
      if (error) throw error;
      yield "b";
    };
    const endOf = async (error?: Error): Promise<ExportEnd> => {
      const pieces = ended(error);
      const first = await pieces.next();
      return new Promise<ExportEnd>((resolve) => {
        const body = createExportBody(first, pieces, 60_000, resolve);
        body.on("error", () => undefined).resume();
        void once(body, "close").catch(() => undefined);
      });
    };
    expect(await endOf()).toBe("COMPLETE");
    const error = new Error("The store is gone.");
    expect(await endOf(error)).toEqual({ error });
  });
});
