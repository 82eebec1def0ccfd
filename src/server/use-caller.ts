import type { IncomingMessage } from "node:http";
import type { Plugin } from "graphql-yoga";
import type { Authenticate, Caller } from "../auth/caller.ts";
import type { CostStatus } from "../model/cost.ts";
import { ApplicationError } from "../model/errors.ts";
import type { Network } from "../model/network.ts";
import { clientAddress } from "./client-address.ts";
import { refusal } from "./refused.ts";

/** What travels with a request before the graph's own context is made. */
export interface ServerContext {
  /** The request of node:http; there is none where the fetch API is called directly. */
  readonly req?: IncomingMessage;
  /** Who opened the connection, where there is no `req`. */
  readonly peer?: string | undefined;
  /** There was too much to do already when the request came. */
  readonly isOverloaded?: boolean;
  /** The client's network address; null where it is not known. */
  address?: string | null;
  caller?: Caller;
  /** What the request cost; null where nothing was counted. */
  cost?: CostStatus | null;
}

/**
 * Finds out who calls before the body is read; who proves nobody learns nothing, not even what was wrong. While that can't
 * be found out, the answer is 503 with the code of what fails.
 */
export function useCaller(
  authenticate: Authenticate,
  trustedProxies: readonly Network[],
): Plugin<object, ServerContext> {
  return {
    async onRequest({ request: { headers }, serverContext, endResponse, fetchAPI }) {
      const peer = serverContext.req?.socket.remoteAddress ?? serverContext.peer;
      const address = clientAddress(peer, headers.get("x-forwarded-for"), trustedProxies);
      serverContext.address = address;
      const credentials = { authorization: headers.get("authorization"), origin: headers.get("origin"), address };
      try {
        const caller = await authenticate(credentials);
        if (caller) serverContext.caller = caller;
        else endResponse(refusal(fetchAPI.Response, "UNAUTHENTICATED", "A valid bearer key is needed.", challenge));
      } catch (error) {
        if (!(error instanceof ApplicationError)) throw error;
        const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
        endResponse(refusal(fetchAPI.Response, error.code, error.message, { status: 503, headers }));
      }
    },
  };
}

const challenge = { status: 401, headers: { "www-authenticate": 'Bearer realm="syndigraph"' } };

/** The store and the identity provider are asked again after so long at most. */
const RETRY_AFTER_SECONDS = 5;
