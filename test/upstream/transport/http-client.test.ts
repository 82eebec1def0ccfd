import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { Agent, type Dispatcher, errors } from "undici";
import { describe, expect, it, vi } from "vitest";
import { WITHHELD } from "../../../src/model/redactor.ts";
import { SharedCancellation } from "../../../src/primitives/cancellation.ts";
import { text } from "../../../src/upstream/transport/decode.ts";
import type { Call, Http } from "../../../src/upstream/transport/http-types.ts";
import { collectGarbage } from "../../support/memory.ts";
import {
  API_SECRET,
  createRawPlatform,
  createScriptedPlatform,
  createTestTiming,
  httpOver,
  type ScriptedAnswer,
  TIMEOUT_MS,
  TOKEN,
  upstreamFailure,
} from "../../support/platform.ts";

const call: Call<string> = { operation: "Test_Call", path: "/api/test", decode: (data) => text(data, "data") };
const write: Call<string> = { ...call, method: "POST", body: { a: 1 } };
const lines = {
  operation: "Test_Lines",
  method: "POST" as const,
  path: "/api/lines",
  body: {},
  accept: "application/x-jsonl",
};

/** How a call ends, whichever of the two it is. */
const both = (http: Http) => ({ read: () => http.read(call), write: () => http.write(write) });

