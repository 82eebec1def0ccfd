import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AlteringProxy, createAlteringProxy } from "../support/altering-proxy.ts";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";
import { createIdentityProvider, type TestIdentityProvider } from "../support/identity-provider.ts";
import { at } from "../support/time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const SIGN = `mutation { signViewerToken(input: { token: { tokenId: 5001 } streamName: "derby-final" trackingId: "northwind-tv" expiresInSeconds: 300 }) {
  viewerToken { expiresAt } userErrors { code } } }`;
const CREATE = `mutation ($key: ID!) { createSubscribeToken(input: { idempotencyKey: $key, label: "clock", expiresInSeconds: 86400, streams: [{ pattern: "derby-final" }], trackingId: "northwind-tv" }) {
  subscribeToken { tokenId } userErrors { code } } }`;

let sandbox: ConformantSandbox;
let proxy: AlteringProxy;
let idp: TestIdentityProvider;
let gateway: TestGateway;
/** The gateway's own time. */
let own = at(START);

beforeEach(async () => {
  own = at(START);
  sandbox = await createConformantSandbox({ startAt: START, frozen: true });
  proxy = await createAlteringProxy(sandbox.origin);
  idp = await createIdentityProvider();
  gateway = await createTestGateway({
    over: sandbox,
    platform: proxy.origin,
    gateway: { clock: () => own, platformClock: "MEASURED", monotonicMs: () => own, identityProvider: idp.options },
  });
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await idp[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** From now on every answer of the platform has this time, whatever its own clock says. */
function platformSays(time: number): void {
  proxy.alter((answer) => ({ ...answer, headers: { ...answer.headers, date: new Date(time).toUTCString() } }));
}

/** Has the platform asked so often that its time would be known. */
async function ask(times = 4): Promise<void> {
  for (let asked = 0; asked < times; asked += 1)
    await gateway.gateway.fetch(new Request("http://gateway.test/readiness"));
  for (let asked = 0; asked < times; asked += 1) {
    own += 1;
    await gateway.ask(
      `{ account { usage(window: { range: { from: "2026-03-18T0${asked}:00:00Z", to: "2026-03-18T09:00:00Z" } }) { total { bytesOut } } } }`,
    );
  }
}

async function createKey(expiresInSeconds: number): Promise<string> {
  const { data } = await gateway.ask<{ createApiKey: { secret: string } }>(
    `mutation { createApiKey(input: { idempotencyKey: "k${expiresInSeconds}", name: "desk", role: ANALYST, scopes: ["usage:read"], expiresInSeconds: ${expiresInSeconds} }) { secret } }`,
  );
  return data.createApiKey.secret;
}

const statusAs = async (bearer: string) => (await gateway.as(bearer).ask("{ me { role } }")).status;

async function signedUntil(): Promise<string | undefined> {
  const { data } = await gateway.ask<{ signViewerToken: { viewerToken: { expiresAt: string } | null } }>(SIGN);
  return data.signViewerToken.viewerToken?.expiresAt;
}

describe.each([
  ["2.5 hours behind", -2.5 * HOUR],
  ["2 hours ahead", 2 * HOUR],
  ["25 hours ahead", 25 * HOUR],
  ["in 2050", at("2050-03-18T10:20:00Z") - at(START)],
  ["4 minutes behind", -4 * MINUTE],
  ["4 minutes ahead", 4 * MINUTE],
])("while every answer of the platform is dated %s", (_name, offset) => {
  it("an API key and a provider's token live by the gateway's own clock", async () => {
    const key = await createKey(60);
    const token = await idp.token(own, { exp: Math.floor(own / 1000) + 60 });
    platformSays(own + offset);
    await ask();
    expect([await statusAs(key), await statusAs(token)]).toEqual([200, 200]);
    own += 10 * MINUTE;
    platformSays(own + offset);
    expect([await statusAs(key), await statusAs(token)]).toEqual([401, 401]);
  });

  it("an idempotency key stands for what it made, and no other create sweeps it", async () => {
    const create = async (key: string) =>
      (await gateway.ask<{ createSubscribeToken: { subscribeToken: { tokenId: number } } }>(CREATE, { key })).data
        .createSubscribeToken.subscribeToken.tokenId;
    const made = await create("once");
    platformSays(own + offset);
    await ask();
    own += 2 * HOUR;
    platformSays(own + offset);
    await create("another");
    expect(await create("once")).toBe(made);
  });

  it("the audit log tells the gateway's own time", async () => {
    platformSays(own + offset);
    await ask();
    await createKey(90);
    const { data } = await gateway.ask("{ auditLog(first: 1) { nodes { at operation } } }");
    expect(data).toEqual({
      auditLog: { nodes: [{ at: expect.stringMatching(/^2026-03-18T10:20/), operation: "createApiKey" }] },
    });
  });
});

describe("a create whose answer was lost", () => {
  it.each([10, -10, 3, -3])(
    "is found where the gateway's clock is %i minutes ahead of the platform's",
    async (ahead) => {
      own += ahead * MINUTE;
      await ask();
      let made = 0;
      proxy.alter((answer, path) => {
        if (path !== "/api/subscribe_token") return answer;
        made += 1;
        return { ...answer, status: 502, body: "bad gateway" };
      });
      const { data } = await gateway.ask(CREATE, { key: "lost" });
      own += 11_000;
      const again = await gateway.ask<{ createSubscribeToken: { subscribeToken: object } }>(CREATE, { key: "lost" });
      expect([data, again.data]).toContainEqual({
        createSubscribeToken: { subscribeToken: { tokenId: expect.any(Number) }, userErrors: [] },
      });
      expect(made).toBe(1);
    },
  );
});

describe("a viewer token", () => {
  it("is signed by the platform's clock where that differs by minutes", async () => {
    platformSays(own + 4 * MINUTE);
    await ask();
    expect(await signedUntil()).toMatch(/^2026-03-18T10:29/);
  });

  it("is signed by the gateway's own clock where the platform's differs by more, and the log says so once", async () => {
    platformSays(at("2050-03-18T10:20:00Z"));
    await ask();
    await ask();
    expect(await signedUntil()).toMatch(/^2026-03-18T10:25/);
    expect(gateway.logged().match(/the platform's clock differs too much/g)).toHaveLength(1);
    const metrics = await gateway.gateway.fetch(
      new Request("http://gateway.test/metrics", { headers: { authorization: "Bearer operator-key-of-the-tests" } }),
    );
    const text = await metrics.text();
    expect(text).toMatch(/^syndigraph_platform_clock_offset_seconds 757382400/m);
    expect(text).toMatch(/^syndigraph_platform_clock_applied_offset_seconds 0$/m);
  });

  it.each([503, 400, 401])("is signed by no time of an answer with status %i", async (status) => {
    proxy.alter(({ body }) => ({
      status,
      headers: { "content-type": "application/json", date: new Date(own + 4 * MINUTE).toUTCString() },
      body: body && JSON.stringify({ status: "error", message: "no" }),
    }));
    await ask();
    proxy.alter((answer) => ({ ...answer, headers: { ...answer.headers, date: new Date(own).toUTCString() } }));
    own += 31_000;
    expect(await signedUntil()).toMatch(/^2026-03-18T10:25/);
  });
});
