import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";

const syndicate = `mutation ($input: SyndicateStreamInput!) { syndicateStream(input: $input) {
  stream { name isSecured } publishToken { tokenId isSecured }
  syndications { partner { trackingId } subscribeToken { tokenId } secret playback { whepUrl } }
  steps { name state code partner { trackingId } token { tokenId } } userErrors { code path message } } }`;

interface Syndicated {
  readonly syndicateStream: {
    readonly publishToken: { readonly tokenId: number } | null;
    readonly syndications: readonly {
      readonly partner: { readonly trackingId: string };
      readonly subscribeToken: { readonly tokenId: number };
      readonly secret: string | null;
    }[];
    readonly steps: readonly { readonly name: string; readonly state: string; readonly code: string | null }[];
    readonly userErrors: readonly {
      readonly code: string;
      readonly path: readonly string[];
      readonly message: string;
    }[];
  };
}

const PARTNERS = ["meadow-tv", "brook-radio", "hill-press"];

async function register(gateway: TestGateway, trackingIds: readonly string[] = PARTNERS) {
  for (const trackingId of trackingIds) {
    const { data } = await gateway.ask<{ onboardPartner: { userErrors: unknown[] } }>(
      `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) { userErrors { code } } }`,
      { input: { idempotencyKey: trackingId, name: trackingId, trackingIds: [trackingId] } },
    );
    expect(data.onboardPartner.userErrors).toEqual([]);
  }
  gateway.sandbox.clearCalls();
}

const input = (more: object = {}) => ({
  idempotencyKey: "gala",
  stream: { name: "spring-gala" },
  partners: PARTNERS.map((trackingId) => ({ trackingId })),
  ...more,
});

async function sell(gateway: TestGateway, more: object = {}) {
  const { data, errors } = await gateway.ask<Syndicated>(syndicate, { input: input(more) });
  expect(errors).toEqual([]);
  return data.syndicateStream;
}

const states = ({ steps }: Syndicated["syndicateStream"]) => steps.map(({ state }) => state);
const writes = ({ sandbox }: TestGateway) => sandbox.calls().filter(({ method }) => method !== "GET");

