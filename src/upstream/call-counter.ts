import type { Upstream } from "./upstream.ts";

/** Counts the upstream calls of one request. */
export interface CallCounter {
  upstreamCalls: number;
}

/**
 * Returns the clients with every call counted. A list that the platform returns in pages counts as one call.
 *
 * The proxies are created lazily, as most requests make no call.
 */
export function countCalls(upstream: Upstream, counter: CallCounter): Upstream {
  const countedClient = <Client extends object>(client: Client): Client =>
    new Proxy(client, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]): unknown => {
          counter.upstreamCalls += 1;
          return Reflect.apply(method, target, args);
        };
      },
    });
  return new Proxy(upstream, {
    get: (target, name) => {
      const part: unknown = Reflect.get(target, name);
      return typeof part === "object" && part !== null ? countedClient(part) : part;
    },
  });
}
