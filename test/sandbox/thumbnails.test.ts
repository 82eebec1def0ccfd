import { describe, expect, it } from "vitest";
import { createConformantSandbox } from "../support/conformance.ts";
import { clientOf, publishToken, START } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });

describe("sandbox thumbnail on demand", () => {
  it("is made of a live stream, named by itself or by its token", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const trigger = (body: object) => client.post("/api/thumbnails", body);
    expect((await trigger({ streamName: "derby-final" })).body.data).toBe(true);
    expect((await trigger({ tokenId: publishToken(sandbox, "derby-final").id })).body.data).toBe(true);
    expect((await trigger({ streamName: "rehearsal" })).status).toBe(400);
    expect((await trigger({ streamName: "derby-final", tokenId: publishToken(sandbox, "rehearsal").id })).status).toBe(
      400,
    );
    expect((await trigger({})).status).toBe(400);
  });

  it("is limited to six a minute for each stream", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const trigger = async (streamName: string) => (await client.post("/api/thumbnails", { streamName })).status;
    for (let request = 0; request < 6; request++) {
      expect(await trigger("derby-final")).toBe(200);
      sandbox.clock.advance(1000);
    }
    expect(await trigger("derby-final")).toBe(429);
    expect(await trigger("arena-main")).toBe(200);
    sandbox.clock.advance(54_000);
    expect(await trigger("derby-final")).toBe(200);
    expect(await trigger("derby-final")).toBe(429);
  });
});
