import { describe, expect, it } from "vitest";
import { createObjectCaches } from "../../src/engine/serialized-object-cache.ts";
import { createTestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

describe("serialized object cache", () => {
  it("stores a text offered twice, for this object and selection alone", () => {
    const createObjectCache = createObjectCaches();
    const [texts, others, object] = [createObjectCache(), createObjectCache(), { id: 1 }];
    texts.store(object, "{}");
    expect(texts.get(object)).toBeUndefined();
    texts.store(object, "{}");
    expect([texts.get(object), texts.get({ id: 1 }), others.get(object)]).toEqual(["{}", undefined, undefined]);
  });

  it("drops the texts of all selections when they exceed the bound together", () => {
    const createObjectCache = createObjectCaches();
    const [first, second, object] = [createObjectCache(), createObjectCache(), {}];
    const keep = (texts: typeof first, kept: object, text: string) => {
      texts.store(kept, text);
      texts.store(kept, text);
    };
    keep(first, object, "a");
    expect(first.get(object)).toBe("a");
    for (let count = 0; count < 9; count += 1) keep(second, {}, "x".repeat(1_000_000));
    expect(first.get(object)).toBeUndefined();
    keep(first, object, "b");
    expect(first.get(object)).toBe("b");
  });

  it("serves no text of an object that has changed", async () => {
    await using gateway = await createTestGateway();
    const labels = () => gateway.ask("{ subscribeTokens(first: 3) { nodes { tokenId label } } }");
    await labels();
    await labels();
    const before = await labels();
    await gateway.ask(
      'mutation { updateSubscribeToken(input: { token: { tokenId: 5001 }, label: "renamed" }) { userErrors { code } } }',
    );
    const after = await labels();
    expect(JSON.stringify(before.data)).not.toContain("renamed");
    expect(after.data).toMatchObject({ subscribeTokens: { nodes: [{ tokenId: 5001, label: "renamed" }, {}, {}] } });
  });

  it("serves no text to a caller without access, even if another caller has just received it", async () => {
    await using gateway = await createTestGateway();
    const northwind = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const kestrel = await onboard(gateway, "kestrel-media", ["derby-final"]);
    const document = "{ subscribeTokens(first: 100) { nodes { tokenId trackingId } } }";
    type Tokens = { subscribeTokens: { nodes: { tokenId: number; trackingId: string }[] } };
    const seenBy = async (ask: typeof gateway.ask) => {
      await ask(document);
      await ask(document);
      return (await ask<Tokens>(document)).data.subscribeTokens.nodes.map(({ trackingId }) => trackingId);
    };
    expect(new Set(await seenBy(gateway.ask)).size).toBeGreaterThan(2);
    expect(new Set(await seenBy(gateway.as(northwind.key).ask))).toEqual(new Set(["northwind-tv"]));
    expect(new Set(await seenBy(gateway.as(kestrel.key).ask))).toEqual(new Set(["kestrel-media"]));
  });
});
