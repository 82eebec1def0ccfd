import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as send } from "node:http";
import { request as sendSecurely } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Program, run } from "../support/program.ts";

const MAIN = join(inject("program") ?? "dist", "main.js");
const KEY = "an-operator-key-of-the-tests";
const NAME = "graph.example.com";
const NGINX = "/usr/sbin/nginx";
const HAPROXY = "/usr/sbin/haproxy";
const folder = mkdtempSync(join(tmpdir(), "syndigraph-behind-"));

let gateway: Program;
let address = "";

beforeAll(async () => {
  gateway = run(MAIN, {
    PORT: "0",
    SANDBOX: "on",
    SANDBOX_PORT: "0",
    SYNDIGRAPH_OPERATOR_KEY: KEY,
    PUBLIC_URL: `https://${NAME}`,
    ALLOWED_HOSTS: NAME,
    TRUSTED_PROXIES: "127.0.0.1",
    SHUTDOWN_DELAY_SECONDS: "4",
  });
  const [, url = ""] = await gateway.printed(/API +(http:\S+)\/graphql/);
  address = new URL(url).host;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a server that stays in the foreground until it is disposed. */
function serve(command: string, options: readonly string[]): AsyncDisposable {
  const child = spawn(command, options, { stdio: "ignore" });
  const exit = once(child, "exit");
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await exit;
    },
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(
  port: number,
  path: string,
  options: { readonly ca?: Buffer; readonly query?: string } = {},
): Promise<Answer> {
  const { ca, query } = options;
  const headers = {
    host: NAME,
    authorization: `Bearer ${KEY}`,
    "content-type": "application/json",
    "x-forwarded-for": "203.0.113.9",
  };
  const request = { host: "127.0.0.1", port, path, method: query ? "POST" : "GET", headers };
  return new Promise((resolve, reject) => {
    const sent = ca ? sendSecurely({ ...request, ca, servername: NAME }) : send(request);
    sent.on("error", reject);
    sent.on("response", async (response) => {
      let body = "";
      for await (const chunk of response) body += String(chunk);
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    sent.end(query && JSON.stringify({ query }));
  });
}

/** Asks until there is an answer. */
const reached = (port: number, path: string, ca?: Buffer) =>
  expect.poll(() =>
    ask(port, path, ca ? { ca } : {}).then(
      ({ status }) => status,
      () => null,
    ),
  );

describe.skipIf(!existsSync(NGINX))("nginx with deploy/nginx.conf.template", () => {
  it("serves the gateway by TLS under its public name, and sends others there", async () => {
    const [plain, secure] = [await freePort(), await freePort()];
    const [certificate, key] = [join(folder, "fullchain.pem"), join(folder, "privkey.pem")];
    const subject = [
      "-subj",
      `/CN=${NAME}`,
      "-addext",
      `subjectAltName=DNS:${NAME}`,
      "-keyout",
      key,
      "-out",
      certificate,
    ];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject], {
      stdio: "ignore",
    });
    const site = readFileSync("deploy/nginx.conf.template", "utf8")
      .replaceAll(/\$\{SERVER_NAME\}/g, NAME)
      .replace(/\$\{GATEWAY\}/, address)
      .replace("listen 80;", `listen 127.0.0.1:${plain};`)
      .replace("listen 443 ", `listen 127.0.0.1:${secure} `)
      .replaceAll("/etc/nginx/tls", folder);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const configuration = join(folder, "nginx.conf");
    writeFileSync(
      configuration,
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}
       http { access_log off; ${paths.join(" ")} ${site} }`,
    );
    await using _nginx = serve(NGINX, ["-c", configuration, "-e", `${folder}/nginx.log`]);
    const ca = readFileSync(certificate);
    await reached(secure, "/readiness", ca).toBe(200);
    const query = "{ me { name } streams(first: 50) { nodes { name } } }";
    for (let count = 0; count < 20; count += 1) {
      const { status, headers, body } = await ask(secure, "/graphql", { ca, query });
      expect([status, JSON.parse(body)]).toMatchObject([200, { data: { me: { name: "operator" } } }]);
      expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    }
    expect(await ask(plain, "/graphql")).toMatchObject({
      status: 301,
      headers: { location: `https://${NAME}/graphql` },
    });
    expect(readFileSync(`${folder}/nginx.log`, "utf8")).toBe("");
  });
});

describe.skipIf(!existsSync(HAPROXY))("HAProxy with the backend of docs/production.md", () => {
  it("sends requests while the gateway is ready, and none once it has got SIGTERM", async () => {
    const port = await freePort();
    const [, backend = ""] =
      /```\n(backend syndigraph\n.*?)```/s.exec(readFileSync("docs/production.md", "utf8")) ?? [];
    const configuration = join(folder, "haproxy.cfg");
    writeFileSync(
      configuration,
      `defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend public
    bind 127.0.0.1:${port}
    default_backend syndigraph
${backend.replace("10.0.0.11:4000", address).replace(/^.*10\.0\.0\.12.*\n/m, "")}`,
    );
    await using _haproxy = serve(HAPROXY, ["-f", configuration, "-db"]);
    await reached(port, "/readiness").toBe(200);
    const { status, body } = await ask(port, "/graphql", { query: "{ me { name } }" });
    expect([status, JSON.parse(body)]).toMatchObject([200, { data: { me: { name: "operator" } } }]);
    gateway.signal("SIGTERM");
    await reached(port, "/health").toBe(503);
    // Not its own 503: the gateway still serves those who come directly.
    expect((await ask(Number(address.split(":")[1]), "/health")).status).toBe(200);
    expect(await gateway.exit).toBe(0);
  });
});
