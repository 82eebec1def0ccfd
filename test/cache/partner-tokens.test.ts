import { describe, expect, it } from "vitest";
import { createPartnerTokens } from "../../src/cache/partner-tokens.ts";
import { createPatternReadings } from "../../src/cache/pattern-readings.ts";
import type { RegisteredPartner } from "../../src/model/partner/partner.ts";
import { grants, subscribeToken } from "../support/records.ts";
import { tokenCacheOf } from "../support/token-cache.ts";

const partner = (id: string, ...trackingIds: string[]) => ({ id, trackingIds }) as unknown as RegisteredPartner;

describe("partner tokens", () => {
  it("are those with its tracking ids, and no publish tokens", async () => {
    const tokens = await tokenCacheOf(["derby"], ["acme", "other", "acme"]).read();
    const own = createPartnerTokens(createPatternReadings())(tokens, partner("1", "acme"));
    expect(own.subscribe.all().map(({ id }) => id)).toEqual([0, 2]);
    expect([own.publish.all(), own.withTrackingId("other"), own.trackingIds()]).toEqual([[], [], ["acme"]]);
  });

  it("are one snapshot for each partner, until a token of the account or its tracking ids change", async () => {
    const tokenCache = tokenCacheOf([], ["acme", "other"]);
    const tokens = await tokenCache.read();
    const partnerTokens = createPartnerTokens(createPatternReadings());
    const first = partnerTokens(tokens, partner("1", "acme"));
    expect(partnerTokens(tokens, partner("1", "acme"))).toBe(first);
    expect(partnerTokens(tokens, partner("2", "acme"))).not.toBe(first);
    expect(partnerTokens(tokens, partner("1", "acme", "other")).subscribe.all()).toHaveLength(2);
    tokenCache.put(subscribeToken({ id: 9, trackingId: "acme", streams: grants("derby") }));
    expect(
      partnerTokens(tokens, partner("1", "acme"))
        .subscribe.all()
        .map(({ id }) => id),
    ).toEqual([0, 9]);
  });

  it("are separate in each gateway", async () => {
    const tokens = await tokenCacheOf([], ["acme"]).read();
    const [one, other] = [createPartnerTokens(createPatternReadings()), createPartnerTokens(createPatternReadings())];
    expect(other(tokens, partner("1", "acme"))).not.toBe(one(tokens, partner("1", "acme")));
  });
});
