import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Fault } from "./faults.ts";
import type { SandboxResponse } from "./response.ts";

/** Body of a response as it was sent; of a very long one only the beginning. */
export interface SentBody {
  readonly body: string;
  readonly truncated?: true;
}

/** Characters of a streamed body that are recorded. */
const RECORDED_CHARACTERS = 1_000_000;

/**
 * Writes a response. Rows are pulled as fast as the reader takes them and no faster.
 *
 * @param headers - all of them, `date` included
 * @param fault - `truncate` sends the first half, or the first rows, and drops the connection; `dripMs` and `padBytes`
 * apply to responses without rows
 * @param wait - waits between two bytes of `dripMs`
 */
export async function send(
  response: ServerResponse,
  { status, body }: SandboxResponse,
  headers: Readonly<Record<string, string>>,
  fault: Pick<Fault, "truncate" | "dripMs" | "padBytes"> | undefined,
  wait: (ms: number) => Promise<void>,
): Promise<SentBody> {
  response.sendDate = false; // the sandbox has its own
  const { truncate = false, dripMs, padBytes = 0 } = fault ?? {};
  if (typeof body !== "string") return sendRows(response, status, headers, body, truncate);
  const text = body + " ".repeat(padBytes);
  return dripMs
    ? drip(response, status, headers, text, () => wait(dripMs))
    : sendWhole(response, status, headers, text, truncate);
}

/** Ends when everything is sent, or when the client disconnects. */
async function drip(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  wait: () => Promise<void>,
): Promise<SentBody> {
  const bytes = Buffer.from(body, "utf8");
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  for (let at = 0; at < bytes.length && !response.destroyed; at += 1) {
    response.write(bytes.subarray(at, at + 1));
    await wait();
  }
  response.end();
  return { body };
}

async function sendWhole(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  cutShort: boolean,
): Promise<SentBody> {
  const bytes = Buffer.from(body, "utf8");
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  if (cutShort) {
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    await once(response, "close");
  } else {
    response.end(bytes);
  }
  return { body };
}

async function sendRows(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  rows: AsyncIterable<string>,
  cutShort: boolean,
): Promise<SentBody> {
  let recorded = "";
  let isWhole = true;
  async function* keeping() {
    for await (const text of rows) {
      if (recorded.length < RECORDED_CHARACTERS) recorded += text;
      else isWhole = false;
      yield text;
      if (cutShort) return;
    }
  }
  response.writeHead(status, headers);
  await pipeline(Readable.from(keeping(), { objectMode: false }), response, { end: !cutShort });
  if (cutShort) response.destroy();
  return isWhole ? { body: recorded } : { body: recorded, truncated: true };
}
