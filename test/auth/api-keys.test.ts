import { describe, expect, it } from "vitest";
import { generateApiKey } from "../../src/auth/api-keys.ts";
import { scopesOfRole } from "../../src/auth/scopes.ts";
import { createTestAuth } from "../support/auth.ts";

describe("API key", () => {
  it("is sgk_ and 32 random bytes, never twice the same", () => {
    const keys = Array.from({ length: 100 }, () => generateApiKey());
    for (const { key, hash } of keys) {
      expect(key.reveal()).toMatch(/^sgk_[\w-]{43}$/);
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(String(key)).toBe("[secret]");
    }
    expect(new Set(keys.map(({ key }) => key.reveal())).size).toBe(100);
  });

  it("makes its holder the caller: by its id, with its role, and with what both allow", async () => {
    await using auth = await createTestAuth();
    const { key, record } = await auth.addKey({
      name: "billing",
      role: "ANALYST",
      scopes: ["usage:read", "key:admin"],
    });
    expect(await auth.callerBy(key)).toEqual({
      principalId: `key:${record.id}`,
      name: "billing",
      role: "ANALYST",
      scopes: new Set(["usage:read"]),
      partner: null,
      expiresAt: null,
    });
  });

  it("of a partner makes a caller of that partner", async () => {
    await using auth = await createTestAuth();
    const partner = await auth.addPartner();
    const { key } = await auth.addKey({ role: "PARTNER", partnerId: partner.id });
    const caller = await auth.callerBy(key);
    expect(caller?.partner).toEqual(partner);
    expect(caller?.scopes).toEqual(new Set(scopesOfRole.PARTNER));
  });

  it("that was never issued authenticates nobody, nor does a part of one, nor one too long", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey();
    const text = key.reveal();
    for (const wrong of [
      generateApiKey().key.reveal(),
      text.slice(0, -1),
      `${text}A`,
      text.toUpperCase(),
      `sgk_${text}`,
    ]) {
      expect(await auth.callerBy(wrong)).toBeNull();
    }
  });

  it("opens nothing from the millisecond of its expiry on", async () => {
    await using auth = await createTestAuth();
    const expiresAt = auth.clock.now + 10_000;
    const { key } = await auth.addKey({ expiresAt });
    auth.clock.now = expiresAt - 1;
    expect(await auth.callerBy(key)).toMatchObject({ expiresAt });
    auth.clock.now = expiresAt;
    expect(await auth.callerBy(key)).toBeNull();
  });

  it("that is revoked is refused within a second by every gateway of the store", async () => {
    await using here = await createTestAuth();
    await using there = await createTestAuth({ store: here.store });
    const { key, record } = await here.addKey();
    expect(await here.callerBy(key)).not.toBeNull();
    expect(await there.callerBy(key)).not.toBeNull();
    await here.store.apiKeys.revoke(record.id, here.clock.now);
    for (const gateway of [here, there]) {
      gateway.clock.now += 1_000;
      expect(await gateway.callerBy(key)).toBeNull();
    }
  });

  it("of a partner reads on while it is suspended, signs again when it is resumed, and opens nothing once it is retired", async () => {
    await using auth = await createTestAuth();
    const partner = await auth.addPartner();
    const { key } = await auth.addKey({ role: "PARTNER", partnerId: partner.id });
    const scopesAfter = async (status: "SUSPENDED" | "RETIRED" | "ACTIVE") => {
      await auth.store.partners.update(partner.id, { status });
      auth.clock.now += 1_000;
      return (await auth.callerBy(key))?.scopes;
    };
    expect(await scopesAfter("SUSPENDED")).toEqual(
      new Set(scopesOfRole.PARTNER.filter((scope) => scope !== "token:sign")),
    );
    expect(await scopesAfter("ACTIVE")).toEqual(new Set(scopesOfRole.PARTNER));
    expect(await scopesAfter("RETIRED")).toBeUndefined();
  });

  it("costs one read of the store in most of a second, however many requests it makes at once", async () => {
    await using auth = await createTestAuth();
    let reads = 0;
    const apiKeys = auth.store.apiKeys;
    const byHash = (hash: string) => {
      reads += 1;
      return apiKeys.byHash(hash);
    };
    const { key } = await auth.addKey();
    await using gateway = await createTestAuth({ store: { ...auth.store, apiKeys: { ...apiKeys, byHash } } });
    await Promise.all(Array.from({ length: 50 }, () => gateway.callerBy(key)));
    gateway.clock.now += 799;
    await gateway.callerBy(key);
    expect(reads).toBe(1);
    gateway.clock.now += 2;
    await gateway.callerBy(key);
    expect(reads).toBe(2);
  });

  it("notes when it was used, once a minute", async () => {
    await using auth = await createTestAuth();
    const { key, record } = await auth.addKey();
    const lastUsed = async () => (await auth.store.apiKeys.byId(record.id))?.lastUsedAt;
    const begin = auth.clock.now;
    await auth.callerBy(key);
    await auth.close();
    expect(await lastUsed()).toBe(begin);
    auth.clock.now = begin + 59_999;
    await auth.callerBy(key);
    await auth.close();
    expect(await lastUsed()).toBe(begin);
    auth.clock.now = begin + 60_000;
    await auth.callerBy(key);
    await auth.close();
    expect(await lastUsed()).toBe(begin + 60_000);
  });

  it("is accepted even if its last use can't be recorded, which is logged", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey();
    const apiKeys = { ...auth.store.apiKeys, touch: () => Promise.reject(new Error("the disk is full")) };
    await using gateway = await createTestAuth({ store: { ...auth.store, apiKeys } });
    expect(await gateway.callerBy(key)).not.toBeNull();
    await gateway.close();
    expect(gateway.logged()).toContain("the use of an API key could not be recorded");
    expect(gateway.logged()).not.toContain(key.reveal());
  });

  it("can't be judged while the store is out of reach, and is judged again as soon as it is back", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey();
    let isDown = true;
    const apiKeys = auth.store.apiKeys;
    const byHash = (hash: string) => (isDown ? Promise.reject(new Error("down")) : apiKeys.byHash(hash));
    await using gateway = await createTestAuth({ store: { ...auth.store, apiKeys: { ...apiKeys, byHash } } });
    await expect(gateway.callerBy(key)).rejects.toThrow("down");
    expect(await gateway.callerBy("operator-key-of-the-tests")).toMatchObject({ principalId: "operator" });
    isDown = false;
    expect(await gateway.callerBy(key)).not.toBeNull();
  });
});

