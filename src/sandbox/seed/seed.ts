import type { Account } from "../account.ts";
import { HOUR_MS } from "../calendar.ts";
import type { Live } from "../live/live.ts";
import { covers } from "../tokens/token.ts";
import type { TokenRepositories } from "../tokens/token-repository.ts";
import type { StreamProfile } from "../traffic/profile.ts";
import { bulkSeed } from "./bulk.ts";
import { SEED_STREAMS } from "./streams.ts";
import { SEED_CLUSTER, seedTokens } from "./tokens.ts";

/** Public id of the sandbox's only account. */
export const ACCOUNT_ID = "SYN4DX";

/** Target of the seed. */
export interface SeedTarget {
  readonly tokens: TokenRepositories;
  readonly live: Live;
  /** First instant of the sandbox: feeds of the seed are live then. */
  readonly beganAt: number;
  /** Further streams for scale tests. */
  readonly bulk: number;
  /** Partners of these. */
  readonly bulkPartners?: number | undefined;
}

/**
 * Fills an empty platform with the account, its tokens, and the feeds that are live at the start.
 *
 * @returns the account, and the profiles that its past follows from
 */
export function applySeed({ tokens, live, beganAt, bulk, bulkPartners }: SeedTarget): {
  account: Account;
  profiles: readonly StreamProfile[];
} {
  const seeded = seedTokens(beganAt);
  for (const draft of seeded.publish) tokens.publish.add(draft);
  for (const draft of seeded.subscribe) tokens.subscribe.add(draft);

  for (const { streamName, liveForHours, publisherCountry, ingestBitsPerSecond } of SEED_STREAMS) {
    const token = tokens.publish.all().find((candidate) => covers(candidate, streamName));
    if (liveForHours === undefined || !token) continue;
    live.seedFeed(
      {
        streamName,
        credentials: { token: token.token, ip: "192.0.2.10", country: publisherCountry, origin: null },
        sourceId: null,
        simulcastId: null,
        bitsPerSecond: BigInt(ingestBitsPerSecond),
        ownPriority: null,
        endsAt: null,
      },
      token,
      beganAt - liveForHours * HOUR_MS,
    );
  }

  // Last, so that the ids above are the same with and without it.
  const many = bulkSeed(bulk, beganAt, bulkPartners);
  for (const draft of many.tokens.publish) tokens.publish.add(draft);
  for (const draft of many.tokens.subscribe) tokens.subscribe.add(draft);

  return {
    account: {
      accountId: ACCOUNT_ID,
      defaultCluster: SEED_CLUSTER,
      countries: { allowedCountries: [], deniedCountries: [] },
      geoCascade: { isEnabled: false, clusters: ["all"] },
      enableUTCInsertion: false,
    },
    profiles: [...SEED_STREAMS, ...many.profiles],
  };
}
