import { randomUUID } from "node:crypto";
import type { Secret } from "../model/secret.ts";
import type { ImportedRows } from "../store/archive/archive-transfer.ts";
import type { ArchiveSource, ArchiveTarget } from "./archive-ends.ts";
import type { ArchiveChunk } from "./archive-file.ts";
import { CommandError, exitCodes, wrongUsage } from "./command-error.ts";

/** The archive of a running gateway, by its HTTP API. */
export type GatewayClient = ArchiveSource & ArchiveTarget;

/** Pauses before a request is repeated that found the gateway or its store away, in milliseconds. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];
/** Time limit of one request, in milliseconds. */
const TIMEOUT_MS = 60_000;

/**
 * Creates the client of a gateway. Requests are repeated for some seconds while it restarts: importing rows again changes nothing,
 * and an import that is begun again is the one that its key has begun.
 *
 * @param url of the gateway, with the path under which a proxy serves it
 * @param pause resolves after this many milliseconds
 * @throws CommandError INVALID_INPUT if the key has characters that no key has
 */
export function createGatewayClient(url: string, key: Secret, pause: (ms: number) => Promise<unknown>): GatewayClient {
  // Other characters can't be in a header; those of a file were checked.
  if (!/^[\x21-\x7e]+$/.test(key.reveal())) throw wrongUsage("SYNDIGRAPH_KEY must contain a key and nothing else.");
  const send = async (path: string, body?: object): Promise<unknown> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await request(path, body);
      } catch (error) {
        const pauseMs = RETRY_MS[attempt];
        const isAway = error instanceof CommandError && error.exitCode === exitCodes.GATEWAY_UNREACHABLE;
        if (!isAway || pauseMs === undefined) throw error;
        await pause(pauseMs);
      }
    }
  };

  const request = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method: body ? "POST" : "GET",
      headers: {
        authorization: `Bearer ${key.reveal()}`,
        // The gateway's processor has more to do than the network.
        "accept-encoding": "identity",
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw unreachable(url, causeOf(error));
    });
    const text = await response.text().catch((error: unknown) => {
      throw unreachable(url, causeOf(error));
    });
    if (response.ok) return parsed(url, text);
    throw failureOf(url, response.status, text);
  };

  return {
    accounts: async () => ((await send("/archive")) as { accounts: string[] }).accounts,
    pages: async function* () {
      let after: string | null = null;
      do {
        const query: string = after === null ? "" : `?after=${after}`;
        const page = (await send(`/archive/rows${query}`)) as ArchiveChunk & { next: string | null };
        yield page;
        after = page.next;
      } while (after !== null);
    },
    begin: async ({ accounts, sha256, rows }, isForeignAllowed) => {
      const begun = { idempotencyKey: randomUUID(), accounts, sha256, rows, isForeignAllowed };
      const { import: id } = (await send("/archive/imports", begun)) as { import: string };
      return {
        id,
        merge: (table, added) => send(`/archive/imports/${id}/rows`, { table, rows: added }) as Promise<ImportedRows>,
        end: async () => {
          await send(`/archive/imports/${id}/end`, {});
        },
      };
    },
  };
}

function unreachable(url: string, reason: string): CommandError {
  const message = `SYNDIGRAPH_URL must be the address of a running gateway; ${url} did not answer (${reason}).`;
  return new CommandError("GATEWAY_UNREACHABLE", message, exitCodes.GATEWAY_UNREACHABLE);
}

function causeOf(error: unknown): string {
  const { cause, name } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? name;
}

function parsed(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreachable(url, "its response is not JSON");
  }
}

/** Returns the error of a response: code and message of the gateway, where it has them. */
function failureOf(url: string, status: number, text: string): CommandError {
  let error: { message?: string; extensions?: { code?: string } } = {};
  try {
    error = (JSON.parse(text) as { errors: (typeof error)[] }).errors[0] ?? {};
  } catch {
    // A proxy answers in its own words.
  }
  const { message = "", extensions: { code = "" } = {} } = error;
  if (status === 401) {
    const words = "SYNDIGRAPH_KEY must be a valid key of the gateway; it refused the one that was given.";
    return new CommandError("UNAUTHENTICATED", words, exitCodes.REFUSED);
  }
  if (code === "") {
    const isOld = status === 404 || status === 405 || (status >= 300 && status < 400);
    return unreachable(url, isOld ? `status ${status}: no gateway, or one of an older version` : `status ${status}`);
  }
  if (status === 503 || status === 429) return new CommandError(code, message, exitCodes.GATEWAY_UNREACHABLE);
  return new CommandError(code, message, status >= 500 ? exitCodes.FAILED : exitCodes.REFUSED);
}
