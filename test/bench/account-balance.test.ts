import { describe, expect, it } from "vitest";
import { type BalancedUsage, balanceOf } from "../../bench/drills/account-balance.ts";
import type { Traffic } from "../../src/model/usage/traffic.ts";

const viewers = (bytesOut: bigint): Traffic => ({ bytesOut, bytesIn: 0n, parts: null });

/** Traffic with its parts: viewers, re-streams, relays. */
function whole(standard: bigint, restream = 0n, geoCascade = 0n): Traffic {
  const part = (bytesOut: bigint) => ({ bytesOut, bytesIn: 0n });
  return {
    ...part(standard + restream + geoCascade),
    parts: {
      standard: part(standard),
      restream: { ...part(restream), secondsUsed: 0n },
      geoCascade: part(geoCascade),
    },
  };
}

/** 100 bytes to viewers of two streams, of whom 20 have no tracking id; 7 are re-streamed, 3 are relayed. */
const USAGE: BalancedUsage = {
  account: whole(100n, 7n, 3n),
  streams: new Map([
    ["derby", whole(60n, 7n, 3n)],
    ["final", whole(40n)],
  ]),
  trackingIds: new Map([
    ["acme", new Map([["derby", viewers(50n)]])],
    ["nobody", new Map([["final", viewers(30n)]])],
  ]),
};
const isClaimed = (trackingId: string) => trackingId === "acme";
const balanced = (changes: Partial<BalancedUsage> = {}) => balanceOf({ ...USAGE, ...changes }, isClaimed);

describe("the balance of an account", () => {
  it("explains every byte if all series are known", () => {
    expect(balanced()).toEqual({
      account: 110n,
      partners: 50n,
      unclaimed: 30n,
      untracked: 20n,
      restream: 7n,
      geoCascade: 3n,
      residual: 0n,
      missing: 0,
    });
  });

  it("leaves the viewers without a tracking id of a stream that is missing", () => {
    const streams = new Map([...USAGE.streams, ["derby", null]]);
    expect(balanced({ streams })).toMatchObject({ untracked: 10n, residual: 10n, missing: 1 });
  });

  it("leaves all viewers of a stream that nobody knows, who have no tracking id", () => {
    const streams = new Map([...USAGE.streams].slice(0, 1));
    const trackingIds = new Map([...USAGE.trackingIds].slice(0, 1));
    expect(balanced({ streams, trackingIds })).toMatchObject({ untracked: 10n, residual: 40n, missing: 0 });
  });

  it("takes nobody for a viewer without a tracking id while one is missing", () => {
    const trackingIds = new Map([...USAGE.trackingIds, ["acme", null]]);
    expect(balanced({ trackingIds })).toMatchObject({ partners: 0n, untracked: null, residual: 70n, missing: 1 });
  });

  it("is not known if the account is missing, and negative while a correction has reached a part of it alone", () => {
    expect(balanced({ account: null })).toBeNull();
    expect(balanced({ account: whole(90n, 7n, 3n) })).toMatchObject({ residual: -10n });
  });
});
