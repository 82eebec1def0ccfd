import type { IncomingMessage } from "node:http";
import type { Plugin } from "graphql-yoga";
import type { Authenticate, Caller } from "../auth/caller.ts";
import { ApplicationError } from "../model/errors.ts";
import type { Network } from "../model/network.ts";
import { clientAddress } from "./client-address.ts";

/** What travels with a request before the graph's own context is made. */
export interface ServerContext {
  /** The request of node:http; there is none where the fetch API is called directly. */
  readonly req?: IncomingMessage;
  /** Who opened the connection, where there is no `req`. */
  readonly peer?: string | undefined;
  /** The client's network address; null where it is not known. */
  address?: string | null;
  caller?: Caller;
}

/**
 * Finds out who calls before the body is read; who proves nobody learns nothing, not even what was wrong. While that can't
 * be found out, the answer is 503 with the code of what fails.
 *
 * @param onFault told of faults of ours, of which the client learns nothing
 */
export function useCaller(
  authenticate: Authenticate,
  trustedProxies: readonly Network[],
  onFault: (error: unknown) => void,
): Plugin<object, ServerContext> {
  return {
    async onRequest({ request, serverContext, endResponse, fetchAPI }) {
      const { headers } = request;
      const peer = serverContext.req?.socket.remoteAddress ?? serverContext.peer;
      const address = clientAddress(peer, headers.get("x-forwarded-for"), trustedProxies);
      serverContext.address = address;
      const refuse = (status: number, message: string, extensions: object, more: Record<string, string>) =>
        endResponse(fetchAPI.Response.json({ errors: [{ message, extensions }] }, { status, headers: more }));
      try {
        const credentials = { authorization: headers.get("authorization"), origin: headers.get("origin"), address };
        const caller = await authenticate(credentials);
        if (caller) {
          serverContext.caller = caller;
          return;
        }
        refuse(401, "A valid bearer key is needed.", { code: "UNAUTHENTICATED" }, challenge);
      } catch (error) {
        if (error instanceof ApplicationError) {
          refuse(503, error.message, { code: error.code, ...error.facts }, retryAfter(error));
          return;
        }
        onFault(error);
        refuse(500, "The gateway failed. The fault has been logged.", { code: "INTERNAL_SERVER_ERROR" }, {});
      }
    },
  };
}

const challenge = { "www-authenticate": 'Bearer realm="syndigraph"' };

/** Rarely does it take longer to come back. */
const RETRY_AFTER_SECONDS = 5;

function retryAfter({ facts: { retryAfterSeconds } }: ApplicationError): Record<string, string> {
  return { "retry-after": String(typeof retryAfterSeconds === "number" ? retryAfterSeconds : RETRY_AFTER_SECONDS) };
}
