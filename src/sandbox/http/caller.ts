import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import type { Caller } from "./route.ts";

/**
 * Returns the caller of a request.
 *
 * Two headers stand in for the network that a sandbox on loopback does not have.
 */
export function callerOf(request: IncomingMessage): Caller {
  const header = (name: string): string | undefined => [request.headers[name]].flat()[0];
  const forwardedFor = header("x-forwarded-for")?.split(",")[0]?.trim();
  return {
    ip: forwardedFor || withoutMapping(request.socket.remoteAddress ?? ""),
    country: (header("x-sandbox-country") || "US").toUpperCase(),
    origin: header("origin") ?? null,
    bearer: /^bearer\s+(\S+)\s*$/i.exec(header("authorization") ?? "")?.[1] ?? null,
  };
}

/** Returns whether a request comes from the machine that the sandbox runs on, whatever its headers say. */
export function isFromLoopback(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress;
  return address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Returns an address with `::ffff:127.0.0.1`, which a socket on IPv6 reports, as 127.0.0.1. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:/i, "");
}
