import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

const isLive = async (gateway: TestGateway, name: string) => {
  const { data } = await gateway.ask<{ stream: { isLive: boolean } }>(`{ stream(by: { name: "${name}" }) { isLive } }`);
  return data.stream.isLive;
};

describe("stopping a stream", () => {
  it("disables the token that publishes it first, so that its encoder stays away", async () => {
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

  it("without disabling lets the encoder come back within seconds", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "derby-final" }, disableFirst: false }) { userErrors { code } } }`,
    );
    expect(await isLive(gateway, "derby-final")).toBe(false);
    gateway.sandbox.clock.advance(10_000);
    expect(await isLive(gateway, "derby-final")).toBe(true);
  });

  it("that is not live stops nothing, and says so", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "rehearsal" } }) { stoppingLevel disabledTokens { label } userErrors { code } } }`,
    );
    expect(data).toEqual({ stopStream: { stoppingLevel: "NONE", disabledTokens: [], userErrors: [] } });
  });

  it("that nobody knows is not found", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "nobody-knows" } }) { stream { name } stoppingLevel userErrors { code path } } }`,
    );
    expect(data).toEqual({
      stopStream: { stream: null, stoppingLevel: null, userErrors: [{ code: "NOT_FOUND", path: ["input", "stream"] }] },
    });
  });
});

describe("stopping all streams", () => {
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
