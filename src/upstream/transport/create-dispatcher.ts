import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { Secret } from "../../model/secret.ts";

/** Proxies for calls to other servers, as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name them. */
export interface ProxyOptions {
  /** For HTTPS; null for the one of HTTP. */
  readonly https: Secret | null;
  /** Null for none. */
  readonly http: Secret | null;
  /** Hosts that are called directly: names, each with those below it, and addresses. */
  readonly exceptions: readonly string[];
}

/** Hosts of this machine, which no proxy can reach. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Creates what sends calls: directly, or by way of the proxies. HTTPS passes through a proxy in a tunnel. */
export function createDispatcher(options: Agent.Options, proxy: ProxyOptions | null): Dispatcher {
  if (proxy === null) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    // An empty text is no proxy; `undefined` would make the library read the environment itself.
    httpProxy: proxy.http?.reveal() ?? "",
    httpsProxy: proxy.https?.reveal() ?? "",
    noProxy: [...loopback, ...proxy.exceptions].join(","),
    proxyTunnel: false,
  });
}
