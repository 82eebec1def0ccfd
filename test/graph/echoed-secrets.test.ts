import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scopesOfRole } from "../../src/auth/scopes.ts";
import { PartRefusedError } from "../../src/model/errors.ts";
import { WITHHELD } from "../../src/model/redactor.ts";
import { type Alteration, createAlteringProxy } from "../support/altering-proxy.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway } from "../support/gateway.ts";

const SECRET = "Zk3vQ9-wLm7_pXc5Rt1yHb8Nf2Jd6Gs4";
/** A part that is shorter tells nothing. */
const PART = 8;

/** Where in an answer the platform may repeat what it was sent. */
const places: Readonly<Record<string, (text: string) => ReturnType<Alteration>>> = {
  message: (text) => answer(400, { status: "fail", data: { message: text } }),
  "field errors": (text) => answer(400, { status: "fail", data: { errors: { label: [text, text] }, message: text } }),
  "names of fields": (text) => answer(400, { status: "fail", data: { [text]: text, errors: { [text]: text } } }),
  "a long message": (text) =>
    answer(400, { status: "fail", data: { message: `${"because ".repeat(23)}${text} ${text}` } }),
  "data that is a text": (text) => answer(400, { status: "fail", data: text }),
  "an error": (text) => answer(500, { status: "error", message: text, code: text }),
  unauthorized: (text) => answer(401, { status: "fail", data: { message: text } }),
  "another status": (text) => answer(418, { status: "fail", message: text }),
  "a body that is no JSON": (text) => ({ ...answer(400, {}), body: `<p>${text}</p>` }),
  "a success of another form": (text) => answer(200, { status: text, data: { [text]: text } }),
  headers: (text) => answer(429, {}, { "retry-after": text, "x-echo": text, date: text, "content-type": text }),
};

function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

const spellings: readonly ((part: string) => string)[] = [
  (part) => part,
  (part) => part.toUpperCase(),
  (part) => `Bearer ${part}`,
  (part) => encodeURIComponent(part).replaceAll("-", "%2D"),
  (part) => [...part].map((character) => `&#${character.charCodeAt(0)};`).join(""),
  (part) => Buffer.from(Buffer.from(part).toString("base64")).toString("base64"),
  (part) => [...part].reverse().join(""),
  (part) => [...part].map((character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)).join(""),
];

/** Whether a part is told in one of the spellings, or in one that reads as it is. */
function tells(told: string, part: string): boolean {
  return partsIn(told).length > 0 || spellings.some((spell) => told.includes(spell(part)));
}

const asOperator = [
  "{ streams(first: 2) { nodes { name } } }",
  '{ stream(by: { name: "derby-final" }) { isLive bandwidth(window: { last: "P1D" }) { total { bytesOut } } } }',
  "{ account { storedMedia { totalBytes } } }",
  "{ transcoders(first: 1) { nodes { name } } }",
  '{ viewerRecords(streamName: "derby-final", window: { last: "PT1H" }, first: 1) { nodes { country } } }',
  'mutation { createSubscribeToken(input: { idempotencyKey: "KEY", label: "a", streams: [{ pattern: "derby-final" }] }) { userErrors { code message } } }',
  'mutation { updateSubscribeToken(input: { token: { tokenId: 5001 }, label: "b" }) { userErrors { code message } } }',
  "mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: 5001 }] }) { userErrors { code message } } }",
  'mutation { syndicateStream(input: { idempotencyKey: "KEY", stream: { name: "derby-final" }, partners: [{ trackingId: "northwind-tv" }] }) { steps { detail } userErrors { code message } } }',
  'mutation { rotateSubscribeToken(input: { idempotencyKey: "KEY", token: { tokenId: 5001 } }) { userErrors { code message } } }',
  "{ auditLog(first: 20) { nodes { operation outcome code detail } } }",
  "{ findings(first: 5) { nodes { code summary } } }",
];
/** An asset that the platform could not make. */
const failedAsset = (text: string) => ({
  id: "a1",
  type: "clip",
  status: "error",
  startTime: "2026-03-18T10:00:00.000Z",
  error: text,
});
const success = (data: unknown) => answer(200, { status: "success", data });

