import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import { run } from "./support/program.ts";

const OPERATOR_KEY = "an-operator-key-of-the-tests";

/** Where gateways keep their stores, one after the other. */
const DATA_DIRECTORY = join(mkdtempSync(join(tmpdir(), "syndigraph-start-")), "data");
afterAll(() => rmSync(join(DATA_DIRECTORY, ".."), { recursive: true }));

const folder = inject("program") ?? "dist";
const MAIN = join(folder, "main.js");

/** A platform that is asked for nothing at start. */
const PLATFORM = {
  MILLICAST_API_SECRET: "secret-of-the-platform",
  MILLICAST_API_URL: "http://127.0.0.1:9",
  MILLICAST_ANALYTICS_URL: "http://127.0.0.1:9",
  SYNDIGRAPH_OPERATOR_KEY: OPERATOR_KEY,
  DATA_DIRECTORY,
};

async function ask(url: string, key: string, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

describe("npm start", () => {
  it("without any setting serves a sandbox, and says where, with which key, and what to ask first", async () => {
    await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0" });
    const [, page, key] = await gateway.printed(/GraphiQL +(http:\S+)#key=(\S+)/);
    const [, sandbox] = await gateway.printed(/sandbox of the platform \((http:\S+)\/sandbox\)/);
    const [, firstQuery] = await gateway.printed(/-d '(\{.*\})'/);
    const url = page?.replace("/graphql", "") ?? "";
    const { query } = JSON.parse(firstQuery ?? "") as { query: string };
    expect(await ask(url, key ?? "", query)).toMatchObject({
      data: { streams: { nodes: [{ bandwidth: { total: { gigabytesOut: expect.any(String) } } }, {}, {}, {}, {}] } },
    });
    expect((await fetch(page ?? "", { headers: { accept: "text/html" } })).headers.get("content-type")).toMatch(
      /^text\/html/,
    );

    gateway.signal("SIGTERM");
    expect(await gateway.exit).toBe(0);
    await expect(fetch(`${sandbox}/sandbox`)).rejects.toThrow();
  });

  it("with an API secret serves the platform at the addresses it is given, starts no sandbox and prints no key", async () => {
    await using sandbox = await createSandbox({ secret: "secret-of-the-platform" });
    await using gateway = run(MAIN, {
      PORT: "0",
      MILLICAST_API_SECRET: "secret-of-the-platform",
      MILLICAST_API_URL: sandbox.origin,
      MILLICAST_ANALYTICS_URL: `${sandbox.origin}/`,
      MILLICAST_DIRECTOR_URL: sandbox.origin,
      SYNDIGRAPH_OPERATOR_KEY: OPERATOR_KEY,
      DATA_DIRECTORY,
    });
    const [, url] = await gateway.printed(/serves (http:\S+)\/graphql/);
    expect((await fetch(`${url}/readiness`)).status).toBe(200);
    expect(await ask(url ?? "", OPERATOR_KEY, "{ account { accountId } }")).toMatchObject({
      data: { account: { accountId: "SYN4DX" } },
    });
    gateway.signal("SIGTERM");
    expect(await gateway.exit).toBe(0);
    expect(gateway.output()).not.toMatch(/secret-of-the-platform|an-operator-key/);
  });

  it("reads what the platform streams", async () => {
    await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0" });
    const [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\S+)\/graphql#key=(\S+)/);
    expect(
      await ask(url, key, `{ viewerRecords(window: { last: "PT6H" }, first: 1) { nodes { startedAt } } }`),
    ).toMatchObject({
      data: { viewerRecords: { nodes: [{ startedAt: expect.stringMatching(/Z$/) }] } },
    });
  });

  it("streams conferences over its sandbox where that is switched on", async () => {
    await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0", CONFERENCE_STREAMING: "on" });
    const [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\S+)\/graphql#key=(\S+)/);
    const conferenceId = "7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f";
    const start = `mutation { startConferenceStream(input: { conferenceId: "${conferenceId}" }) { stream { name } userErrors { code message } } }`;
    expect(await ask(url, key, start)).toMatchObject({
      data: { startConferenceStream: { stream: { name: conferenceId }, userErrors: [] } },
    });
    gateway.signal("SIGTERM");
    expect(await gateway.exit).toBe(0);
  });

  it("goes by the platform's clock, so that its viewer tokens are not dead on arrival", async () => {
    await using sandbox = await createSandbox({ startAt: new Date(Date.now() + 240_000).toISOString() });
    await using gateway = run(MAIN, {
      PORT: "0",
      MILLICAST_API_SECRET: sandbox.secret,
      MILLICAST_API_URL: sandbox.origin,
      MILLICAST_ANALYTICS_URL: sandbox.origin,
      MILLICAST_DIRECTOR_URL: sandbox.origin,
      SYNDIGRAPH_OPERATOR_KEY: OPERATOR_KEY,
      DATA_DIRECTORY,
    });
    const [, url = ""] = await gateway.printed(/serves (http:\S+)\/graphql/);
    await fetch(`${url}/readiness`);
    const answer = (await ask(
      url,
      OPERATOR_KEY,
      `mutation { signViewerToken(input: { token: { tokenId: 5001 } streamName: "derby-final" trackingId: "northwind-tv" expiresInSeconds: 60 }) { viewerToken { jwt } } }`,
    )) as { data: { signViewerToken: { viewerToken: { jwt: string } } } };
    const { jwt } = answer.data.signViewerToken.viewerToken;
    expect(await sandbox.attachViewers({ token: jwt, streamName: "derby-final" })).toMatchObject({ ok: true });
  });

  it("while the platform is down lives and waits for it; and signs on when it is gone again, with nobody to ask", async () => {
    await using sandbox = await createSandbox();
    sandbox.fault({ path: "*", drop: "before" });
    await using gateway = run(MAIN, {
      PORT: "0",
      MILLICAST_API_SECRET: sandbox.secret,
      MILLICAST_API_URL: sandbox.origin,
      MILLICAST_ANALYTICS_URL: sandbox.origin,
      MILLICAST_DIRECTOR_URL: sandbox.origin,
      SYNDIGRAPH_OPERATOR_KEY: OPERATOR_KEY,
      DATA_DIRECTORY,
    });
    const [, url = ""] = await gateway.printed(/serves (http:\S+)\/graphql/);
    const status = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect([await status("/health"), await status("/readiness")]).toEqual([200, 503]);
    expect(await ask(url, OPERATOR_KEY, "{ me { name } subscribeTokens { totalCount } }")).toMatchObject({
      data: { me: { name: "operator" }, subscribeTokens: null },
      errors: [{ extensions: { code: expect.stringMatching(/^UPSTREAM_/) } }],
    });
    sandbox.clearFaults();
    await expect.poll(() => status("/readiness")).toBe(200);
    await sandbox.close();
    const sign = `mutation { signViewerToken(input: { token: { tokenId: 5001 } streamName: "derby-final" trackingId: "northwind-tv" expiresInSeconds: 60 }) { viewerToken { jwt } } }`;
    expect(await ask(url, OPERATOR_KEY, sign)).toMatchObject({
      data: { signViewerToken: { viewerToken: { jwt: expect.stringMatching(/^eyJ/) } } },
    });
    gateway.signal("SIGTERM");
    expect(await gateway.exit).toBe(0);
  });

  it("keeps its store in a folder of its own, and gives it to the next one when it ends", async () => {
    const environment = { PORT: "0", SANDBOX: "on", SANDBOX_PORT: "0", DATA_DIRECTORY };
    for (let starts = 0; starts < 2; starts += 1) {
      await using gateway = run(MAIN, environment);
      await gateway.printed(/GraphiQL +(http:\S+)/);
      expect(statSync(DATA_DIRECTORY).mode & 0o777).toBe(0o700);
      expect(readdirSync(DATA_DIRECTORY)).toContain("syndigraph.db");
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
    }
  });

  it("registers the sandbox's partners at its first start, one of them suspended, and in no store that has records", async () => {
    const environment = {
      PORT: "0",
      SANDBOX: "on",
      SANDBOX_PORT: "0",
      DATA_DIRECTORY: join(DATA_DIRECTORY, "../partners"),
    };
    interface Partners {
      readonly partners: {
        readonly nodes: readonly { name: string; status: string; trackingIds: readonly string[] }[];
      };
      readonly findings: { readonly nodes: readonly { readonly code: string }[] };
      readonly auditLog: { readonly nodes: readonly object[] };
    }
    const query = `{ partners(first: 50) { nodes { id name status trackingIds currency timeZone subscribeTokens(first: 50) {
      nodes { isUsable } } } } findings(first: 50) { nodes { code } } auditLog(first: 50) { nodes { operation } } }`;
    const start = async (work: (asOperator: <T>(text: string) => Promise<T>) => Promise<void>) => {
      await using gateway = run(MAIN, environment);
      const [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\S+)\/graphql#key=(\S+)/);
      await work(async <T>(text: string) => ((await ask(url, key, text)) as { data: T }).data);
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
    };
    await start(async (asOperator) => {
      const { partners, findings } = await asOperator<Partners>(query);
      const registered = partners.nodes.filter(({ status }) => status !== "UNCLAIMED");
      expect(registered.length).toBeGreaterThan(5);
      expect(registered).toContainEqual(
        expect.objectContaining({
          name: "Kestrel Media",
          status: "ACTIVE",
          currency: "EUR",
          timeZone: "Europe/Berlin",
        }),
      );
      expect(registered.filter(({ status }) => status === "SUSPENDED")).toMatchObject([
        { name: "Willow Kids", subscribeTokens: { nodes: [{ isUsable: false }] } },
      ]);
      const codes = findings.nodes.map(({ code }) => code);
      expect(codes.filter((code) => code === "TRACKING_ID_UNCLAIMED").length).toBeLessThan(codes.length / 2);
      const changed = await asOperator(`mutation {
        resumePartner(input: { partner: { trackingId: "willow-kids" } }) { subscribeTokens { isActive } userErrors { code } }
        retirePartner(input: { partner: { trackingId: "quayside" } }) { userErrors { code } }
      }`);
      expect(changed).toMatchObject({
        resumePartner: { subscribeTokens: [{ isActive: true }], userErrors: [] },
        retirePartner: { userErrors: [] },
      });
    });
    await start(async (asOperator) => {
      const { partners, auditLog } = await asOperator<Partners>(query);
      const statusOf = (trackingId: string) =>
        partners.nodes.filter(({ trackingIds }) => trackingIds.includes(trackingId)).map(({ status }) => status);
      expect([statusOf("willow-kids"), statusOf("quayside")]).toEqual([["ACTIVE"], ["RETIRED"]]);
      expect(auditLog.nodes).toHaveLength(2);
    });
  });

  it("follows the sandbox's clock at once: the first answer has window and bytes of the same time", async () => {
    await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0", SANDBOX_START_AT: "2026-03-18T10:20:00Z" });
    const [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\S+)\/graphql#key=(\S+)/);
    const [, sandbox = ""] = await gateway.printed(/sandbox of the platform \((http:\S+)\/sandbox\)/);
    const control = (path: string, body: object) =>
      fetch(`${sandbox}/sandbox/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const readUsage = async () => {
      const { data } = (await ask(
        url,
        key,
        `{ stream(by: { name: "derby-final" }) { bandwidth(window: { last: "PT24H" }) {
           window { from to } freshUntil total { bytesOut } } } }`,
      )) as { data: { stream: { bandwidth: Usage } } };
      return data.stream.bandwidth;
    };
    interface Usage {
      readonly window: { readonly from: string; readonly to: string };
      readonly freshUntil: string;
      readonly total: { readonly bytesOut: string };
    }
    const bytesOf = async ({ window: { from, to } }: Usage) => {
      const range = `streamNames=derby-final&startDate=${from}&stopDate=${to}`;
      const response = await fetch(`${sandbox}/api/analytics/streams/total?${range}`, {
        headers: { authorization: "Bearer sandbox-secret" },
      });
      const { data } = (await response.json()) as { data: Record<string, { bytesOut: number }> };
      return `${data["derby-final"]?.bytesOut}`;
    };
    let earlier = await readUsage();
    expect(earlier.freshUntil).toMatch(/^2026-03-18T10:1/);
    for (const advanceMs of [3 * 3_600_000, 60_000, 40 * 86_400_000]) {
      expect((await control("clock", { advanceMs })).status).toBe(200);
      const usage = await readUsage();
      expect(usage.total.bytesOut).toBe(await bytesOf(usage));
      const moved = Date.parse(usage.window.to) - Date.parse(earlier.window.to);
      expect(Math.abs(moved - advanceMs)).toBeLessThan(3_600_001);
      earlier = usage;
    }
    await fetch(`${sandbox}/sandbox/reset`, { method: "POST" });
    expect((await readUsage()).freshUntil).toMatch(/^2026-03-18T10:1/);
  });

  it("says in one line why its store can't be opened, without the password, and does not start", async () => {
    for (const [location, reason] of [
      [
        { SANDBOX: "on", DATA_DIRECTORY: "package.json" },
        /^StoreError: The folder \/\S+\/package\.json can't be created \(\w+\)\. Set DATA_DIRECTORY .*\n$/,
      ],
      [
        { SANDBOX: "on", DATABASE_URL: "postgres://user:hunter2@127.0.0.1:1/syndigraph" },
        /^StoreError: DATABASE_URL names a database at 127\.0\.0\.1:1 that .* nothing answers at its address\.\n$/,
      ],
    ] as const) {
      await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0", ...location });
      expect(await gateway.exit).toBe(1);
      expect(gateway.output()).toMatch(reason);
      expect(gateway.output()).not.toContain("hunter2");
    }
  });

  it("tells all mistakes of the configuration at once, one a line, and does not start", async () => {
    await using gateway = run(MAIN, {
      PORT: "ninety",
      MILLICAST_API_SECRET: "secret-of-the-platform\n",
      MILLICAST_API_URL: "ftp://user:password@host/path",
      UPSTREAM_TIMEOUT_SECONDS: "0",
    });
    expect(await gateway.exit).toBe(1);
    expect(gateway.output()).toBe(
      [
        "ConfigError: The configuration has mistakes:",
        '  PORT must be a port, 0 to 65535; got "ninety"',
        "  MILLICAST_API_SECRET must be the API secret of the account, as shown in the platform's dashboard; got one with a line break at its end",
        '  MILLICAST_API_URL must be an origin such as https://api.millicast.com, without a path; got "ftp://[secret]@host/path"',
        '  UPSTREAM_TIMEOUT_SECONDS must be seconds, from 1 to 60; got "0"',
        "  SYNDIGRAPH_OPERATOR_KEY must be set when MILLICAST_API_SECRET is",
        "",
      ].join("\n"),
    );
  });

  it("over the sandbox does not print a configured operator's key, and tells of variables that it does not read", async () => {
    await using gateway = run(MAIN, {
      PORT: "0",
      SANDBOX_PORT: "0",
      SANDBOX: "on",
      SYNDIGRAPH_OPERATOR_KEY: OPERATOR_KEY,
      ALLOWED_ORIGIN: "https://a.example",
    });
    const [, url = ""] = await gateway.printed(/API +(http:\S+)\/graphql/);
    expect(await ask(url, OPERATOR_KEY, "{ me { name } }")).toMatchObject({ data: { me: { name: "operator" } } });
    gateway.signal("SIGTERM");
    expect(await gateway.exit).toBe(0);
    expect(gateway.output()).not.toContain(OPERATOR_KEY);
    expect(gateway.output()).toMatch(/unknown environment variable ALLOWED_ORIGIN; did you mean ALLOWED_ORIGINS\?/);
  });

  it.each([
    [{ HOST: "x86_64-conda-linux-gnu" }, /^MILLICAST_API_SECRET must be set when HOST="x86_64-conda-linux-gnu" is; /],
    [{ HOST: "not.a.host.invalid", SANDBOX: "on" }, /^HOST must be a name .*; got not\.a\.host\.invalid \(E\w+\)$/],
    [
      { HOST: "192.0.2.1", SANDBOX: "on" },
      /^HOST must be .* address of this machine.*; got 192\.0\.2\.1 \(EADDRNOTAVAIL\)$/,
    ],
    [{ HOST: "[::1]", SANDBOX: "on" }, /^HOST must be .* without port or brackets.*; got "\[::1\]"$/],
    [{ HOST: "not.a.host.invalid", ...PLATFORM }, /^HOST must be a name .*; got not\.a\.host\.invalid \(E\w+\)$/],
    [
      { HOST: "192.0.2.1", ...PLATFORM },
      /^HOST must be .* address of this machine.*; got 192\.0\.2\.1 \(EADDRNOTAVAIL\)$/,
    ],
    [{ HOST: "2001:db8::1", ...PLATFORM }, /^HOST must be .* address of this machine.*; got 2001:db8::1 \(E\w+\)$/],
    [{ SANDBOX_PORT: "70000" }, /^SANDBOX_PORT must be a port, 0 to 65535; got "70000"$/],
    [{ SANDBOX_START_AT: "soon" }, /^SANDBOX_START_AT must be a date .*; got 'soon'$/],
    [{ SANDBOX_LAG_SECONDS: "900" }, /^SANDBOX_LAG_SECONDS must be a whole number from 0 to 899; got '900'$/],
    [
      { TRACING: "on", SANDBOX: "on", OIDC_ISSUER: "a" },
      /^The configuration has mistakes:\n {2}OIDC_AUDIENCE must be set .*$/s,
    ],
  ])("says in one line by variable and value what it can't start with: %j", async (environment, line) => {
    await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0", ...environment });
    expect(await gateway.exit).toBe(1);
    const [, text = ""] = /^ConfigError: (.*)\n$/s.exec(gateway.output()) ?? [];
    expect(text).toMatch(line);
  });

  it("says so when its port or the sandbox's is taken", async () => {
    await using sandbox = await createSandbox();
    const { port } = new URL(sandbox.origin);
    for (const [name, environment] of [
      ["PORT", { PORT: port, SANDBOX_PORT: "0" }],
      ["PORT", { PORT: port, ...PLATFORM }],
      ["SANDBOX_PORT", { PORT: "0", SANDBOX_PORT: port }],
    ] as const) {
      await using gateway = run(MAIN, environment);
      expect(await gateway.exit).toBe(1);
      expect(gateway.output()).toBe(`ConfigError: ${name} must be free at 127.0.0.1; got ${port} (EADDRINUSE)\n`);
    }
  });

  it.each(["/proc/nope", "/proc/nope/a/b", "/dev/null/a", "/proc/self/exe", `${"a/".repeat(2_500)}b`])(
    "says at once that it can't make the folder of its store: %.20s",
    async (folder) => {
      await using gateway = run(MAIN, { PORT: "0", ...PLATFORM, DATA_DIRECTORY: folder });
      expect(await gateway.exit).toBe(1);
      expect(gateway.output()).toMatch(
        /^StoreError: The folder \S+ can't be created \(E\w+\)\. Set DATA_DIRECTORY .*\n$/,
      );
      expect(gateway.output()).toContain(folder);
    },
  );

  it("keeps its store in the user's folder wherever it is started, and names it in its first line", async () => {
    const home = mkdtempSync(join(tmpdir(), "syndigraph-home-"));
    const environment = { PORT: "0", ...PLATFORM, DATA_DIRECTORY: "", HOME: home };
    const folder = join(home, ".local/state/syndigraph");
    for (const cwd of [home, tmpdir()]) {
      await using gateway = run(resolve(MAIN), environment, [], cwd);
      await gateway.printed(new RegExp(`serves http:\\S+/graphql; its store is ${folder}\n`));
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
    }
    expect(readdirSync(home)).toEqual([".local"]);
    expect(readdirSync(folder)).toContain("syndigraph.db");

    const former = join(home, "checkout/.data");
    cpSync(folder, former, { recursive: true });
    rmSync(folder, { recursive: true });
    await using gateway = run(resolve(MAIN), environment, [], join(home, "checkout"));
    expect(await gateway.exit).toBe(1);
    expect(gateway.output()).toMatch(
      new RegExp(`^ConfigError: DATA_DIRECTORY must be set .*; found ${former}\\. .* move its files to ${folder}\n$`),
    );
    rmSync(home, { recursive: true });
  });

  it("on every address prints links that open", async () => {
    await using gateway = run(MAIN, { PORT: "0", SANDBOX_PORT: "0", SANDBOX: "on", HOST: "0.0.0.0" });
    const [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\/\/127\.0\.0\.1:\d+)\/graphql#key=(\S+)/);
    await gateway.printed(/sandbox of the platform \(http:\/\/127\.0\.0\.1:\d+\/sandbox\)/);
    await gateway.printed(/Store +in memory/);
    expect(await ask(url, key, "{ account { accountId } }")).toMatchObject({
      data: { account: { accountId: "SYN4DX" } },
    });
  });
});

describe("npm run sandbox", () => {
  it("serves the platform's paths on one origin, until it is told to end", async () => {
    await using sandbox = run(join(folder, "sandbox/main.js"), {
      SANDBOX_PORT: "0",
      SANDBOX_API_SECRET: "my-own-secret",
    });
    const [, origin] = await sandbox.printed(/platform: (http:\S+) /);
    const read = (secret: string) =>
      fetch(`${origin}/api/v3/account/info`, { headers: { authorization: `Bearer ${secret}` } });
    expect(await (await read("my-own-secret")).json()).toEqual({ status: "success", data: { accountId: "SYN4DX" } });
    expect((await read("sandbox-secret")).status).toBe(401);
    sandbox.signal("SIGTERM");
    expect(await sandbox.exit).toBe(0);
  });
});
