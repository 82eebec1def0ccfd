import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as send } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { createForwardProxy } from "../support/forward-proxy.ts";
import { createIdentityProvider, type TestIdentityProvider } from "../support/identity-provider.ts";
import { run } from "../support/program.ts";

const MAIN = join(inject("program") ?? "dist", "main.js");
const KEY = "an-operator-key-of-the-tests";
const data = mkdtempSync(join(tmpdir(), "syndigraph-proxy-"));
const certificate = join(data, "certificate.pem");

let sandbox: Sandbox;
let provider: TestIdentityProvider;
/** Serves the platform and the identity provider's keys over TLS. */
const secure = { port: 0, close: () => undefined as unknown };

beforeAll(async () => {
  sandbox = await createSandbox();
  provider = await createIdentityProvider();
  const key = join(data, "key.pem");
  const subject = ["-subj", "/CN=platform.test", "-addext", "subjectAltName=DNS:platform.test,DNS:idp.test"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files], {
    stdio: "ignore",
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const target = request.url === "/keys" ? provider.options.jwksUrl : `${sandbox.origin}${request.url}`;
    const { method, headers } = request;
    const forwarded = send(target, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  secure.port = (server.address() as AddressInfo).port;
  secure.close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterAll(async () => {
  secure.close();
  await sandbox.close();
  await provider[Symbol.asyncDispose]();
  rmSync(data, { recursive: true });
});

const environmentOf = (origin: string) => ({
  PORT: "0",
  MILLICAST_API_SECRET: sandbox.secret,
  MILLICAST_API_URL: origin,
  MILLICAST_ANALYTICS_URL: origin,
  SYNDIGRAPH_OPERATOR_KEY: KEY,
  DATA_DIRECTORY: join(data, "store"),
  NODE_EXTRA_CA_CERTS: certificate,
});

async function ask(url: string, key: string, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

const QUERY = `{ account { accountId } viewerRecords(window: { last: "PT6H" }, first: 1) { nodes { startedAt } } }`;
const ANSWER = {
  data: { account: { accountId: "SYN4DX" }, viewerRecords: { nodes: [{ startedAt: expect.stringMatching(/Z$/) }] } },
};

describe("a proxy", () => {
  it.each(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY"])(
    "named by %s carries HTTPS in a tunnel, also for the identity provider's keys",
    async (variable) => {
      await using proxy = await createForwardProxy({ "platform.test:443": secure.port, "idp.test:443": secure.port });
      await using gateway = run(MAIN, {
        ...environmentOf("https://platform.test"),
        [variable]: `http://user:hunter2@${proxy.address}`,
        OIDC_ISSUER: provider.options.issuer,
        OIDC_AUDIENCE: provider.options.audience,
        OIDC_JWKS_URL: "https://idp.test/keys",
      });
      const [, url = ""] = await gateway.printed(/serves (http:\S+)\/graphql/);
      expect(await ask(url, await provider.token(Date.now()), QUERY)).toMatchObject(ANSWER);
      expect(new Set(proxy.requests)).toEqual(
        new Set(["CONNECT platform.test:443 user:hunter2", "CONNECT idp.test:443 user:hunter2"]),
      );
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
      expect(gateway.output()).not.toContain("hunter2");
    },
  );

  it("named by HTTP_PROXY is asked for whole URLs by HTTP", async () => {
    await using proxy = await createForwardProxy({ "platform.test:80": Number(new URL(sandbox.origin).port) });
    await using gateway = run(MAIN, { ...environmentOf("http://platform.test"), HTTP_PROXY: proxy.address });
    const [, url = ""] = await gateway.printed(/serves (http:\S+)\/graphql/);
    expect(await ask(url, KEY, QUERY)).toMatchObject(ANSWER);
    expect(proxy.requests).toContain("GET http://platform.test/api/v3/account/info");
    gateway.signal("SIGTERM");
    expect(await gateway.exit).toBe(0);
  });

  it.each(["platform.test", ".test", "*.test", "other.example, platform.test:80", "*"])(
    "is not used for what NO_PROXY lists as %j",
    async (NO_PROXY) => {
      await using proxy = await createForwardProxy({ "platform.test:80": Number(new URL(sandbox.origin).port) });
      const environment = { ...environmentOf("http://platform.test"), HTTP_PROXY: proxy.address, NO_PROXY };
      await using gateway = run(MAIN, environment);
      const [, url = ""] = await gateway.printed(/serves (http:\S+)\/graphql/);
      expect(await ask(url, KEY, "{ account { accountId } }")).toMatchObject({
        errors: [{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }],
      });
      expect(proxy.requests).toEqual([]);
    },
  );

  it("is not used for the sandbox, nor for what is on this machine", async () => {
    await using proxy = await createForwardProxy({});
    const proxies = { HTTP_PROXY: proxy.address, HTTPS_PROXY: proxy.address };
    for (const environment of [
      { PORT: "0", SANDBOX_PORT: "0", SANDBOX: "on", SYNDIGRAPH_OPERATOR_KEY: KEY },
      environmentOf(sandbox.origin),
    ]) {
      await using gateway = run(MAIN, { ...environment, ...proxies });
      const [, url = ""] = await gateway.printed(/(?:API +|serves )(http:\S+)\/graphql/);
      expect(await ask(url, KEY, QUERY)).toMatchObject(ANSWER);
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
    }
    expect(proxy.requests).toEqual([]);
  });

  it("that is not there is told by readiness and log, without its credentials", async () => {
    await using gateway = run(MAIN, {
      ...environmentOf("https://platform.test"),
      HTTPS_PROXY: "http://user:hunter2hunter2@127.0.0.1:9",
    });
    const [, url = ""] = await gateway.printed(/serves (http:\S+)\/graphql/);
    expect((await fetch(`${url}/readiness`)).status).toBe(503);
    await gateway.printed(/ECONNREFUSED/);
    expect(gateway.output()).not.toContain("hunter2hunter2");
  });
});