describe("selling a stream", () => {
  it("makes a secured publish token, and a subscribe token for each partner", async () => {
    await using gateway = await createTestGateway();
    await register(gateway);
    const sold = await sell(gateway);
    expect(sold).toMatchObject({ stream: { name: "spring-gala", isSecured: true }, userErrors: [] });
    expect(states(sold)).toEqual(["DONE", "DONE", "DONE", "DONE", "DONE"]);
    expect(sold.syndications.map(({ partner }) => partner.trackingId)).toEqual(PARTNERS);
    expect(writes(gateway)).toHaveLength(4);
  });

  it("gives the same result for the same key, and changes nothing again", async () => {
    await using gateway = await createTestGateway();
    await register(gateway);
    const first = await sell(gateway);
    gateway.sandbox.clearCalls();
    expect(await sell(gateway)).toEqual(first);
    expect(writes(gateway)).toEqual([]);
  });

  it("uses again what fits, whoever made it", async () => {
    await using gateway = await createTestGateway();
    await register(gateway);
    await sell(gateway);
    gateway.sandbox.clearCalls();
    const again = await sell(gateway, { idempotencyKey: "another" });
    expect(states(again)).toEqual(["DONE", "REUSED", "REUSED", "REUSED", "REUSED"]);
    expect(again.syndications.map(({ secret }) => secret)).toEqual([null, null, null]);
    expect(writes(gateway)).toEqual([]);
  });

  it("in a dry run shows the steps and changes nothing", async () => {
    await using gateway = await createTestGateway();
    await register(gateway);
    const shown = await sell(gateway, { dryRun: true });
    expect(states(shown)).toEqual(["DONE", "SKIPPED", "SKIPPED", "SKIPPED", "SKIPPED"]);
    expect(writes(gateway)).toEqual([]);
    expect(states(await sell(gateway))).toEqual(["DONE", "DONE", "DONE", "DONE", "DONE"]);
  });

  it("is refused while some publish token leaves the stream open", async () => {
    await using gateway = await createTestGateway();
    await register(gateway);
    const { data } = await gateway.ask<{ streams: { nodes: { name: string; isSecured: boolean | null }[] } }>(
      "{ streams(first: 100) { nodes { name isSecured } } }",
    );
    const name = data.streams.nodes.find(({ isSecured }) => isSecured === false)?.name;
    const refused = await sell(gateway, { stream: { name } });
    expect(refused.userErrors).toMatchObject([{ code: "STREAM_UNSECURED", path: ["input", "stream"] }]);
    expect(states(refused)).toEqual(["FAILED", "SKIPPED", "SKIPPED", "SKIPPED", "SKIPPED"]);
    expect(writes(gateway)).toEqual([]);
  });

  it("is refused for a partner that is suspended, and for a tracking id that nobody has claimed", async () => {
    await using gateway = await createTestGateway();
    await register(gateway);
    await gateway.ask(
      `mutation { suspendPartner(input: { partner: { trackingId: "brook-radio" } }) { userErrors { code } } }`,
    );
    expect((await sell(gateway)).userErrors).toEqual([
      {
        code: "PARTNER_NOT_ACTIVE",
        path: ["input", "partners", "1"],
        message: "`input.partners.1` must be a registered, active partner; got `brook-radio`, which is suspended.",
      },
    ]);
    const unclaimed = await sell(gateway, { partners: [{ trackingId: "northwind-tv" }] });
    expect(unclaimed.userErrors).toEqual([
      {
        code: "PARTNER_NOT_ACTIVE",
        path: ["input", "partners", "0"],
        message: "`input.partners.0` must be a registered, active partner; got `northwind-tv`, which is unclaimed.",
      },
    ]);
  });

  it("labels subscribe tokens with the partner and the stream, cut to 128 characters", async () => {
    await using gateway = await createTestGateway();
    await register(gateway, ["meadow-tv"]);
    const name = "gala-".repeat(25);
    const sold = await sell(gateway, { stream: { name }, partners: [{ trackingId: "meadow-tv" }] });
    expect(sold.userErrors).toEqual([]);
    const { data } = await gateway.ask<{ subscribeTokens: { nodes: { label: string }[] } }>(
      `{ subscribeTokens(filter: { labelContains: "gala-gala" }) { nodes { label } } }`,
    );
    expect(data.subscribeTokens.nodes).toEqual([{ label: `meadow-tv: ${name}`.slice(0, 128) }]);
  });

  it.each([0, 1, 2, 3])("takes back what it made when call %i fails, and can be tried again", async (skip) => {
    await using gateway = await createTestGateway();
    await register(gateway);
    gateway.sandbox.fault({ path: "/api/*_token", method: "POST", status: 429, skip, times: 1 });
    const failed = await sell(gateway);
    const made = Array.from({ length: skip }, () => "ROLLED_BACK");
    const skipped = Array.from({ length: 3 - skip }, () => "SKIPPED");
    expect(states(failed)).toEqual(["DONE", ...made, "FAILED", ...skipped]);
    expect(failed.userErrors).toMatchObject([{ code: "UPSTREAM_RATE_LIMITED" }]);
    expect(writes(gateway).filter(({ method }) => method === "DELETE")).toHaveLength(skip);
    const { data } = await gateway.ask(
      `{ publishTokens(filter: { streamName: "spring-gala", labelContains: "spring-gala" }) { totalCount } }`,
    );
    expect(data).toEqual({ publishTokens: { totalCount: 0 } });
    expect(states(await sell(gateway))).toEqual(["DONE", "DONE", "DONE", "DONE", "DONE"]);
  });

  it.each(["before", "after"] as const)(
    "leads to the same tokens when the gateway dies in any step, %s the platform has done it",
    async (hang) => {
      for (let step = 0; step < 4; step += 1) {
        const store = await openStore({ kind: "memory" });
        const sandbox = await createConformantSandbox({ startAt: START, frozen: true });
        const options = { gateway: { store }, over: sandbox };
        const dying = await createTestGateway({ ...options, timeoutMs: 60_000 });
        await register(dying);
        sandbox.fault({ path: "/api/*_token", method: "POST", hang, skip: step, times: 1 });
        const lost = sell(dying).catch(() => null);
        await expect.poll(() => sandbox.calls().some(({ status }) => status === null)).toBe(true);

        // Another gateway takes over once the dead one's lease is over.
        sandbox.clock.advance(10 * 60_000);
        const heir = await createTestGateway(options);
        const sold = await sell(heir);
        expect(states(sold)).toEqual(["DONE", "DONE", "DONE", "DONE", "DONE"]);
        expect(await sell(heir)).toEqual(sold);
        const { data } = await heir.ask<{
          subscribeTokens: { totalCount: number };
          publishTokens: { totalCount: number };
        }>(
          `{ publishTokens(filter: { labelContains: "spring-gala" }) { totalCount }
             subscribeTokens(filter: { labelContains: "spring-gala" }) { totalCount } }`,
        );
        expect(data).toEqual({ publishTokens: { totalCount: 1 }, subscribeTokens: { totalCount: 3 } });

        await heir[Symbol.asyncDispose]();
        await sandbox.close();
        await lost;
        await dying[Symbol.asyncDispose]();
        await store.close();
      }
    },
  );
});