describe("API key: with origins", () => {
  const page = "https://app.northwind.example";

  it("opens for pages of these origins alone: not for others, and not for what is no page", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey({ allowedOrigins: [page, "http://localhost:5173"] });
    const isOpen = async (origin: string | null) => (await auth.callerBy(key, { origin })) !== null;
    expect(await isOpen(page)).toBe(true);
    expect(await isOpen("http://localhost:5173")).toBe(true);
    for (const origin of [null, "null", "", `${page}.evil.example`, `${page}/`, "http://app.northwind.example"]) {
      expect(await isOpen(origin)).toBe(false);
    }
  });

  it("is not needed by pages whose key names none", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey();
    expect(await auth.callerBy(key, { origin: page })).not.toBeNull();
  });
});

describe("API key: with networks", () => {
  it("opens from these addresses alone, also when they come as IPv6", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey({ allowedNetworks: ["192.0.2.0/24", "2001:db8::7"] });
    const isOpen = async (address: string | null) => (await auth.callerBy(key, { address })) !== null;
    for (const address of ["192.0.2.1", "::ffff:192.0.2.255", "2001:db8::7"]) expect(await isOpen(address)).toBe(true);
    for (const address of [null, "192.0.3.1", "2001:db8::8", "unknown"]) expect(await isOpen(address)).toBe(false);
  });

  it("opens from nowhere when none of them can be read", async () => {
    await using auth = await createTestAuth();
    const { key } = await auth.addKey({ allowedNetworks: ["everywhere"] });
    expect(await auth.callerBy(key, { address: "192.0.2.1" })).toBeNull();
  });
});