/** Where a success may hold the platform's words, with what asks for them. */
const successes: Readonly<
  Record<string, { readonly ask: string; readonly alter: (text: string) => Alteration; readonly shows: RegExp }>
> = {
  "the problem of an asset": {
    ask: "{ mediaAssets(first: 1) { nodes { problem } } }",
    alter: (text) => () => success([failedAsset(text)]),
    shows: /"problem":"[^"]*no access/,
  },
  "the reason of a deletion that failed": {
    ask: 'mutation { deleteMediaAssets(input: { mediaAssets: [{ assetId: "a1" }] }) { userErrors { code message } } }',
    alter: (text) => (_passing, path) =>
      path.endsWith("/a1") ? success(failedAsset(text)) : success({ errors: [{ id: "a1", error: text }] }),
    shows: /did not delete the asset: .*no access/,
  },
  "the reason of a token that was not disabled": {
    ask: "mutation { disablePublishTokens(input: { tokens: [{ tokenId: 1016 }] }) { userErrors { code message } } }",
    alter: (text) => (passing, path) =>
      path.endsWith("/disable") ? success({ failedTokens: [{ tokenId: 1016, errorMessage: text }] }) : passing,
    shows: /was not disabled: .*no access/,
  },
  "the end of a re-stream": {
    ask: '{ stream(by: { name: "derby-final" }) { feeds { restreams { error } } } }',
    alter: (text) => (passing, path) =>
      path.startsWith("/api/monitoring/streams") ? { ...passing, body: withRestream(passing.body, text) } : passing,
    shows: /"error":"[^"]*no access/,
  },
};

/** The answer with a re-stream that ended, in each feed. */
function withRestream(body: string, error: string): string {
  const restreams = [{ label: "x", url: "rtmp://x.test/live", active: false, events: [{ error }] }];
  return JSON.stringify(JSON.parse(body), (_name, value: unknown) =>
    typeof value === "object" && value !== null && "feedId" in value ? { ...value, restreams } : value,
  );
}

const asPartner = [
  "{ streams(first: 2) { nodes { name isLive } } }",
  '{ me { partner { usage(window: { last: "P1D" }) { total { bytesOut } } subscribeTokens(first: 2) { nodes { label } } } } }',
];

/** Parts of the secret that a text still has, read as it is and with its escapes undone. */
function partsIn(text: string): string[] {
  const readings = [text, text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))];
  readings.push(
    ...readings.map((reading) =>
      reading.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    ),
  );
  const lower = readings.join("\n").toLowerCase();
  const parts = Array.from({ length: SECRET.length - PART + 1 }, (_, at) => SECRET.slice(at, at + PART).toLowerCase());
  return parts.filter((part) => lower.includes(part));
}

