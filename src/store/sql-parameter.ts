/**
 * A parameter as both databases take it. U+0000 becomes U+FFFD, as half a character does in UTF-8: PostgreSQL refuses it,
 * and the driver of SQLite reads no further than it.
 */
export function toSqlParameter(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value;
}
