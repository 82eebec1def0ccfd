import { execFile } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { assets } from "../../src/http/graphiql/page.ts";
import { type Program, run, runWithDescriptors } from "../support/program.ts";

const built = inject("program") ?? "dist";
const NOTHING_SET = { PORT: "0", SANDBOX_PORT: "0" };

interface Served {
  readonly url: string;
  readonly port: number;
  readonly key: string;
}

async function served(program: Program): Promise<Served> {
  const [, url = "", key = ""] = await program.printed(/GraphiQL +(http:\S+)\/graphql#key=(\S+)/);
  return { url, port: Number(new URL(url).port), key };
}

/** A copy of the build, which may be taken apart. */
async function copied(): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(dirname(built), "syndigraph-copy-"));
  await cp(built, folder, { recursive: true });
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Every path that answers without a key. */
const open = [
  "/health",
  "/readiness",
  "/.well-known/jwks.json",
  "/graphql",
  ...[...assets.keys()].map((name) => `/graphiql/${name}`),
];

const request = (target: string, { method = "GET", host = "127.0.0.1", headers = [] as readonly string[] } = {}) =>
  [`${method} ${target} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, "", ""].join("\r\n");

const accepts = ["text/html", "*/*;q=", "text/html;;;", ",", '"', "application/json;q=0", "x".repeat(9_000)];
const encodings = ["gzip", "gzip;q=0", "br", "*;q=0", "\t"];

/** Requests without a key: of each open path in several ways, and what is no request at all. */
const requests: readonly string[] = [
  ...open.flatMap((path) => [
    request(path),
    request(path, { method: "HEAD" }),
    request(path, { method: "POST", headers: ["Content-Length: 5"] }),
    request(path, { method: "POST", headers: ["Transfer-Encoding: chunked"] }).concat("zz\r\n"),
    request(path, { method: "OPTIONS", headers: ["Origin: http://x", "Access-Control-Request-Method: POST"] }),
    request(path, { method: "TRACE" }),
    request(path, { headers: ["Expect: 100-continue"] }),
    request(path, { headers: ["Upgrade: websocket", "Connection: upgrade"] }),
    request(path, { headers: ["Range: bytes=5-1", "If-None-Match: *"] }),
    request(path, { headers: ["Authorization: Bearer a.b.c", "X-Forwarded-For: ,,\u00e4", "Traceparent: 00-0"] }),
    request(`${path}?query=%`),
    request(`${path}/../%2e%2e/etc/passwd`),
    request(`${path}%00`),
    request(`${path}?${"x".repeat(12_000)}`),
    ...accepts.map((accept) => request(path, { headers: [`Accept: ${accept}`] })),
    ...encodings.map((encoding) => request(path, { headers: [`Accept-Encoding: ${encoding}`] })),
  ]),
  ...[
    "//",
    "/%",
    "/%ff",
    "/graphiql/",
    "/graphiql/__proto__",
    "/graphiql/manifest.json",
    "*",
    "http://x/",
    "//x:y@z",
  ].map((target) => request(target)),
  ...["", "a b", "[::1", "x:99999", "\u0000", "x".repeat(300)].map((host) => request("/health", { host })),
  request("127.0.0.1:80", { method: "CONNECT" }),
  "GET /health\r\n\r\n",
  "GET /health HTTP/1.1\r\n\r\n",
  "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  `GET /health HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ...fc.sample(fc.string({ unit: "binary", maxLength: 200 }), { numRuns: 40, seed: 1 }),
  ...fc.sample(fc.webPath({ size: "medium" }), { numRuns: 40, seed: 1 }).map((path) => request(path || "/")),
];

/** Sends bytes, and reads nothing. What becomes of the connection is nobody's concern. */
function send(port: number, bytes: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.write(bytes);
  return socket;
}

/** Waits until a connection was taken or refused, by the kernel at least. */
const arrived = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.once("connect", resolve).once("close", () => resolve());
  });

/** Sends bytes, and waits for the end of the connection. */
async function exchange(port: number, bytes: string): Promise<void> {
  const socket = send(port, bytes);
  socket.resume().on("end", () => socket.destroy());
  // What is no request is waited for by the gateway: there is no more of it.
  socket.end();
  if (!socket.closed) await once(socket, "close");
}

const health = async (url: string) => (await fetch(`${url}/health`)).status;

