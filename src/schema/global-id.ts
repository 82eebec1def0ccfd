/** Ids of the graph: `Type:key`, in base64url so that nobody is tempted to take them apart. */
export function encodeGlobalId(typename: string, key: string | number | bigint): string {
  return Buffer.from(`${typename}:${key}`, "utf8").toString("base64url");
}

/** The parts of an id, or null for a text that is none of ours. */
export function decodeGlobalId(id: string): { readonly typename: string; readonly key: string } | null {
  const text = Buffer.from(id, "base64url").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1 || encodeGlobalId(text.slice(0, colon), text.slice(colon + 1)) !== id) return null;
  return { typename: text.slice(0, colon), key: text.slice(colon + 1) };
}

/** The key of an id of this type, or null. */
export function keyOfId(id: string, typename: string): string | null {
  const parts = decodeGlobalId(id);
  return parts?.typename === typename ? parts.key : null;
}
