import { redacted } from "../../model/secret.ts";
import { addressWithoutSecrets } from "../../model/token/restream.ts";

/** Names of arguments that hold a secret or a viewer's personal data. */
const neverLogged = new Set(["jwt", "secret", "passphrase", "srtPassphrase", "customViewerData", "key"]);
/** Longest list that is recorded whole, in entries; a longer one is recorded as its length. */
const MAX_LISTED = 20;
const MAX_DETAIL_LENGTH = 4_000;

/**
 * Returns the arguments of a mutation for the audit log, as JSON without secrets and long lists, and the global id of the
 * first object that they name, if there is one.
 */
export function auditDetail(args: Readonly<Record<string, unknown>>): { detail: string; objectId: string | null } {
  const detail = redacted(JSON.stringify(args, (name, value) => shown(name, value)));
  return {
    detail: detail.length > MAX_DETAIL_LENGTH ? JSON.stringify({ tooLongToKeep: detail.length }) : detail,
    objectId: firstId(args),
  };
}

function shown(name: string, value: unknown): unknown {
  if (neverLogged.has(name) && value != null) return "[not kept]";
  if (name === "url" && typeof value === "string") return addressWithoutSecrets(value);
  if (typeof value === "bigint") return String(value);
  return Array.isArray(value) && value.length > MAX_LISTED ? `[${value.length} entries]` : value;
}

/** Returns the first object that the arguments reference as `{ id }`, which the mutation is about. */
function firstId(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  if ("id" in value && typeof value.id === "string") return value.id.length <= 512 ? redacted(value.id) : null;
  for (const part of Object.values(value)) {
    const id = firstId(part);
    if (id !== null) return id;
  }
  return null;
}