describe("the built program", () => {
  it("survives whatever comes without a key, also when it can open nothing any more", async () => {
    await using program = runWithDescriptors(64, join(built, "main.js"), NOTHING_SET);
    const { url, port } = await served(program);
    const ended = program.exit.then((code) => {
      throw new Error(`the program ended with ${code}:\n${program.output()}`);
    });
    const survives = async (): Promise<number> => Promise.race([health(url), ended]);
    ended.catch(() => undefined);

    // Downloads that nobody reads take all descriptors that there are, and hold none of the places of requests.
    const stalled = Array.from({ length: 120 }, (_, index) => {
      const name = [...assets.keys()][index % assets.size] ?? "";
      return send(port, request(`/graphiql/${name}`, { headers: index % 2 ? ["Accept-Encoding: gzip"] : [] }));
    });
    await Promise.race([once(stalled[0] as Socket, "readable"), ended]);
    // Each of these waits for a descriptor, and is gone before there is one, or in the middle of its answer.
    const given = requests.map((bytes) => send(port, bytes));
    await Promise.race([Promise.all(given.map(arrived)), ended]);
    for (const socket of [...stalled, ...given]) socket.destroy();
    expect(await survives()).toBe(200);

    for (const bytes of requests) await Promise.race([exchange(port, bytes), ended]);
    expect(await survives()).toBe(200);
    expect(program.output()).not.toContain("unhandled error");
  });

  it("gives no place of a request to downloads that nobody reads, nor to those that were left", async () => {
    await using program = run(join(built, "main.js"), { ...NOTHING_SET, SANDBOX: "on", MAX_REQUESTS_IN_FLIGHT: "1" });
    const { url, port, key } = await served(program);
    const stalled = Array.from({ length: 5 }, () => send(port, request("/graphiql/graphiql.js")));
    await Promise.all(stalled.map((socket) => once(socket, "readable")));
    expect(await asked(url, key, "{ me { name } }")).toMatchObject({ data: { me: { name: "operator" } } });
    for (const socket of stalled) socket.destroy();
    expect(await asked(url, key, "{ me { name } }")).toMatchObject({ data: { me: { name: "operator" } } });
  });

  it("goes on when nobody takes its output any more", async () => {
    await using program = run(join(built, "main.js"), NOTHING_SET);
    const { url, key } = await served(program);
    program.closeOutput();
    // Many lines of the log: it is written 4 KB at a time.
    for (let lines = 0; lines < 40; lines += 1) await asked(url, key, "{ me { name } }");
    expect(await health(url)).toBe(200);
  });

  it("needs no file of its build once it listens", async () => {
    await using build = await copied();
    await using program = run(join(build.folder, "main.js"), { ...NOTHING_SET, CONFERENCE_STREAMING: "on" });
    const { url, key } = await served(program);
    await rm(build.folder, { recursive: true });
    const page = await fetch(`${url}/graphql`, { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    for (const [, path = ""] of (await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const file = await fetch(url + path);
      expect([path, file.status, (await file.text()).length > 100]).toEqual([path, 200, true]);
    }
    for (const query of [
      '{ streams(first: 5) { nodes { name bandwidth(window: { last: "P1D" }) { total { bytesOut } } } } }',
      '{ viewerRecords(window: { last: "PT6H" }, first: 1) { nodes { startedAt } } }',
      '{ node(id: "nonsense") { id } }',
      'mutation { createPartnerSession(input: { expiresInSeconds: 60, partner: { trackingId: "nobody" } }) { userErrors { code } } }',
    ]) {
      expect(await asked(url, key, query), query).not.toMatchObject({
        errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }],
      });
    }
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    program.signal("SIGTERM");
    expect(await program.exit).toBe(0);
  });
});

describe("npm run build", () => {
  it("replaces a build under a running gateway, and keeps the files of the build before until the next", async () => {
    await using build = await copied();
    await using program = run(join(build.folder, "main.js"), NOTHING_SET);
    const { url, key } = await served(program);
    const list = join(build.folder, "build.json");
    const names = JSON.parse(await readFile(list, "utf8")) as string[];
    const [old, older] = [join("chunks", "of-the-build-before.js"), join("chunks", "of-an-older-build.js")];
    for (const name of [old, older]) await writeFile(join(build.folder, name), "");
    await writeFile(list, JSON.stringify([...names, old]));

    const main = join(build.folder, "main.js");
    const before = await readFile(main, "utf8");
    await promisify(execFile)(process.execPath, ["--import", "tsx", "build.ts", build.folder]);
    const after = await readdir(build.folder, { recursive: true });
    expect(after).toEqual(expect.arrayContaining([...names, old]));
    expect(after).not.toContain(older);
    expect(await readFile(main, "utf8")).toBe(before);
    expect(JSON.parse(await readFile(list, "utf8"))).toEqual(names);

    expect((await fetch(`${url}/graphiql/boot.js`)).status).toBe(200);
    expect(await asked(url, key, "{ me { name } }")).toMatchObject({ data: { me: { name: "operator" } } });
    await using next = run(main, NOTHING_SET);
    expect(await health((await served(next)).url)).toBe(200);
  });
});

async function asked(url: string, key: string, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return response.json();
}
