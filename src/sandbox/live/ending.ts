/** When a connection really ended or will end; infinite when nothing says so. */
export function endOf(connection: { readonly endsAt: number | null; readonly endedAt: number | null }): number {
  return Math.min(connection.endedAt ?? Number.POSITIVE_INFINITY, connection.endsAt ?? Number.POSITIVE_INFINITY);
}