describe("the rules of a syndication", () => {
  interface Checked {
    readonly syndicateStream: {
      readonly steps: readonly { readonly name: string; readonly detail: string }[];
      readonly userErrors: readonly { readonly message: string }[];
    };
  }
  const check = async (gateway: TestGateway, name: string, key = "k", dryRun = true) => {
    const { data } = await gateway.ask<Checked>(
      "mutation ($input: SyndicateStreamInput!) { syndicateStream(input: $input) { steps { name detail } userErrors { message } } }",
      { input: { idempotencyKey: key, stream: { name }, partners: [{ trackingId: "meadow-tv" }], dryRun } },
    );
    return data.syndicateStream;
  };
  const rule = ({ steps }: Checked["syndicateStream"]) => steps.find(({ name }) => name === "CHECK_RULES")?.detail;

  it("state nothing about a stream that no publish token opens yet", async () => {
    await using gateway = await createTestGateway();
    await register(gateway, ["meadow-tv"]);
    const unchecked =
      "No publish token opens the stream yet, so there is none to check; the one that is created is secured.";
    const checked = "The stream is secured, its publish tokens agree, and publishers and viewers use one cluster.";
    expect(rule(await check(gateway, "not-there"))).toBe(unchecked);
    expect(rule(await check(gateway, "derby-final"))).toBe(checked);
    expect(rule(await check(gateway, "not-there", "k", false))).toBe(unchecked);
    expect(rule(await check(gateway, "not-there", "later"))).toBe(checked);
  });

  it("name one unsecured publish token in the singular and several in the plural, by id and label", async () => {
    await using gateway = await createTestGateway();
    await register(gateway, ["meadow-tv"]);
    const open = async (label: string) => {
      const { data } = await gateway.ask<{ createPublishToken: { publishToken: { tokenId: number } } }>(
        `mutation { createPublishToken(input: { idempotencyKey: "${label}", label: "${label}", isSecured: false, streams: [{ pattern: "open" }] }) { publishToken { tokenId } } }`,
      );
      return data.createPublishToken.publishToken.tokenId;
    };
    const message = async () => (await check(gateway, "open")).userErrors[0]?.message;
    const one = await open("cam");
    expect(await message()).toContain(`while publish token ${one} (\`cam\`) is not secured`);
    const two = await open("spare");
    expect(await message()).toContain(`while publish tokens ${one} (\`cam\`) and ${two} (\`spare\`) are not secured`);
  });
});
