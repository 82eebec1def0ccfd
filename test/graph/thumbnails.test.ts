import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";

interface Triggered {
  readonly isTriggered: boolean;
  readonly stream: { readonly name: string } | null;
  readonly userErrors: readonly Record<string, unknown>[];
}

async function trigger(gateway: TestGateway, streamName = "derby-final", more = ""): Promise<Triggered> {
  const { data, errors } = await gateway.ask<{ triggerThumbnail: Triggered }>(
    `mutation { triggerThumbnail(input: { stream: { name: "${streamName}" } ${more} }) {
       stream { name } isTriggered
       userErrors { __typename code message path ... on RateLimitedError { retryAfter retryAt } } } }`,
  );
  expect(errors).toEqual([]);
  return data.triggerThumbnail;
}

const calls = (gateway: TestGateway) => gateway.sandbox.calls().filter(({ path }) => path === "/api/thumbnails");

describe("Mutation.triggerThumbnail", () => {
  // The limit is measured by the gateway's own time, of which only the date is set: nothing is waited for.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: new Date(START) }));
  afterEach(() => void vi.useRealTimers());

  const pass = (gateway: TestGateway, ms: number) => {
    vi.setSystemTime(Date.now() + ms);
    gateway.sandbox.clock.advance(ms);
  };

  it("makes a thumbnail of a live stream, without any setting of its token", async () => {
    await using gateway = await createTestGateway();
    expect(await trigger(gateway)).toEqual({ stream: { name: "derby-final" }, isTriggered: true, userErrors: [] });
    expect(calls(gateway)).toHaveLength(1);
  });

  it("makes six in any minute, and the error has the time of the next", async () => {
    await using gateway = await createTestGateway();
    for (let time = 0; time < 6; time += 1) {
      expect((await trigger(gateway)).isTriggered).toBe(true);
      pass(gateway, 5_000);
    }
    expect(await trigger(gateway)).toEqual({
      stream: null,
      isTriggered: false,
      userErrors: [
        {
          __typename: "RateLimitedError",
          code: "RATE_LIMITED",
          message:
            "`input.stream` must not be pictured more than 6 times a minute; the next thumbnail is possible in 30 s.",
          path: ["input", "stream"],
          retryAfter: "PT30S",
          retryAt: "2026-03-18T10:21:00.000Z",
        },
      ],
    });
    // Refused by the gateway: the platform was not asked.
    expect(calls(gateway)).toHaveLength(6);
    // Of another stream one can be made all the same.
    expect((await trigger(gateway, "arena-main")).isTriggered).toBe(true);
    pass(gateway, 30_000);
    expect((await trigger(gateway)).isTriggered).toBe(true);
    // The minute of the second is not over yet.
    expect((await trigger(gateway)).userErrors).toMatchObject([{ code: "RATE_LIMITED", retryAfter: "PT5S" }]);
    expect(calls(gateway)).toHaveLength(8);
  });

  it("makes six if called many times at once", async () => {
    await using gateway = await createTestGateway();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => trigger(gateway)));
    expect(outcomes.filter(({ isTriggered }) => isTriggered)).toHaveLength(6);
    expect(calls(gateway)).toHaveLength(6);
  });

  it("of an idle stream is rejected by the platform, which does not count it", async () => {
    await using gateway = await createTestGateway();
    for (let time = 0; time < 8; time += 1) {
      expect(await trigger(gateway, "rehearsal")).toMatchObject({
        isTriggered: false,
        userErrors: [{ code: "UPSTREAM_REJECTED", message: expect.stringContaining("stream not being published") }],
      });
    }
    const token = gateway.sandbox.tokens.publish().find(({ label }) => label === "rehearsal")?.token ?? "";
    await gateway.sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 1_000_000 });
    expect((await trigger(gateway, "rehearsal")).isTriggered).toBe(true);
  });

  it("pictures the feed of a publish token if one is named", async () => {
    await using gateway = await createTestGateway();
    const id = (label: string) => gateway.sandbox.tokens.publish().find((token) => token.label === label)?.id;
    expect(
      (await trigger(gateway, "derby-final", `, publishToken: { tokenId: ${id("derby-final")} }`)).isTriggered,
    ).toBe(true);
    expect(await trigger(gateway, "derby-final", `, publishToken: { tokenId: ${id("marathon")} }`)).toMatchObject({
      userErrors: [{ code: "UPSTREAM_REJECTED" }],
    });
    expect((await trigger(gateway, "nobody-knows")).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  });

  it("needs the scope media:write", async () => {
    await using gateway = await createTestGateway({ scopes: ["stream:read", "stream:control"] });
    const { errors } = await gateway.ask(
      'mutation { triggerThumbnail(input: { stream: { name: "derby-final" } }) { isTriggered } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});
