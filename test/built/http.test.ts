import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { createIdentityProvider, type TestIdentityProvider } from "../support/identity-provider.ts";
import { type Program, run } from "../support/program.ts";

const MAIN = join(inject("program") ?? "dist", "main.js");
const KEY = "an-operator-key-of-the-tests";
const NGINX = "/usr/sbin/nginx";
const HAPROXY = "/usr/sbin/haproxy";
const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const folder = mkdtempSync(join(tmpdir(), "syndigraph-http-"));

let provider: TestIdentityProvider;
let gateway: Program;
let url: string;

beforeAll(async () => {
  provider = await createIdentityProvider();
  gateway = run(MAIN, {
    PORT: "0",
    SANDBOX: "on",
    SANDBOX_PORT: "0",
    SYNDIGRAPH_OPERATOR_KEY: KEY,
    ALLOWED_ORIGINS: "https://app.example.com",
    ALLOWED_HEADERS: "x-tenant",
    PUBLIC_URL: "https://tv.example.com/tv/",
    KEEP_ALIVE_SECONDS: "90",
    OIDC_ISSUER: provider.options.issuer,
    OIDC_AUDIENCE: "7mk1example",
    OIDC_AUDIENCE_CLAIM: "client_id",
    OIDC_JWKS_URL: provider.options.jwksUrl,
    OIDC_TOKEN_TYPE: "none,JWT",
    OIDC_ROLE_CLAIM: "realm_access.roles",
    OIDC_MAX_TOKEN_HOURS: "36",
  });
  [, url = ""] = await gateway.printed(/GraphiQL +(http:\S+)\/graphql/);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const post = (query: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...headers },
  body: JSON.stringify({ query }),
});

/** Sends bytes, and returns what comes back until the gateway closes the connection. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Runs another program until it is disposed. */
function started(command: string, ...given: string[]): { readonly output: () => string } & AsyncDisposable {
  const child: ChildProcess = spawn(command, given, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const exit = once(child, "exit");
  return {
    output: () => text,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await exit;
    },
  };
}

async function serveByNginx(port: number) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const file = join(folder, "nginx.conf");
  const toGateway = "proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection '';";
  writeFileSync(
    file,
    `daemon off; pid ${join(folder, "nginx.pid")}; error_log stderr; events {}
    http { access_log off; ${temporary.join(" ")} server { listen 127.0.0.1:${port};
      location /video/ { proxy_pass ${url}/; ${toGateway} }
      location /tv { proxy_pass ${url}; ${toGateway} } } }`,
  );
  const nginx = started(NGINX, "-c", file);
  await expect
    .poll(() => fetch(`http://127.0.0.1:${port}/video/health`).then(({ status }) => status, String))
    .toBe(200);
  return nginx;
}

