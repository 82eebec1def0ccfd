import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { print } from "graphql";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildGraphiQL } from "../../src/http/graphiql/build.ts";
import { readGraphiQL } from "../../src/http/graphiql/files.ts";
import { operatorTabs, partnerTabs, type Tab } from "../../src/http/graphiql/tabs.ts";
import { type HttpServer, listen } from "../../src/http/http-server.ts";
import {
  AccountAgainstPartnersDocument,
  AccountHealthDocument,
  InspectViewerTokenDocument,
  type InspectViewerTokenMutationVariables,
  MyMonthDocument,
  MyStreamsDocument,
  PartnerMonthDocument,
  PartnerYearDocument,
  SignViewerTokenDocument,
  type SignViewerTokenMutationVariables,
  Step1_OnboardPartnerDocument,
  type Step1_OnboardPartnerMutationVariables,
  Step2_RehearseSaleDocument,
  type Step2_RehearseSaleMutationVariables,
  Step3_SyndicateStreamDocument,
  Step4_CheckStreamDocument,
  Step5_ResumePartnerDocument,
  Step5_SuspendPartnerDocument,
  StreamUsageDocument,
} from "../generated/operations.ts";
import { createTestGateway, isBuilt, OPERATOR_KEY, START, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

/** Milliseconds for which a test waits for the browser: as long as a test may take. */
const PATIENCE_MS = 110_000;
const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graphiql-"));
  await buildGraphiQL(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test${path}`, { headers });
type SigningVariables = SignViewerTokenMutationVariables & InspectViewerTokenMutationVariables;
type OnboardingVariables = Step1_OnboardPartnerMutationVariables & Step2_RehearseSaleMutationVariables;

const withPage = async () => createTestGateway({ gateway: { graphiql: await readGraphiQL(folder) } });

describe("GraphiQL tabs", () => {
  /** What the page fills in, as the type that codegen has given the document's variables. */
  const variables = <Variables>(tabs: readonly Tab[], file: string) =>
    (tabs.find((tab) => tab.file === file)?.variables(Date.parse(START)) ?? {}) as Variables;

  it("of the operator run as they are over the sandbox", async () => {
    await using gateway = await createTestGateway();
    const { ask } = gateway;
    const stream = await ask(StreamUsageDocument, variables(operatorTabs, "stream-usage.graphql"));
    expect(stream).toMatchObject({ errors: [], data: { stream: { isLive: true, isSecured: true } } });
    expect(stream.data.stream?.bandwidth?.byCountry).toHaveLength(5);

    const month = await ask(PartnerMonthDocument, variables(operatorTabs, "partner-month.graphql"));
    expect(month.errors).toEqual([]);
    expect(month.data.partner?.usage?.series?.points).toHaveLength(18);

    const year = await ask(PartnerYearDocument, variables(operatorTabs, "partner-year.graphql"));
    expect(year.errors).toEqual([]);
    expect(year.data.partner?.year).toMatchObject({ origin: "LIVE", series: { origin: "LIVE" } });
    expect(year.data.partner?.year?.series?.points).toHaveLength(12);

    const signing = variables<SigningVariables>(operatorTabs, "sign-and-inspect.graphql");
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
    expect(inspected.data.inspectViewerToken?.inspection?.viewing).toMatchObject({
      verdict: "REFUSED",
      isLive: true,
      decidedBy: { rule: "VIEWER_TOKEN" },
    });

    const account = await ask(
      AccountAgainstPartnersDocument,
      variables(operatorTabs, "account-reconciliation.graphql"),
    );
    expect(account).toMatchObject({ errors: [], data: { account: { reconciliation: {} } } });

    const health = await ask(AccountHealthDocument, variables(operatorTabs, "account-health.graphql"));
    expect(health.errors).toEqual([]);
    expect(health.data.findings?.nodes.map(({ severity }) => severity)).toContain("CRITICAL");
    expect(health.data.auditLog?.nodes.map(({ operation }) => operation)).toEqual([
      "inspectViewerToken",
      "signViewerToken",
    ]);
  });

  it("onboard a partner step by step, and make nothing twice when a step is repeated", async () => {
    await using gateway = await createTestGateway();
    const { ask, sandbox } = gateway;
    const onboarding = variables<OnboardingVariables>(operatorTabs, "onboard-partner.graphql");
    const madeTokens = () =>
      sandbox.calls().filter(({ method, path }) => method === "POST" && path.endsWith("_token")).length;

    const registered = await ask(Step1_OnboardPartnerDocument, onboarding);
    expect(registered).toMatchObject({
      errors: [],
      data: { onboardPartner: { partner: { name: "Meadow TV", status: "ACTIVE" }, userErrors: [] } },
    });
    expect(registered.data.onboardPartner?.apiKeySecret).toMatch(/^sgk_/);
    expect(await ask(Step1_OnboardPartnerDocument, onboarding)).toMatchObject({
      errors: [],
      data: { onboardPartner: { partner: { name: "Meadow TV" }, apiKeySecret: null, userErrors: [] } },
    });

    expect(await ask(Step2_RehearseSaleDocument, onboarding)).toMatchObject({
      errors: [],
      data: {
        syndicateStream: {
          steps: [
            { name: "CHECK_RULES", state: "DONE" },
            { name: "PUBLISH_TOKEN", state: "SKIPPED" },
            { name: "SUBSCRIBE_TOKEN", state: "SKIPPED" },
          ],
          userErrors: [],
        },
      },
    });
    expect(madeTokens()).toBe(0);

    const sold = await ask(Step3_SyndicateStreamDocument, onboarding);
    expect(sold).toMatchObject({
      errors: [],
      data: { syndicateStream: { syndications: [{ subscribeToken: { trackingId: "meadow-tv" } }], userErrors: [] } },
    });
    expect((await ask(Step3_SyndicateStreamDocument, onboarding)).data).toEqual(sold.data);
    expect(madeTokens()).toBe(2);

    expect(await ask(Step4_CheckStreamDocument, onboarding)).toMatchObject({
      errors: [],
      data: {
        stream: {
          isSecured: true,
          clusterConsistency: { isConsistent: true },
          partners: { nodes: [{ name: "Meadow TV" }] },
        },
      },
    });

    const changed = (status: string, isActive?: boolean) => ({
      partner: { status },
      subscribeTokens: isActive === undefined ? [] : [{ isActive }],
      userErrors: [],
    });
    const suspend = () => ask(Step5_SuspendPartnerDocument, onboarding);
    expect(await suspend()).toMatchObject({ errors: [], data: { suspendPartner: changed("SUSPENDED", false) } });
    expect(await suspend()).toMatchObject({ errors: [], data: { suspendPartner: changed("SUSPENDED") } });
    const resume = () => ask(Step5_ResumePartnerDocument, onboarding);
    expect(await resume()).toMatchObject({ errors: [], data: { resumePartner: changed("ACTIVE", true) } });
    expect(await resume()).toMatchObject({ errors: [], data: { resumePartner: changed("ACTIVE") } });
    expect((await ask(Step3_SyndicateStreamDocument, onboarding)).data).toEqual(sold.data);
  });

  it("of a partner run with its own key, once its first token is filled in", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "northwind-tv");
    const { ask } = gateway.as(key);

    const month = await ask(MyMonthDocument, variables(partnerTabs, "my-month.graphql"));
    expect(month).toMatchObject({ errors: [], data: { me: { partner: { name: "northwind-tv", findings: {} } } } });
    expect(month.data.me.partner?.usage?.series?.points).toHaveLength(18);
    expect(month.data.me.partner?.usageByStream?.nodes).not.toHaveLength(0);

    const streams = await ask(MyStreamsDocument, variables(partnerTabs, "my-streams.graphql"));
    expect(streams.errors).toEqual([]);
    expect(streams.data.streams?.nodes).toContainEqual(expect.objectContaining({ name: "derby-final", isLive: true }));
    const { tokenId, trackingId } = streams.data.subscribeTokens?.nodes[0] ?? {};

    const unfilled = variables<SigningVariables>(partnerTabs, "sign-and-inspect.graphql");
    const own = { parent: tokenId, trackingId, stream: "derby-final" };
    expect(Object.entries(unfilled).flatMap(([name, value]) => (value === null ? [name] : []))).toEqual(
      expect.arrayContaining(Object.keys(own)),
    );
    const signing = { ...unfilled, ...own } as SigningVariables;
    const signed = await ask(SignViewerTokenDocument, signing);
    expect(signed).toMatchObject({ errors: [], data: { signViewerToken: { userErrors: [] } } });
    const inspect = (jwt: string) => ask(InspectViewerTokenDocument, { jwt });
    expect(await inspect(signing.jwt)).toMatchObject({
      errors: [],
      data: { inspectViewerToken: { inspection: { isAdmitted: false } } },
    });
    expect(await inspect(signed.data.signViewerToken?.viewerToken?.jwt ?? "")).toMatchObject({
      errors: [],
      data: { inspectViewerToken: { inspection: { isAdmitted: true, reasons: [] } } },
    });
  });

  it("have short lines, which end before the buttons of the page, and figures before points", async () => {
    for (const { file } of [...operatorTabs, ...partnerTabs]) {
      const text = await readFile(`src/http/graphiql/tabs/${file}`, "utf8");
      expect(
        text.split("\n").filter((line) => line.length > 54),
        file,
      ).toEqual([]);
      const [beforePoints = "", ...others] = text.split("points {");
      if (others.length === 0) continue;
      expect(beforePoints, file).toContain("gigabytesOut");
      expect(others.join(""), file).not.toContain("gigabytesOut");
    }
  });

  it("are all there, each with a document", async () => {
    const { documents } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as {
      documents: Record<string, string>;
    };
    const files = [...operatorTabs, ...partnerTabs].map(({ file }) => file);
    expect(Object.keys(documents).sort()).toEqual([...new Set(files)].sort());
    expect(print(StreamUsageDocument)).toContain("query StreamUsage");
  });
});

describe("GET /graphql", () => {
  it("is where / leads a browser, and nobody else, by an address that is right under any path", async () => {
    await using gateway = await withPage();
    const response = await gateway.gateway.fetch(get("/", { accept: "text/html,*/*" }));
    expect([response.status, response.headers.get("location")]).toEqual([302, "graphql"]);
    expect((await gateway.gateway.fetch(get("/", { accept: "*/*" }))).status).toBe(401);
    const page = await (await gateway.gateway.fetch(get("/graphql", { accept: "text/html" }))).text();
    expect(page).not.toMatch(/(?:src|href)="\//);
  });

  it("serves a browser the page, without a key, and the page contains neither data nor schema", async () => {
    await using gateway = await withPage();
    await gateway.gateway.start();
    gateway.sandbox.clearCalls();
    const response = await gateway.gateway.fetch(get("/graphql", { accept: "text/html,*/*" }));
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page).not.toMatch(/https?:\/\//);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("requires a key from any other client", async () => {
    await using gateway = await withPage();
    for (const accept of ["application/json", "*/*", "application/graphql-response+json"]) {
      expect((await gateway.gateway.fetch(get("/graphql", { accept }))).status).toBe(401);
    }
    expect((await gateway.gateway.fetch(get("/graphql?query={__typename}", { accept: "text/html" }))).status).toBe(401);
  });

  it("serves the page's files for ever, compressed for those who can take it, and no other file", async () => {
    await using gateway = await withPage();
    const plain = await gateway.gateway.fetch(get("/graphiql/boot.js?v=1"));
    expect(await plain.text()).toBe(await readFile("src/http/graphiql/boot.js", "utf8"));
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

// A browser asks the gateway in this process.
describe.runIf(existsSync(CHROMIUM) && !isBuilt)("GraphiQL in a browser", () => {
  let browser: Browser;
  let gateway: TestGateway;
  let server: HttpServer;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      timeout: PATIENCE_MS,
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
  async function open(
    path: string,
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await prepare?.(page);
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

  /** Runs an operation of the tab with this title, until the beginning of its answer is in view. */
  async function run(page: Page, title: string, part: string, operation = title): Promise<string> {
    const execute = page.getByRole("button", { name: /execute/i });
    await execute.waitFor();
    await page.locator(".graphiql-tab-button", { hasText: title }).click();
    // Just after a change of tabs GraphiQL still means the operation before: a person is slower than that, a test asks again.
    const choice = page.getByRole("menuitem", { name: operation, exact: true });
    const response = page.locator(".graphiql-response");
    await vi.waitUntil(
      async () => {
        await execute.click();
        if (severalOperations.has(title)) await choice.click({ timeout: 3_000 }).catch(() => null);
        return response
          .filter({ hasText: part })
          .waitFor({ timeout: 3_000 })
          .then(
            () => true,
            () => false,
          );
      },
      { timeout: PATIENCE_MS },
    );
    return (await response.textContent()) ?? "";
  }
  /** Of these tabs the run button lists the operations. */
  const severalOperations = new Set(["Step1_OnboardPartner", "SignViewerToken"]);
  const titles = (page: Page) => page.locator(".graphiql-tab-button").allTextContents();

  it("opens with the key behind the address, hides it, and runs each of its tabs", async () => {
    const { page, complaints } = await open(`/graphql#key=${OPERATOR_KEY}`);
    const shown = [
      ["StreamUsage", "viewerCount"],
      ["PartnerMonth", "northwind-tv"],
      ["PartnerYear", "northwind-tv"],
      ["Step1_OnboardPartner", "onboardPartner"],
      ["SignViewerToken", "signViewerToken"],
      ["AccountAgainstPartners", "accountId"],
      ["AccountHealth", "CRITICAL"],
    ] as const;
    for (const [tab, part] of shown) expect(await run(page, tab, part), tab).not.toContain('"errors"');
    expect(page.url()).toBe(`${server.url}/graphql`);
    expect(await titles(page)).toEqual(shown.map(([tab]) => tab));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("opens for a partner with its own tabs and the graph's docs", async () => {
    const { key, tokenIds } = await onboard(gateway, "orchard-sports", ["derby-final"]);
    const { page, complaints } = await open(`/graphql#key=${key}`);
    expect(await run(page, "MyMonth", "orchard-sports")).not.toContain('"errors"');
    expect(await run(page, "MyStreams", "derby-final")).not.toContain('"errors"');
    expect(await titles(page)).toEqual(["MyMonth", "MyStreams", "SignViewerToken"]);

    const signed = await run(page, "SignViewerToken", "jwt");
    expect(signed).toContain("eyJ");
    expect(signed).not.toContain('"errors"');
    const variables = await page.locator(".graphiql-editor-tool").textContent();
    expect(variables).toContain(`${tokenIds[0]}`);
    expect(await run(page, "SignViewerToken", "isAdmitted", "InspectViewerToken")).not.toContain('"errors"');

    await page.getByRole("button", { name: /documentation explorer/i }).click();
    await page.locator(".graphiql-doc-explorer").getByText("Query", { exact: true }).click();
    await page.locator(".graphiql-doc-explorer").getByText("subscribeTokens", { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows at 1,400 pixels every line of the document beside its buttons", async () => {
    const { page } = await open(`/graphql#key=${OPERATOR_KEY}`, (opened) =>
      opened.setViewportSize({ width: 1400, height: 900 }),
    );
    await run(page, "StreamUsage", "viewerCount");
    for (const title of await titles(page)) {
      await page.locator(".graphiql-tab-button", { hasText: title }).click();
      const [lines, buttons] = await page.evaluate(() => {
        const texts = [...document.querySelectorAll(".graphiql-query-editor .view-line > span")];
        const left = document.querySelector(".graphiql-toolbar")?.getBoundingClientRect().left ?? 0;
        return [texts.map((text) => text.getBoundingClientRect().right), left];
      });
      expect(lines.length).toBeGreaterThan(10);
      expect(Math.max(...lines), title).toBeLessThanOrEqual(buttons);
    }
    await page.close();
  });

  it("has room for document and answer on a phone", async () => {
    const { page, complaints } = await open(`/graphql#key=${OPERATOR_KEY}`, (opened) =>
      opened.setViewportSize({ width: 390, height: 844 }),
    );
    await run(page, "StreamUsage", "viewerCount");
    const boxOf = async (selector: string) =>
      (await page.locator(selector).first().boundingBox()) ?? { width: 0, height: 0 };
    for (const selector of [".graphiql-query-editor", ".graphiql-response"]) {
      const { width, height } = await boxOf(selector);
      expect(width, selector).toBeGreaterThan(330);
      expect(height, selector).toBeGreaterThan(150);
    }
    expect(await run(page, "AccountHealth", "CRITICAL")).not.toContain('"errors"');
    await page.getByRole("button", { name: /documentation explorer/i }).click();
    expect((await boxOf(".graphiql-doc-explorer")).width).toBeGreaterThan(300);
    await page.getByRole("button", { name: /documentation explorer/i }).click();
    await page.locator(".graphiql-response").click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("finds in the docs what a word means, names first", async () => {
    const { page, complaints } = await open(`/graphql#key=${OPERATOR_KEY}`);
    await page.getByRole("button", { name: /execute/i }).waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: /documentation explorer/i }).click();
    const search = page.locator("[data-cy=doc-explorer-input]");
    const results = page.locator("[data-cy=doc-explorer-option]");
    for (const [word, ...found] of [
      ["leak", "Query.findings", "Account.untrackedUsage"],
      ["leaks", "Query.findings"],
      ["bill", "StorageUsage.billed", "Partner.usage", "Account.reconciliation"],
      ["owe", "Partner.usage", "Account.reconciliation"],
      ["invoice", "Partner.usage"],
      ["untracked", "Account.untrackedUsage"],
      ["canView", "Query.canView"],
      ["frame with the hosted player", "StreamPlayback.embedHtml"],
    ] as const) {
      await search.fill(word);
      for (const name of found) await results.filter({ hasText: name }).first().waitFor({ timeout: 20_000 });
    }
    await search.fill("leak");
    await expect.poll(async () => (await results.allTextContents())[0]).toBe("Query.findings");
    await search.fill("usage");
    await results.filter({ hasText: "Partner.usage" }).first().waitFor();
    expect((await results.allTextContents()).length).toBeLessThanOrEqual(100);
    await search.fill("(*[");
    await page.getByText("No results found").waitFor();
    await search.fill("suspendPartner");
    await results.filter({ hasText: "Mutation.suspendPartner" }).first().click();
    await page.locator(".graphiql-doc-explorer-title", { hasText: "suspendPartner" }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows the operator's tabs if the key's role is unknown", async () => {
    const { page } = await open(`/graphql#key=${OPERATOR_KEY}`, (opened) =>
      opened.route("**/graphql", (route) =>
        route.request().postData()?.includes("{ me { role") ? route.fulfill({ status: 502 }) : route.continue(),
      ),
    );
    expect(await run(page, "StreamUsage", "viewerCount")).not.toContain('"errors"');
    expect(await titles(page)).toHaveLength(operatorTabs.length);
    await page.close();
  });

  it("leaves a partner without a token to fill in its own", async () => {
    const { key } = await onboard(gateway, "island-fm");
    const { page, complaints } = await open(`/graphql#key=${key}`);
    expect(await run(page, "MyMonth", "island-fm")).not.toContain('"errors"');
    await page.locator(".graphiql-tab-button", { hasText: "SignViewerToken" }).click();
    await page.locator(".graphiql-editor-tool").getByText('"parent": null').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("comes back after a reload with the tabs as they were", async () => {
    const { page } = await open(`/graphql#key=${OPERATOR_KEY}`);
    await run(page, "PartnerMonth", "northwind-tv");
    const before = await titles(page);
    await page.reload();
    expect(await run(page, "PartnerMonth", "northwind-tv")).not.toContain('"errors"');
    expect(await titles(page)).toEqual(before);
    await page.close();
  });

  it("never shows the tabs that another caller edited", async () => {
    const { key } = await onboard(gateway, "harbour-news", ["derby-final"]);
    const { page } = await open(`/graphql#key=${OPERATOR_KEY}`);
    await run(page, "StreamUsage", "viewerCount");
    await page.goto(`${server.url}/graphql?again#key=${key}`);
    await run(page, "MyMonth", "harbour-news");
    expect(await titles(page)).toEqual(["MyMonth", "MyStreams", "SignViewerToken"]);
    await page.close();
  });

  it("prompts for a key if it has none, and again if it is rejected", async () => {
    const { page } = await open("/graphql");
    expect(await page.getByRole("heading").textContent()).toBe("Syndigraph");
    expect(await page.locator("form p").textContent()).toContain("createApiKey");
    await page.getByLabel("Key:").fill("not-the-key");
    await page.getByRole("button", { name: "Open Syndigraph" }).click();
    await page.getByText("The key was refused.").waitFor();
    await page.getByLabel(/refused/).fill(OPERATOR_KEY);
    await page.getByRole("button", { name: "Open Syndigraph" }).click();
    await page.getByRole("button", { name: /execute/i }).waitFor();
    await page.close();
  });
});
