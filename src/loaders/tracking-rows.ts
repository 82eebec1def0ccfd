import { addTraffic } from "../model/usage/traffic.ts";
import type { TrackingRow } from "../upstream/analytics.ts";

/**
 * Returns one row for each tracking id, in the order in which the ids come first.
 *
 * The platform writes untracked traffic without a tracking id, with null or with an empty one, possibly in several rows.
 */
export function oneRowPerTrackingId(rows: readonly TrackingRow[]): readonly TrackingRow[] {
  const byTrackingId = new Map<string | null, TrackingRow>();
  for (const row of rows) {
    const earlier = byTrackingId.get(row.trackingId);
    const traffic = earlier ? addTraffic(earlier.traffic, row.traffic) : row.traffic;
    byTrackingId.set(row.trackingId, { trackingId: row.trackingId, traffic });
  }
  return [...byTrackingId.values()];
}