const ok = (body: string, head = "") =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${head}content-length: ${body.length}\r\n\r\n${body}`;

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe("a call", () => {
  it("carries the API secret as bearer, asks for JSON, and gives the data of a success", async () => {
    await using platform = createScriptedPlatform();
    platform.succeed("fine");
    expect(await platform.http.read(call)).toBe("fine");
    const [received] = platform.calls;
    expect(received).toMatchObject({ method: "GET", path: "/api/test", body: null });
    expect(received?.headers).toEqual({ authorization: `Bearer ${API_SECRET}`, accept: "application/json" });
  });

  it("repeats a parameter for each entry of a list, and leaves out what is undefined", async () => {
    await using platform = createScriptedPlatform();
    platform.succeed("fine");
    const query = { names: ["a b", "c&d", "é"], page: 1, descending: false, sort: undefined, none: [] };
    await platform.http.read({ ...call, query });
    expect([...(platform.calls[0]?.query ?? [])]).toEqual([
      ["names", "a b"],
      ["names", "c&d"],
      ["names", "é"],
      ["page", "1"],
      ["descending", "false"],
    ]);
  });

  it("sends a body as JSON", async () => {
    await using platform = createScriptedPlatform();
    platform.succeed("fine");
    await platform.http.write({ ...write, body: { label: "é", n: null } });
    expect(platform.calls[0]).toMatchObject({
      body: { label: "é", n: null },
      headers: { "content-type": "application/json" },
    });
  });

  it("tells the platform's time, and nothing when the answer has none that can be read", async () => {
    await using platform = createScriptedPlatform();
    const success = { status: "success", data: "fine" };
    const type = { "content-type": "application/json" };
    platform.answer(
      { body: success, headers: { ...type, date: "Wed, 18 Mar 2026 10:20:00 GMT" } },
      { body: success, headers: { ...type, date: "yesterday" } },
      { body: success },
    );
    for (let i = 0; i < 3; i += 1) await platform.http.read(call);
    expect(platform.dates).toEqual([Date.parse("2026-03-18T10:20:00Z")]);
  });

  it("is reported with its operation and how it ended", async () => {
    await using platform = createScriptedPlatform();
    platform.succeed("fine", 5);
    platform.answer({ status: 503 });
    await platform.http.read(call);
    await upstreamFailure(platform.http.read(call));
    await upstreamFailure(platform.http.write(write));
    expect(platform.reports.map(({ operation, failure }) => [operation, failure])).toEqual([
      ["Test_Call", null],
      ["Test_Call", "UPSTREAM_BAD_RESPONSE"],
      ["Test_Call", "OUTCOME_UNKNOWN"],
    ]);
    for (const { durationMs } of platform.reports) expect(durationMs).toBeGreaterThanOrEqual(0);
  });

  it("lets a fault in our own decoding through as what it is", async () => {
    await using platform = createScriptedPlatform();
    platform.succeed("fine");
    const decode = () => {
      throw new RangeError("ours");
    };
    await expect(platform.http.read({ ...call, decode })).rejects.toThrow(RangeError);
    expect(platform.reports[0]?.failure).toBe("INTERNAL_SERVER_ERROR");
  });
});

describe("an answer that is not what the platform documents", () => {
  const success = { status: "success", data: "fine" };
  const odd: [string, ScriptedAnswer][] = [
    ["a page of HTML", { headers: { "content-type": "text/html" }, body: "<html>login</html>" }],
    ["JSON that is called HTML", { headers: { "content-type": "text/html" }, body: success }],
    ["JSON of no type", { headers: {}, body: success }],
    ["JSON of a problem", { headers: { "content-type": "application/problem+json" }, body: success }],
    ["text that is no JSON", { body: "fine" }],
    ["JSON that is cut off", { body: `{"status":"success","data":{"token":"${TOKEN}"` }],
    ["bytes that are not UTF-8", { body: Buffer.from('{"status":"success","data":"caf\xe9"}', "latin1") }],
    ["compressed bytes, which were not asked for", { body: gzipSync(JSON.stringify(success)) }],
    ["nothing", { body: "" }],
    ["null", { body: null }],
    ["a list", { body: [success] }],
    ["no envelope", { body: '"fine"' }],
    ["an envelope without a status", { body: { data: "fine" } }],
    ["an envelope of another status", { body: { status: "fail", data: { message: "no" } } }],
    ["an envelope that spells success otherwise", { body: { status: "Success", data: "fine" } }],
    ["data of another shape", { body: { status: "success", data: { token: TOKEN } } }],
    ["no data", { body: { status: "success" } }],
    ["a status that is not documented", { status: 201, body: success }],
    ["a success without content", { status: 204 }],
    ["a redirect", { status: 302, headers: { location: `https://elsewhere.test/?token=${TOKEN}` } }],
    ["a refusal in HTML", { status: 404, headers: { "content-type": "text/html" }, body: `<h1>${TOKEN}</h1>` }],
    ["a refusal that is no JSON", { status: 400, body: "no" }],
    ["a refusal of null", { status: 400, body: null }],
  ];

  it.each(odd)("such as %s is not believed, and leaves a write in doubt", async (_what, answer) => {
    await using platform = createScriptedPlatform();
    platform.answer(answer, answer);
    const { read, write: change } = both(platform.http);
    const failure = await upstreamFailure(read());
    expect(failure.code).toBe("UPSTREAM_BAD_RESPONSE");
    expect(failure.facts["operation"]).toBe("Test_Call");
    expect((await upstreamFailure(change())).code).toBe("OUTCOME_UNKNOWN");
    expect(platform.calls).toHaveLength(2);
  });

  it("says where it is odd, and not what stood there", async () => {
    await using platform = createScriptedPlatform();
    platform.succeed({ token: TOKEN });
    const failure = await upstreamFailure(platform.http.read(call));
    expect(failure).toMatchObject({
      message: "The platform's response is not what it documents: data is not a text.",
      status: 200,
      facts: { operation: "Test_Call", upstreamStatus: 200 },
    });
  });

  it("is not one because of the letters in which its type is written", async () => {
    await using platform = createScriptedPlatform();
    platform.answer({ headers: { "content-type": "Application/JSON;charset=UTF-8" }, body: success });
    expect(await platform.http.read(call)).toBe("fine");
  });
});

