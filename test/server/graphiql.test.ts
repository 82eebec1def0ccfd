import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { print } from "graphql";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildGraphiQL } from "../../src/server/graphiql/build.ts";
import { tabs } from "../../src/server/graphiql/tabs.ts";
import { type Listening, listen } from "../../src/server/listen.ts";
import {
  AccountAgainstPartnersDocument,
  InspectViewerTokenDocument,
  PartnerMonthDocument,
  SignViewerTokenDocument,
  Step1_CreateSecuredStreamDocument,
  Step2_CreateMasterTokenDocument,
  Step3_CheckStreamDocument,
  StreamUsageDocument,
} from "../generated/operations.ts";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graphiql-"));
  await buildGraphiQL(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test${path}`, { headers });
const withPage = () => createTestGateway({ gateway: { graphiqlFolder: folder } });

describe("the tabs of GraphiQL", () => {
  const variables = (file: string) =>
    tabs.find((tab) => tab.file === file)?.variables(Date.parse("2026-03-18T10:20:00Z")) ?? {};

  it("run as they are over the sandbox", async () => {
    await using gateway = await createTestGateway();
    const { ask } = gateway;
    const stream = await ask(StreamUsageDocument, variables("stream-usage.graphql") as { stream: string });
    expect(stream).toMatchObject({ errors: [], data: { stream: { isLive: true, isSecured: true } } });
    expect(stream.data.stream?.bandwidth?.byCountry).toHaveLength(5);

    const month = await ask(
      PartnerMonthDocument,
      variables("partner-month.graphql") as { trackingId: string; month: string },
    );
    expect(month.errors).toEqual([]);
    expect(month.data.partner?.usage?.series?.points).toHaveLength(18);

    const onboarding = variables("onboard-partner.graphql") as { stream: string; partner: string; key: string };
    expect(await ask(Step1_CreateSecuredStreamDocument, onboarding)).toMatchObject({
      errors: [],
      data: { createPublishToken: { userErrors: [] } },
    });
    expect(await ask(Step2_CreateMasterTokenDocument, onboarding)).toMatchObject({
      errors: [],
      data: { createSubscribeToken: { userErrors: [] } },
    });
    expect(await ask(Step3_CheckStreamDocument, onboarding)).toMatchObject({
      errors: [],
      data: {
        stream: {
          isSecured: true,
          clusterConsistency: { isConsistent: true },
          partners: { nodes: [{ name: "meadow-tv" }] },
        },
      },
    });

    const signing = variables("sign-and-inspect.graphql") as {
      parent: number;
      stream: string;
      trackingId: string;
      jwt: string;
    };
    expect(await ask(SignViewerTokenDocument, signing)).toMatchObject({
      errors: [],
      data: { signViewerToken: { userErrors: [] } },
    });
    const inspected = await ask(InspectViewerTokenDocument, signing);
    expect(inspected).toMatchObject({
      errors: [],
      data: { inspectViewerToken: { inspection: { isAdmitted: false } } },
    });
    expect(inspected.data.inspectViewerToken?.inspection?.reasons).toHaveLength(3);

    const account = await ask(
      AccountAgainstPartnersDocument,
      variables("account-reconciliation.graphql") as { month: string },
    );
    expect(account).toMatchObject({ errors: [], data: { account: { reconciliation: {} } } });
  });

  it("are all there, each with a document", async () => {
    const { documents } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as {
      documents: Record<string, string>;
    };
    expect(Object.keys(documents).sort()).toEqual(tabs.map(({ file }) => file).sort());
    expect(print(StreamUsageDocument)).toContain("query StreamUsage");
  });
});

describe("GET /graphql", () => {
  it("shows a browser the page, without a key, and the page holds neither data nor schema", async () => {
    await using gateway = await withPage();
    const response = await gateway.gateway.fetch(get("/graphql", { accept: "text/html,*/*" }));
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page).not.toMatch(/https?:\/\//);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("asks anyone else for a key", async () => {
    await using gateway = await withPage();
    for (const accept of ["application/json", "*/*", "application/graphql-response+json"]) {
      expect((await gateway.gateway.fetch(get("/graphql", { accept }))).status).toBe(401);
    }
    expect((await gateway.gateway.fetch(get("/graphql?query={__typename}", { accept: "text/html" }))).status).toBe(401);
  });

  it("serves the page's files for ever, compressed for those who can take it, and no other file", async () => {
    await using gateway = await withPage();
    const plain = await gateway.gateway.fetch(get("/graphiql/boot.js?v=1"));
    expect(await plain.text()).toBe(await readFile("src/server/graphiql/boot.js", "utf8"));
    expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const compressed = await gateway.gateway.fetch(get("/graphiql/graphiql.js?v=1", { "accept-encoding": "gzip, br" }));
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    await compressed.body?.cancel();
    for (const path of [
      "/graphiql/",
      "/graphiql/manifest.json",
      "/graphiql/../package.json",
      "/graphiql/__proto__",
      "/boot.js",
    ]) {
      expect((await gateway.gateway.fetch(get(path))).status).toBe(401);
    }
  });

  it("is switched off by the configuration", async () => {
    await using gateway = await createTestGateway();
    expect((await gateway.gateway.fetch(get("/graphql", { accept: "text/html" }))).status).toBe(401);
    expect((await gateway.gateway.fetch(get("/graphiql/boot.js"))).status).toBe(401);
  });
});

describe.runIf(existsSync(CHROMIUM))("GraphiQL in a browser", () => {
  let browser: Browser;
  let gateway: TestGateway;
  let server: Listening;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    });
    gateway = await withPage();
    server = await listen(gateway.gateway.handle, "127.0.0.1", 0);
  });
  afterAll(async () => {
    await browser.close();
    await server.drain(100);
    await gateway[Symbol.asyncDispose]();
  });

  /** A page that fails the test when it asks anyone but this server, or when its code fails. */
  async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    const complaints: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto(`${server.url}${path}`);
    return { page, complaints };
  }

  it("opens with the key behind the address, hides it, and runs each of its tabs", { timeout: 90_000 }, async () => {
    const { page, complaints } = await open(`/graphql#key=${OPERATOR_KEY}`);
    const execute = page.getByRole("button", { name: /execute/i });
    await execute.waitFor({ timeout: 30_000 });
    expect(page.url()).toBe(`${server.url}/graphql`);
    // The editor holds the lines that are in view: the beginning of each answer.
    const shown = [
      { tab: "StreamUsage", part: "viewerCount" },
      { tab: "PartnerMonth", part: "northwind-tv" },
      { tab: "Step1_CreateSecuredStream", part: "createPublishToken", isOneOfSeveral: true },
      { tab: "SignViewerToken", part: "signViewerToken", isOneOfSeveral: true },
      { tab: "AccountAgainstPartners", part: "accountId" },
    ];
    for (const { tab, part, isOneOfSeveral } of shown) {
      await page.locator(".graphiql-tab-button", { hasText: tab }).click();
      // Just after a change of tabs GraphiQL still means the operation before: a person is slower than that, a test asks again.
      const operation = page.getByRole("menuitem", { name: tab, exact: true });
      const answer = page.locator(".graphiql-response").filter({ hasText: part });
      await vi.waitUntil(
        async () => {
          await execute.click();
          if (isOneOfSeveral) await operation.click({ timeout: 1_000 }).catch(() => null);
          return answer.waitFor({ timeout: 3_000 }).then(
            () => true,
            () => false,
          );
        },
        { timeout: 30_000 },
      );
      expect(await page.locator(".graphiql-response").textContent(), tab).not.toContain('"errors"');
      if (process.env["SCREENSHOTS"]) await page.screenshot({ path: join(process.env["SCREENSHOTS"], `${tab}.png`) });
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("asks for a key when it has none, and again when it is refused", { timeout: 60_000 }, async () => {
    const { page } = await open("/graphql");
    await page.getByLabel("Key:").fill("not-the-key");
    await page.getByRole("button", { name: "Open Syndigraph" }).click();
    await page.getByText("The key was refused.").waitFor({ timeout: 30_000 });
    await page.getByLabel(/refused/).fill(OPERATOR_KEY);
    await page.getByRole("button", { name: "Open Syndigraph" }).click();
    await page.getByRole("button", { name: /execute/i }).waitFor({ timeout: 30_000 });
    await page.close();
  });
});
