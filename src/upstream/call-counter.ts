import type { Upstream } from "./upstream.ts";

/** What one request has asked of the platform. */
export interface CallCounter {
  upstreamCalls: number;
}

/**
 * The same clients, which count each question that is put to the platform through them. A list that the platform gives in
 * pages is one question. Made for each request, so it costs next to nothing until something is asked.
 */
export function countCalls(upstream: Upstream, tally: CallCounter): Upstream {
  const countedClient = <Client extends object>(client: Client): Client =>
    new Proxy(client, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]): unknown => {
          tally.upstreamCalls += 1;
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
