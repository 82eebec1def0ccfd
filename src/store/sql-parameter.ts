/**
 * Returns a parameter that both databases accept: U+0000 becomes U+FFFD.
 *
 * PostgreSQL rejects U+0000, and the driver of SQLite cuts the text there.
 */
export function toSqlParameter(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value;
}