describe("a refusal", () => {
  const message = "StreamName is not valid for token";
  const forms: [string, unknown, Record<string, string>, string][] = [
    ["a message", { status: "fail", data: { message } }, { message }, message],
    [
      "errors by field",
      {
        status: "fail",
        data: { errors: { label: ["too long", "odd"], streams: ["missing"] }, message: "Validation errors" },
      },
      { message: "Validation errors", label: "too long, odd", streams: "missing" },
      "Validation errors; label: too long, odd; streams: missing",
    ],
    [
      "one text by field",
      { status: "fail", data: { errors: { page: "too small" }, message: "Validation errors" } },
      { message: "Validation errors", page: "too small" },
      "Validation errors; page: too small",
    ],
    [
      "the field of an id",
      { status: "fail", data: { tokenId: "No publish token with id: 99" } },
      { tokenId: "No publish token with id: 99" },
      "tokenId: No publish token with id: 99",
    ],
    [
      "the field of a token",
      { status: "fail", data: { token: "No properties specified to update." } },
      { token: "No properties specified to update." },
      "token: No properties specified to update.",
    ],
    ["a bare text", { status: "fail", data: message }, { message }, message],
    ["a message beside the data", { status: "fail", message }, { message }, message],
    ["no reason", { status: "fail", data: null }, { message: "" }, "it gave no reason"],
    ["an empty reason", { status: "fail", data: {} }, {}, "it gave no reason"],
  ];

  it.each(forms)(
    "by %s is passed on with its reasons, for reads and writes alike",
    async (_form, body, reasons, told) => {
      await using platform = createScriptedPlatform();
      platform.answer({ status: 400, body }, { status: 422, body });
      const { read, write: change } = both(platform.http);
      expect(await upstreamFailure(read())).toMatchObject({
        code: "UPSTREAM_REJECTED",
        message: `The platform refused: ${told}`,
        reasons,
        facts: { operation: "Test_Call", upstreamStatus: 400, reasons },
      });
      expect((await upstreamFailure(change())).code).toBe("UPSTREAM_REJECTED");
    },
  );

  it("is passed on without the secrets in it", async () => {
    await using platform = createScriptedPlatform();
    const data = {
      message: `Token ${TOKEN} is odd`,
      [TOKEN]: "a name",
      errors: { list: [`eyJhbGciOiJIUzI1NiJ9.eyJ4IjoxfQ.${TOKEN}`] },
    };
    platform.answer({ status: 400, body: { status: "fail", data } });
    expect((await upstreamFailure(platform.http.read(call))).reasons).toEqual({
      message: "Token [secret] is odd",
      "[secret]": "a name",
      list: "[secret]",
    });
  });

  it("is withheld where its fields together spell a secret out", async () => {
    await using platform = createScriptedPlatform();
    const pieces = (API_SECRET.match(/.{1,5}/g) ?? []).map((piece, at) => [`field${at}`, piece]);
    for (const fields of [pieces, pieces.map(([name, piece]) => [piece, name])]) {
      platform.answer({ status: 400, body: { status: "fail", data: Object.fromEntries(fields) } });
      const failure = await upstreamFailure(platform.http.read(call));
      expect(failure.reasons).toEqual({ message: WITHHELD });
      expect(failure.message).toBe(`The platform refused: ${WITHHELD}`);
    }
  });

  it("is passed on in bounds, however long and many its reasons are", async () => {
    await using platform = createScriptedPlatform();
    const fields = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`${index}${"g".repeat(500)}`, "x".repeat(5_000)]),
    );
    platform.answer({ status: 400, body: { status: "fail", data: { message: "m".repeat(10_000), errors: fields } } });
    const { message: told, reasons } = await upstreamFailure(platform.http.read(call));
    expect(told.length).toBeLessThan(10_000);
    for (const reason of Object.values(reasons)) expect(reason.length).toBeLessThanOrEqual(200);
  });

  it("may name a field as JavaScript names its own", async () => {
    await using platform = createScriptedPlatform();
    const body = '{"status":"fail","data":{"__proto__":"a","constructor":"b","errors":{"toString":["c"]}}}';
    platform.answer({ status: 400, body });
    const { reasons } = await upstreamFailure(platform.http.read(call));
    expect(Object.entries(reasons)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ]);
  });

  it.each([401, 403])("by status %d is the gateway's own secret refused, and passes no word on", async (status) => {
    await using platform = createScriptedPlatform();
    const body = { status: "fail", data: { message: `Unauthorized: ${API_SECRET}` } };
    platform.answer({ status, body }, { status, body });
    const { read, write: change } = both(platform.http);
    for (const run of [read, change]) {
      expect(await upstreamFailure(run())).toMatchObject({ code: "UPSTREAM_UNAUTHORIZED", status, reasons: {} });
    }
  });

  it.each([
    ["in seconds", { "retry-after": "7" }, 7],
    ["at a time", { "retry-after": "Wed, 18 Mar 2026 10:20:30 GMT", date: "Wed, 18 Mar 2026 10:20:00 GMT" }, 30],
    [
      "at a time gone by",
      { "retry-after": "Wed, 18 Mar 2026 10:19:00 GMT", date: "Wed, 18 Mar 2026 10:20:00 GMT" },
      undefined,
    ],
    ["in words", { "retry-after": "soon" }, undefined],
    ["below zero", { "retry-after": "-1" }, undefined],
    ["not at all", {}, undefined],
  ])("to slow down comes with the wait that the platform asks for: %s", async (_form, headers, seconds) => {
    await using platform = createScriptedPlatform();
    platform.answer({ status: 429, headers }, { status: 429, headers }, { status: 503, headers });
    const { read, write: change } = both(platform.http);
    for (const run of [read, change]) {
      const { code, facts } = await upstreamFailure(run());
      expect([code, facts["retryAfterSeconds"]]).toEqual(["UPSTREAM_RATE_LIMITED", seconds]);
    }
    expect((await upstreamFailure(read())).facts["retryAfterSeconds"]).toBe(seconds);
  });

  it("to slow down until a time counts from our own time, where the answer does not tell the platform's", async () => {
    await using platform = createScriptedPlatform();
    platform.answer({ status: 429, headers: { "retry-after": new Date(Date.now() + 60_000).toUTCString() } });
    const { facts } = await upstreamFailure(platform.http.read(call));
    expect([59, 60]).toContain(facts["retryAfterSeconds"]);
  });
});

