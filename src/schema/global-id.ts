/** Returns a global id: `Type:key` in base64url, which keeps it opaque. */
export function encodeGlobalId(typename: string, key: string | number | bigint): string {
  return Buffer.from(`${typename}:${key}`, "utf8").toString("base64url");
}

/** Returns the parts of a global id; null for any other text. */
export function decodeGlobalId(id: string): { readonly typename: string; readonly key: string } | null {
  const text = Buffer.from(id, "base64url").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1 || encodeGlobalId(text.slice(0, colon), text.slice(colon + 1)) !== id) return null;
  return { typename: text.slice(0, colon), key: text.slice(colon + 1) };
}

/** Returns the key of a global id of this type; null for any other text. */
export function keyOfId(id: string, typename: string): string | null {
  const parts = decodeGlobalId(id);
  return parts?.typename === typename ? parts.key : null;
}
