import { type Config, ConfigError } from "./config/config.ts";
import type { Gateway } from "./gateway.ts";
import { type HttpServer, listen } from "./http/http-server.ts";

/**
 * Opens the port of the gateway.
 *
 * @throws ConfigError if this machine does not have the host or the port
 */
export async function openPort(
  { host, port, clientTimeouts: timeouts, publicUrl }: Pick<Config, "host" | "port" | "clientTimeouts" | "publicUrl">,
  handle: Gateway["handle"],
  onConnection: () => void,
): Promise<HttpServer> {
  try {
    const basePath = publicUrl?.replace(/^https?:\/\/[^/]*/, "");
    return await listen(handle, host, port, { timeouts, onConnection, ...(basePath && { basePath }) });
  } catch (error) {
    const mistake = error instanceof Error ? mistakeOf(error, host, port) : null;
    throw mistake === null ? error : new ConfigError([mistake]);
  }
}

/** Returns variable, rule and value; null for an error that another host or port would not mend. */
function mistakeOf({ code = "", syscall }: NodeJS.ErrnoException, host: string, port: number): string | null {
  if (syscall === undefined || code === "EMFILE" || code === "ENFILE") return null;
  if (code === "EADDRINUSE") return `PORT must be free at ${host}; got ${port} (${code})`;
  if (code === "EACCES")
    return `PORT must be one that this user may open, such as one above 1023; got ${port} (${code})`;
  return `HOST must be a name or address of this machine, such as 127.0.0.1 or 0.0.0.0; got ${host} (${code})`;
}

/** Returns the URL by which this machine reaches the server: a server on every address is also on the loopback. */
export function reachableUrl(url: string): string {
  return url.replace(/^http:\/\/([^/]*)(?=:\d+$)/, (bound) => {
    const { hostname } = new URL(bound);
    if (hostname === "0.0.0.0" || hostname === "[::ffff:0:0]") return "http://127.0.0.1";
    return hostname === "[::]" ? "http://[::1]" : bound;
  });
}