describe("a platform that fails", () => {
  it.each([500, 502, 503, 504, 599])(
    "with status %d is unavailable, and a write in doubt: it may have been done before",
    async (status) => {
      await using platform = createScriptedPlatform();
      const answer = { status, headers: { "content-type": "text/html" }, body: `<h1>${TOKEN}</h1>` };
      platform.answer(answer, answer);
      const { read, write: change } = both(platform.http);
      expect(await upstreamFailure(read())).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", status });
      expect(await upstreamFailure(change())).toMatchObject({ code: "OUTCOME_UNKNOWN", status });
    },
  );

  it.each<[string, Parameters<typeof createRawPlatform>[0]]>([
    ["hangs up at once", (socket) => socket.destroy()],
    ["resets the connection", (socket) => socket.resetAndDestroy()],
    ["hangs up within the head", (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-")],
    ["hangs up within the body", (socket) => socket.end(`${ok("x".repeat(99)).slice(0, -50)}${TOKEN.slice(0, 9)}`)],
    [
      "hangs up between chunks",
      (socket) =>
        socket.end("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n"),
    ],
    ["speaks no HTTP", (socket) => socket.end(`token ${TOKEN} is yours\r\n`)],
    [
      "breaks its chunks",
      (socket) => socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{"token":"${TOKEN}"}`),
    ],
    ["sends a head without end", (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${TOKEN.repeat(1_000)}\r\n\r\n`)],
  ])("in that it %s is unavailable, and a write in doubt", async (_how, speak) => {
    await using platform = await createRawPlatform(speak);
    const { read, write: change } = both(platform.http);
    expect((await upstreamFailure(read())).code).toBe("UPSTREAM_UNAVAILABLE");
    expect((await upstreamFailure(change())).code).toBe("OUTCOME_UNKNOWN");
  });

  it.each<[string, (socket: Socket, advance: (ms: number) => void) => void]>([
    ["never answers", (_socket, advance) => advance(TIMEOUT_MS)],
    [
      "drips its answer, byte by byte",
      (socket, advance) => {
        socket.write(ok("x".repeat(9_999)).slice(0, -9_990));
        const drip = setInterval(() => {
          socket.write(" ");
          advance(TIMEOUT_MS / 10);
        }, 1);
        socket.on("close", () => clearInterval(drip));
      },
    ],
  ])("in that it %s runs out of time, and a write into doubt", async (_how, speak) => {
    const { timer, advance } = createTestTiming();
    await using platform = await createRawPlatform((socket) => speak(socket, advance), { timer });
    const { read, write: change } = both(platform.http);
    expect((await upstreamFailure(read())).code).toBe("UPSTREAM_TIMEOUT");
    expect((await upstreamFailure(change())).code).toBe("OUTCOME_UNKNOWN");
    await platform.hungUp;
  });

  it("runs out of time however often it was called before, and whatever the garbage collection does", async () => {
    const fine = Buffer.from('{"status":"success","data":"fine"}');
    let answers = true;
    const platform: Pick<Dispatcher, "dispatch"> = {
      dispatch: (_request, handler) => {
        if (!answers) return true;
        handler.onResponseStart?.(null as never, 200, { "content-type": "application/json" });
        handler.onResponseData?.(null as never, fine);
        handler.onResponseEnd?.(null as never, {});
        return true;
      },
    };
    const http = httpOver(platform as unknown as Dispatcher, "https://platform.test", 60);
    const client = new AbortController();
    for (let i = 0; i < 8_000; i += 1) await http.read({ ...call, signal: client.signal });
    answers = false;
    const failure = upstreamFailure(http.read({ ...call, signal: client.signal }));
    await nextTurn();
    collectGarbage();
    expect((await failure).code).toBe("UPSTREAM_TIMEOUT");
    expect(client.signal.aborted).toBe(false);
  });

  it("or not, no clock of a call runs on when it has ended", async () => {
    vi.useFakeTimers();
    try {
      const down = Object.assign(new Error("down"), { code: "ECONNREFUSED" });
      const dispatch = () => {
        throw down;
      };
      const failing = { dispatch, request: () => Promise.reject(down) };
      await upstreamFailure(httpOver(failing as unknown as Dispatcher, "https://platform.test").read(call));
      await upstreamFailure(httpOver(failing as unknown as Dispatcher, "https://platform.test").stream(lines));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("by sending more than any answer holds is not read to the end", async () => {
    const speak = (socket: { write(text: string): unknown }) => socket.write(ok("x".repeat(100_000)));
    await using platform = await createRawPlatform(speak, { agent: { maxResponseSize: 10_000 } });
    const { read, write: change } = both(platform.http);
    expect(await upstreamFailure(read())).toMatchObject({
      code: "UPSTREAM_BAD_RESPONSE",
      message: "The platform's response was not read: it is too large.",
    });
    expect((await upstreamFailure(change())).code).toBe("OUTCOME_UNKNOWN");
  });
});

describe("a write that was surely not sent", () => {
  it("is no write in doubt: nobody took the connection", async () => {
    const platform = await createRawPlatform(() => undefined);
    const { origin } = platform;
    await platform[Symbol.asyncDispose]();
    const agent = new Agent();
    expect((await upstreamFailure(httpOver(agent, origin).write(write))).code).toBe("UPSTREAM_UNAVAILABLE");
    await agent.close();
  });

  it("is a fault of ours where it could not even be written down", async () => {
    await using platform = await createRawPlatform(() => undefined);
    await expect(platform.http.write({ ...write, path: "/api/\nx" })).rejects.toThrow(errors.InvalidArgumentError);
  });

  it.each([
    ["ECONNREFUSED", "UPSTREAM_UNAVAILABLE"],
    ["ENOTFOUND", "UPSTREAM_UNAVAILABLE"],
    ["EAI_AGAIN", "UPSTREAM_UNAVAILABLE"],
    ["EHOSTUNREACH", "UPSTREAM_UNAVAILABLE"],
    ["ENETUNREACH", "UPSTREAM_UNAVAILABLE"],
    ["UND_ERR_CONNECT_TIMEOUT", "UPSTREAM_TIMEOUT"],
    ["UND_ERR_CLOSED", "UPSTREAM_UNAVAILABLE"],
    ["ECONNRESET", "OUTCOME_UNKNOWN"],
    ["EPIPE", "OUTCOME_UNKNOWN"],
    ["ETIMEDOUT", "OUTCOME_UNKNOWN"],
    ["UND_ERR_SOCKET", "OUTCOME_UNKNOWN"],
    ["UND_ERR_HEADERS_TIMEOUT", "OUTCOME_UNKNOWN"],
    ["UND_ERR_BODY_TIMEOUT", "OUTCOME_UNKNOWN"],
    ["UND_ERR_DESTROYED", "OUTCOME_UNKNOWN"],
  ])("is told from others by what the connection says: %s means %s", async (code, expected) => {
    const error = Object.assign(new Error(`because of ${TOKEN}`), { code });
    const platform: Pick<Dispatcher, "dispatch"> = {
      dispatch: (_request, handler) => {
        handler.onResponseError?.(null as never, error);
        return true;
      },
    };
    const http = httpOver(platform as unknown as Dispatcher, "https://platform.test");
    const failure = await upstreamFailure(http.write(write));
    expect(failure.code).toBe(expected);
    expect(String(failure.cause)).toBe(`Error: Error ${code} because of [secret]`);
    const readFailure = (await upstreamFailure(http.read(call))).code;
    expect(readFailure).toBe(code.endsWith("TIMEOUT") ? "UPSTREAM_TIMEOUT" : "UPSTREAM_UNAVAILABLE");
  });
});

describe("a client that leaves", () => {
  it("before the call is sent takes it back", async () => {
    await using platform = await createRawPlatform(() => undefined);
    const failure = await upstreamFailure(platform.http.read({ ...call, signal: AbortSignal.abort() }));
    expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", message: expect.stringContaining("cancelled") });
  });

  it.each<[string, (socket: { write(text: string): unknown }) => unknown]>([
    ["before the answer", () => undefined],
    ["within the answer", (socket) => socket.write(ok("x".repeat(999)).slice(0, -990))],
  ])("%s ends the call", async (_when, speak) => {
    const client = new AbortController();
    await using platform = await createRawPlatform((socket) => {
      speak(socket);
      setImmediate(() => client.abort(new Error(`reason ${TOKEN}`)));
    });
    const failure = await upstreamFailure(platform.http.read({ ...call, signal: client.signal }));
    expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", message: expect.stringContaining("cancelled") });
    await platform.hungUp;
  });

  it("does not end the calls of others", async () => {
    await using platform = await createRawPlatform(
      (socket) => void setImmediate(() => socket.write(ok('{"status":"success","data":"fine"}'))),
    );
    const client = new AbortController();
    const leaving = upstreamFailure(platform.http.read({ ...call, signal: client.signal }));
    const staying = platform.http.read({ ...call, signal: new AbortController().signal });
    client.abort();
    expect((await leaving).code).toBe("UPSTREAM_UNAVAILABLE");
    expect(await staying).toBe("fine");
  });
});

describe("an answer of any length", () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ntransfer-encoding: chunked\r\n\r\n";

  it("is handed on as it arrives, with the request's own type asked for", async () => {
    await using platform = createScriptedPlatform();
    platform.answer({ headers: { "content-type": "application/x-jsonl; charset=utf-8" }, body: "a\nb\n" });
    expect(await readAll(await platform.http.stream(lines))).toBe("a\nb\n");
    expect(platform.calls[0]).toMatchObject({ method: "POST", headers: { accept: "application/x-jsonl" } });
  });

  it("may take longer than the time that its head has", async () => {
    const { timer, advance } = createTestTiming();
    const sockets: Socket[] = [];
    const speak = (socket: Socket) => {
      sockets.push(socket);
      socket.write(`${head}1\r\na\r\n`);
    };
    await using platform = await createRawPlatform(speak, { timer });
    const chunks = await platform.http.stream(lines);
    advance(2 * TIMEOUT_MS);
    sockets[0]?.end("1\r\nb\r\n0\r\n\r\n");
    expect(await readAll(chunks)).toBe("ab");
  });

  it.each<[string, ScriptedAnswer, string]>([
    ["of another type", { headers: { "content-type": "application/json" }, body: {} }, "UPSTREAM_BAD_RESPONSE"],
    ["without a type", { headers: {}, body: "a" }, "UPSTREAM_BAD_RESPONSE"],
    ["of a refusal", { status: 400, body: { status: "fail", data: { message: "no" } } }, "UPSTREAM_REJECTED"],
    [
      "of a refused secret",
      { status: 401, body: { status: "fail", data: { message: API_SECRET } } },
      "UPSTREAM_UNAUTHORIZED",
    ],
    ["of a failure", { status: 500, body: TOKEN }, "UPSTREAM_UNAVAILABLE"],
  ])("%s is none", async (_what, answer, code) => {
    await using platform = createScriptedPlatform();
    platform.answer(answer);
    expect((await upstreamFailure(platform.http.stream(lines))).code).toBe(code);
  });

  it("that nobody reads ends without an error that nobody hears", async () => {
    const unheard: unknown[] = [];
    const hear = (error: unknown) => void unheard.push(error);
    process.on("uncaughtException", hear);
    try {
      for (const type of ["application/json", "text/html"]) {
        for (const body of ["", "{}"]) {
          const answer = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
          await using platform = await createRawPlatform((socket) => socket.write(answer));
          expect((await upstreamFailure(platform.http.stream(lines))).code).toBe("UPSTREAM_BAD_RESPONSE");
        }
      }
      // Its client leaves before the first chunk is asked for.
      const client = new AbortController();
      await using platform = await createRawPlatform((socket) => socket.write(`${head}1\r\na\r\n`));
      const chunks = await platform.http.stream({ ...lines, signal: client.signal });
      client.abort();
      await platform.hungUp;
      expect((await upstreamFailure(readAll(chunks))).message).toContain("cancelled");
      // An error of the connection is emitted within the turn in which it closes.
      await nextTurn();
      await nextTurn();
    } finally {
      process.off("uncaughtException", hear);
    }
    expect(unheard).toEqual([]);
  });

  it("of a refusal without end is not read to its end", async () => {
    await using platform = await createRawPlatform((socket) => {
      socket.write("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
      const flood = setInterval(() => socket.write(`4000\r\n${"x".repeat(0x4000)}\r\n`), 1);
      socket.on("close", () => clearInterval(flood));
    });
    expect((await upstreamFailure(platform.http.stream(lines))).code).toBe("UPSTREAM_BAD_RESPONSE");
    await platform.hungUp;
  });

  it("that never begins runs out of time", async () => {
    const { timer, advance } = createTestTiming();
    await using platform = await createRawPlatform(() => advance(TIMEOUT_MS), { timer });
    expect((await upstreamFailure(platform.http.stream(lines))).code).toBe("UPSTREAM_TIMEOUT");
  });

  it("that breaks off fails where it breaks off", async () => {
    await using platform = await createRawPlatform((socket) => socket.end(`${head}1\r\na\r\n`));
    expect((await upstreamFailure(platform.http.stream(lines).then(readAll))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("ends when its reader has seen enough", async () => {
    await using platform = await createRawPlatform((socket) => socket.write(`${head}1\r\na\r\n`));
    for await (const chunk of await platform.http.stream(lines)) {
      expect(Buffer.from(chunk).toString()).toBe("a");
      break;
    }
    await platform.hungUp;
  });

  it("ends when the client leaves", async () => {
    const client = new AbortController();
    await using platform = await createRawPlatform((socket) => socket.write(`${head}1\r\na\r\n`));
    const reading = platform.http.stream({ ...lines, signal: client.signal }).then(async (chunks) => {
      for await (const _chunk of chunks) client.abort();
    });
    expect(await upstreamFailure(reading)).toMatchObject({ message: expect.stringContaining("cancelled") });
    await platform.hungUp;
  });

  it("opens, and ends when the client leaves, by a signal that is no AbortSignal of Node.js", async () => {
    const client = new SharedCancellation();
    expect(client).not.toBeInstanceOf(AbortSignal);
    await using platform = await createRawPlatform((socket) => socket.write(`${head}1\r\na\r\n`));
    const read: string[] = [];
    const reading = platform.http.stream({ ...lines, signal: client }).then(async (chunks) => {
      for await (const chunk of chunks) {
        read.push(Buffer.from(chunk).toString());
        client.abort(undefined);
      }
    });
    expect(await upstreamFailure(reading)).toMatchObject({ message: expect.stringContaining("cancelled") });
    expect(read).toEqual(["a"]);
    await platform.hungUp;
  });

  it("lets go of the client's signal at its end", async () => {
    const client = new AbortController();
    const [added, removed] = (["addEventListener", "removeEventListener"] as const).map((method) =>
      vi.spyOn(client.signal, method),
    );
    await using platform = await createRawPlatform((socket) => socket.end(`${head}1\r\na\r\n0\r\n\r\n`));
    expect(await readAll(await platform.http.stream({ ...lines, signal: client.signal }))).toBe("a");
    await nextTurn();
    expect(added?.mock.calls).toHaveLength(1);
    expect(removed?.mock.calls).toEqual(added?.mock.calls);
  });
});
