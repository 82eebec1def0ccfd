import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

const isLive = async (gateway: TestGateway, name: string) => {
  const { data } = await gateway.ask<{ stream: { isLive: boolean } }>(`{ stream(by: { name: "${name}" }) { isLive } }`);
  return data.stream.isLive;
};

describe("Mutation.stopStream", () => {
  it("disables the token that publishes the stream first, so that its encoder cannot reconnect", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "derby-final" } }) { stream { name } stoppingLevel disabledTokens { label isActive } userErrors { code } } }`,
    );
    expect(data).toEqual({
      stopStream: {
        stream: { name: "derby-final" },
        stoppingLevel: "STREAM",
        disabledTokens: [{ label: "derby-final", isActive: false }],
        userErrors: [],
      },
    });
    gateway.sandbox.clock.advance(60_000);
    expect(await isLive(gateway, "derby-final")).toBe(false);
  });

  it("lets the encoder reconnect within seconds without disableFirst", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "derby-final" }, disableFirst: false }) { userErrors { code } } }`,
    );
    expect(await isLive(gateway, "derby-final")).toBe(false);
    gateway.sandbox.clock.advance(10_000);
    expect(await isLive(gateway, "derby-final")).toBe(true);
  });

  it("stops nothing if the stream is not live, and returns NONE", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "rehearsal" } }) { stoppingLevel disabledTokens { label } userErrors { code } } }`,
    );
    expect(data).toEqual({ stopStream: { stoppingLevel: "NONE", disabledTokens: [], userErrors: [] } });
  });

  it("answers NOT_FOUND for an unknown stream", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "nobody-knows" } }) { stream { name } stoppingLevel userErrors { code path } } }`,
    );
    expect(data).toEqual({
      stopStream: { stream: null, stoppingLevel: null, userErrors: [{ code: "NOT_FOUND", path: ["input", "stream"] }] },
    });
  });
});

describe("Mutation.stopAllStreams", () => {
  it("ends every broadcast of the account", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{
      stopAllStreams: { stoppingLevel: string; disabledTokens: { label: string }[] };
    }>("mutation { stopAllStreams(input: {}) { stoppingLevel disabledTokens { label } userErrors { code } } }");
    expect(data.stopAllStreams.stoppingLevel).toBe("ACCOUNT");
    expect(data.stopAllStreams.disabledTokens.map(({ label }) => label).sort()).toEqual([
      "arena-main",
      "city-council",
      "derby-final",
      "harbor-news-24",
      "popups",
      "world-feed",
    ]);
    gateway.sandbox.clock.advance(60_000);
    const after = await gateway.ask("{ streams(filter: { isLive: true }) { totalCount } }");
    expect(after.data).toEqual({ streams: { totalCount: 0 } });
  });
});
