import type { Traffic } from "../../src/model/usage/traffic.ts";

/** Archived usage of one bucket of the account, of all series that are collected. Null stands for a series that lacks the bucket. */
export interface BalancedUsage {
  readonly account: Traffic | null;
  readonly streams: ReadonlyMap<string, Traffic | null>;
  /** Usage of each tracking id, by stream. */
  readonly trackingIds: ReadonlyMap<string, ReadonlyMap<string, Traffic> | null>;
}

/** The account's bytes to viewers and others, by who causes them; all parts sum to the account. */
export interface AccountBalance {
  readonly account: bigint;
  /** Viewers under tracking ids of partners. */
  readonly partners: bigint;
  /** Viewers under tracking ids that no partner has. */
  readonly unclaimed: bigint;
  /** Viewers without a tracking id; null if a tracking id lacks the bucket, as its viewers would be among them. */
  readonly untracked: bigint | null;
  readonly restream: bigint;
  readonly geoCascade: bigint;
  /**
   * What none of the other parts explains: usage of series that lack the bucket, and of streams that are not known by name.
   *
   * Negative while corrections of the platform have reached some of the series only.
   */
  readonly residual: bigint;
  /** Series that lack the bucket. */
  readonly missing: number;
}

/**
 * Returns the balance of a bucket; null if the account lacks it.
 *
 * The platform reports viewers without a tracking id as what is left of a stream's viewers, and so does this.
 */
export function balanceOf(
  { account, streams, trackingIds }: BalancedUsage,
  isClaimed: (trackingId: string) => boolean,
): AccountBalance | null {
  if (!account) return null;
  let [partners, unclaimed, missing] = [0n, 0n, 0];
  const tracked = new Map<string, bigint>();
  for (const [trackingId, byStream] of trackingIds) {
    if (!byStream) missing += 1;
    for (const [stream, { bytesOut }] of byStream ?? []) {
      if (isClaimed(trackingId)) partners += bytesOut;
      else unclaimed += bytesOut;
      tracked.set(stream, (tracked.get(stream) ?? 0n) + bytesOut);
    }
  }
  let untracked: bigint | null = missing === 0 ? 0n : null;
  for (const [stream, traffic] of streams) {
    // Without its parts, nobody can tell a stream's viewers from its other traffic.
    if (!traffic?.parts) missing += 1;
    else if (untracked !== null) untracked += traffic.parts.standard.bytesOut - (tracked.get(stream) ?? 0n);
  }
  const restream = account.parts?.restream.bytesOut ?? 0n;
  const geoCascade = account.parts?.geoCascade.bytesOut ?? 0n;
  const residual = account.bytesOut - partners - unclaimed - (untracked ?? 0n) - restream - geoCascade;
  return { account: account.bytesOut, partners, unclaimed, untracked, restream, geoCascade, residual, missing };
}
