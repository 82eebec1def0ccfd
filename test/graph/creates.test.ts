import { describe, expect, it } from "vitest";
import { createTestGateway } from "../support/gateway.ts";

/** Tokens to create; the drill `creates` creates more. */
const TOKENS = Number(process.env["CREATED_TOKENS"] ?? 100);
const AT_ONCE = 50;

interface Created {
  readonly createSubscribeToken: {
    readonly subscribeToken: { readonly tokenId: number } | null;
    readonly userErrors: readonly { readonly code: string }[];
  } | null;
}

describe("creating under a failing platform", () => {
  it("creates one token for each key, and reports each unknown outcome", async () => {
    await using gateway = await createTestGateway();
    // Some of the calls are carried out without a response, and some are lost on the way to the platform.
    for (let round = 0; round < TOKENS / 20; round += 1) {
      gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop: "after", skip: 13, times: 1 });
      gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop: "before", skip: 3, times: 1 });
    }
    const create = async (index: number): Promise<number | "UNKNOWN"> => {
      const { data } = await gateway.ask<Created>(
        `mutation ($key: ID!, $label: String!) { createSubscribeToken(input: { idempotencyKey: $key, label: $label, trackingId: "load",
           streams: [{ pattern: "derby-final" }] }) { subscribeToken { tokenId } userErrors { code } } }`,
        // Many have equal settings, as the tokens of one campaign do.
        { key: `key-${index}`, label: `load ${index % AT_ONCE}` },
      );
      const code = data.createSubscribeToken?.userErrors[0]?.code;
      if (code !== undefined) expect(code).toBe("OUTCOME_UNKNOWN");
      return data.createSubscribeToken?.subscribeToken?.tokenId ?? "UNKNOWN";
    };
    const made = new Map<number, number>();
    let unknown = 0;
    for (let begin = 0; begin < TOKENS; begin += AT_ONCE) {
      let pending = Array.from({ length: AT_ONCE }, (_, place) => begin + place);
      for (let tries = 0; pending.length > 0 && tries < 10; tries += 1) {
        const results = await Promise.all(pending.map(create));
        for (const [place, result] of results.entries()) {
          if (result === "UNKNOWN") unknown += 1;
          else made.set(pending[place] ?? -1, result);
        }
        pending = pending.filter((index) => !made.has(index));
        // Clients try again when the error says so.
        gateway.sandbox.clock.advance(11_000);
      }
    }
    expect(unknown).toBeGreaterThan(TOKENS / 50);
    expect(made.size).toBe(TOKENS);
    expect(new Set(made.values()).size).toBe(TOKENS);
    const { data } = await gateway.ask<{ subscribeTokens: { totalCount: number } }>(
      `{ subscribeTokens(filter: { labelContains: "load" }) { totalCount } }`,
    );
    expect(data.subscribeTokens.totalCount).toBe(TOKENS);
  });
});
