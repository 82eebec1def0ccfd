import type { Plugin } from "graphql-yoga";
import { refusal } from "./refused.ts";

/**
 * Serves only those names of the gateway that it knows: a page whose own name has been pointed at our address (DNS
 * rebinding) would be of the same origin for its browser.
 *
 * @param hosts names and addresses without ports, an IPv6 address in brackets; null for any
 */
export function useAllowedHosts(hosts: readonly string[] | null): Plugin {
  if (!hosts) return {};
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return {
    onRequest({ url, endResponse, fetchAPI }) {
      if (allowed.has(url.hostname.replace(/\.$/, ""))) return;
      const message = "This host is not served here. The variable ALLOWED_HOSTS names those that are.";
      endResponse(refusal(fetchAPI.Response, "BAD_REQUEST", message, { status: 421 }));
    },
  };
}