describe("the built gateway", () => {
  it("answers HTTP/1.0 without Host and a URL as the target, and refuses a second Host", async () => {
    expect(await raw("GET /health HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
    expect(await raw("GET http://127.0.0.1/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 200 /,
    );
    expect(await raw("GET /health HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });

  it("keeps connections for as long as is configured", async () => {
    const answer = await raw("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    expect(answer.toLowerCase()).toContain("keep-alive: timeout=90\r\n");
  });

  it("allows pages to send headers of tracing, of clients, and those configured", async () => {
    const { headers } = await fetch(`${url}/graphql`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example.com", "access-control-request-method": "POST" },
    });
    const allowed = headers.get("access-control-allow-headers")?.split(", ");
    for (const name of ["traceparent", "baggage", "sentry-trace", "apollo-require-preflight", "x-tenant"]) {
      expect(allowed).toContain(name);
    }
  });

  it.each(["br", "gzip"])("compresses a long response with %s, and no short one", async (encoding) => {
    const accept = { "accept-encoding": encoding };
    const long = await fetch(`${url}/graphql`, post("{ __schema { types { name description } } }", accept));
    expect(long.headers.get("content-encoding")).toBe(encoding);
    expect(await long.json()).toHaveProperty("data.__schema.types.10.name");
    const short = await fetch(`${url}/graphql`, post("{ __typename }", accept));
    expect(short.headers.get("content-encoding")).toBeNull();
  });

  it("says that there are no subscriptions", async () => {
    const response = await fetch(`${url}/graphql`, post("subscription { ticks }"));
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ message: expect.stringContaining("no subscriptions"), extensions: { code: "BAD_REQUEST" } }] },
    ]);
  });

  it("accepts a token without typ and aud, with nested roles and 36 h, and logs why it refuses another", async () => {
    const now = Date.now();
    const claims = {
      aud: undefined,
      client_id: "7mk1example",
      roles: undefined,
      realm_access: { roles: "offline_access syndigraph-operator" },
      exp: Math.floor(now / 1_000) + 36 * 3_600,
    };
    const answerTo = async (token: string) => {
      const init = post("{ me { role } }", { authorization: `Bearer ${token}` });
      return (await fetch(`${url}/graphql`, init)).json();
    };
    expect(await answerTo(await provider.token(now, claims, { typ: undefined }))).toMatchObject({
      data: { me: { role: "OPERATOR" } },
    });
    const other = await provider.token(now, { ...claims, client_id: "another" }, { typ: undefined });
    expect(await answerTo(other)).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    await gateway.printed(/the claim client_id must contain 7mk1example \(OIDC_AUDIENCE\); got/);
    for (const part of other.split(".")) expect(gateway.output()).not.toContain(part);
  });

  it("is served under the path of PUBLIC_URL, and leads browsers to GraphiQL", async () => {
    const response = await fetch(`${url}/tv/graphql`, post("{ __typename }"));
    expect(await response.json()).toMatchObject({ data: { __typename: "Query" } });
    const page = await fetch(`${url}/tv`, { headers: { accept: "text/html" } });
    expect([page.url, page.status]).toEqual([`${url}/tv/graphql`, 200]);
  });
});

describe.skipIf(!existsSync(HAPROXY))("HAProxy", () => {
  it("finds the gateway healthy by its own check", async () => {
    const port = await freePort();
    const file = join(folder, "haproxy.cfg");
    writeFileSync(
      file,
      `global\n log stdout format raw local0\ndefaults\n mode http\n log global\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n option httpchk GET /health\n option log-health-checks\nlisten all\n bind 127.0.0.1:${port}\n server gateway ${new URL(url).host} check inter 500\n`,
    );
    await using haproxy = started(HAPROXY, "-db", "-f", file);
    await expect.poll(haproxy.output).toMatch(/Health check for server all\/gateway (succeeded|failed)/);
    expect(haproxy.output()).not.toMatch(/gateway failed|is DOWN/);
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, post("{ __typename }"));
    expect(await response.json()).toMatchObject({ data: { __typename: "Query" } });
  });
});

describe.skipIf(!existsSync(NGINX) || !existsSync(CHROMIUM))("GraphiQL behind nginx", () => {
  it.each(["/video/", "/tv", "/tv/graphql"])("opens at %s, and runs a query", async (path) => {
    const port = await freePort();
    await using _nginx = await serveByNginx(port);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
    try {
      const page = await browser.newPage({ viewport: { width: 1_400, height: 900 } });
      page.setDefaultTimeout(110_000);
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("response", (response) => {
        if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
      });
      await page.goto(`http://127.0.0.1:${port}${path}#key=${KEY}`);
      const execute = page.getByRole("button", { name: /execute/i });
      await execute.waitFor();
      await vi.waitUntil(
        async () => {
          await execute.click();
          const shown = page.locator(".graphiql-response").filter({ hasText: "viewerCount" });
          return shown.waitFor({ timeout: 5_000 }).then(
            () => true,
            () => false,
          );
        },
        { timeout: 110_000 },
      );
      expect(new URL(page.url()).pathname).toBe(`${path.startsWith("/tv") ? "/tv" : "/video"}/graphql`);
      const picture = process.env["SCREENSHOTS"];
      if (picture) await page.screenshot({ path: join(picture, `graphiql${path.replaceAll("/", "-")}.png`) });
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