describe("a platform that repeats what it was sent", () => {
  it("has no part of the API secret told to an operator, a partner or the log", async () => {
    await using sandbox = await createConformantSandbox({
      startAt: "2026-03-18T10:20:00Z",
      frozen: true,
      secret: SECRET,
    });
    await using proxy = await createAlteringProxy(sandbox.origin);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(places)),
        fc.constantFrom(...spellings),
        fc.integer({ min: 0, max: SECRET.length - PART }),
        fc.integer({ min: PART, max: SECRET.length }),
        fc.boolean(),
        fc.subarray(asOperator, { minLength: 3, maxLength: 4 }),
        async (place, spell, from, length, knowsTokens, operations) => {
          await using gateway = await createTestGateway({ over: sandbox, platform: proxy.origin });
          proxy.alter((passing) => passing);
          if (knowsTokens)
            await gateway.ask("{ subscribeTokens(first: 1) { totalCount } publishTokens(first: 1) { totalCount } }");
          const key = await partnerKey(gateway);
          const text = spell(SECRET.slice(from, from + length));
          proxy.alter(() => places[place]?.(`no access for ${text} here`) ?? answer(500, {}));
          const told: string[] = [];
          for (const operation of operations) {
            number += 1;
            told.push(JSON.stringify(await gateway.ask(operation.replace("KEY", `key-${number}`))));
          }
          const partner = gateway.as(key);
          for (const operation of asPartner) {
            const said = JSON.stringify(await partner.ask(operation));
            expect(said).not.toMatch(/no access for|because because/);
            told.push(said);
          }
          const part = SECRET.slice(from, from + length);
          expect(tells(told.join("\n"), part), told.join("\n")).toBe(false);
          expect(tells(gateway.logged(), part)).toBe(false);
        },
      ),
      { numRuns: 25, seed: 12 },
    );
  }, 240_000);

  it.each(Object.entries(successes))(
    "has no part of the API secret told by %s, and a sentence in its place or its other words are",
    async (_place, { ask, alter, shows }) => {
      await using sandbox = await createConformantSandbox({
        startAt: "2026-03-18T10:20:00Z",
        frozen: true,
        secret: SECRET,
      });
      await using proxy = await createAlteringProxy(sandbox.origin);
      for (const spell of spellings) {
        for (const part of [SECRET, SECRET.slice(0, PART), SECRET.slice(-PART - 3, -1)]) {
          await using gateway = await createTestGateway({ over: sandbox, platform: proxy.origin });
          proxy.alter(alter(`no access for ${spell(part)} here, ${"because ".repeat(19)}${spell(part)}`));
          const told = JSON.stringify(await gateway.ask(ask));
          expect(told.includes(WITHHELD) || shows.test(told), told).toBe(true);
          expect(tells(told, part), told).toBe(false);
          expect(tells(gateway.logged(), part)).toBe(false);
        }
      }
    },
  );

  it("has a partner told what part of a change did not happen, without its words", () => {
    const error = new PartRefusedError("Token 5 was not disabled", "quota of the account is used up", { a: 1 });
    expect(error).toMatchObject({ code: "CONFLICT", message: expect.stringMatching(/: quota of the account/) });
    expect(error.faceForPartners).toEqual({ message: "Token 5 was not disabled.", facts: { a: 1 } });
  });

  it("has its words told to the operator, and a fixed sentence to a partner", async () => {
    await using sandbox = await createConformantSandbox({ startAt: "2026-03-18T10:20:00Z", frozen: true });
    await using proxy = await createAlteringProxy(sandbox.origin);
    await using gateway = await createTestGateway({ over: sandbox, platform: proxy.origin });
    const key = await partnerKey(gateway);
    proxy.alter(() => answer(400, { status: "fail", data: { message: "quota of the account is used up" } }));
    const usage = 'usage(window: { last: "P1D" }) { total { bytesOut } }';
    const byOperator = await gateway.ask(`{ partner(by: { trackingId: "northwind-tv" }) { ${usage} } }`);
    expect(byOperator.errors[0]).toMatchObject({
      message: "The platform refused: quota of the account is used up",
      extensions: { code: "UPSTREAM_REJECTED", reasons: { message: "quota of the account is used up" } },
    });
    const byPartner = await gateway.as(key).ask(`{ me { partner { ${usage} } } }`);
    expect(byPartner.errors[0]).toMatchObject({
      message: "The platform refused the call.",
      extensions: { code: "UPSTREAM_REJECTED" },
    });
    expect(JSON.stringify(byPartner)).not.toContain("quota");
  });
});

async function partnerKey({
  ask,
  store,
  sandbox,
}: Pick<Awaited<ReturnType<typeof createTestGateway>>, "ask" | "store" | "sandbox">): Promise<string> {
  await store.partners.create(
    { name: "Northwind", trackingIds: ["northwind-tv"], contact: null, timeZone: "UTC", currency: "EUR", notes: null },
    sandbox.clock.now(),
  );
  sandbox.clock.advance(1_000);
  const { data } = await ask<{ createApiKey: { secret: string } }>(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }`,
    {
      input: {
        idempotencyKey: "key",
        name: "desk",
        role: "PARTNER",
        partner: { trackingId: "northwind-tv" },
        scopes: scopesOfRole.PARTNER,
      },
    },
  );
  return data.createApiKey.secret;
}
