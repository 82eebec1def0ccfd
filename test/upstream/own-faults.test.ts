import { Agent, type Dispatcher, errors as undici } from "undici";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createCallPolicy } from "../../src/upstream/resilience/call-policy.ts";
import { createConcurrencyLimit } from "../../src/upstream/resilience/concurrency-limit.ts";
import { createHttp } from "../../src/upstream/transport/http-client.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { createViewerRecords } from "../../src/upstream/viewer-records.ts";
import { createTestGateway } from "../support/gateway.ts";
import { createScriptedPlatform, createTestTiming } from "../support/platform.ts";
import { rejectionOf } from "../support/refusal.ts";

const call = { operation: "Account_GetAccountInfo", path: "/api/v3/account/info", decode: (data: unknown) => data };
const ours = [
  new TypeError("options.dispatcher.request is not a function"),
  new RangeError("Invalid array length"),
  new ReferenceError("nothing is not defined"),
  new SyntaxError("Cannot convert x to a BigInt"),
  Object.assign(new TypeError("The argument must be a string"), { code: "ERR_INVALID_ARG_TYPE" }),
  new Error("an invariant does not hold"),
  new undici.InvalidArgumentError("invalid path"),
];

/** A client whose dispatcher fails by itself. */
function failing(error: Error) {
  const dispatch = (): never => {
    throw error;
  };
  const dispatcher = Object.assign(new Agent(), { dispatch, request: dispatch }) as Dispatcher;
  const guard = createCallPolicy(createConcurrencyLimit(), createTestTiming());
  const options = { origin: "https://platform.test", secret: new Secret("api-secret"), dispatcher, timeoutMs: 5_000 };
  return { guard, http: createHttp({ ...options, policy: guard }) };
}

afterEach(() => vi.restoreAllMocks());

describe("a fault of ours in a call to the platform", () => {
  it.each(ours)("is thrown as it is, and counts for no breaker: $name $message", async (error) => {
    const { guard, http } = failing(error);
    for (let calls = 0; calls < 20; calls += 1) {
      expect(await http.read(call).catch((thrown: unknown) => thrown)).toBe(error);
      expect(await http.write(call).catch((thrown: unknown) => thrown)).toBe(error);
      expect(await http.stream({ ...call, accept: "text/plain" }).catch((thrown: unknown) => thrown)).toBe(error);
    }
    expect([...guard.breakers().values()]).toEqual(["CLOSED"]);
  });

  it("is none where the network, TLS or time fails: those are the platform's", async () => {
    const errors = [
      Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
      Object.assign(new Error("certificate"), { code: "CERT_HAS_EXPIRED" }),
      Object.assign(new Error("Parse Error"), { code: "HPE_INVALID_CONSTANT" }),
      new undici.SocketError("other side closed"),
      new DOMException("The time is up.", "TimeoutError"),
    ];
    for (const error of errors) {
      expect(await rejectionOf(failing(error).http.read(call))).toBeInstanceOf(UpstreamError);
    }
  });

  it("in reading an answer is thrown as it is", async () => {
    for (const error of ours) {
      await using platform = createScriptedPlatform();
      platform.succeed({}, {});
      const decode = () => {
        throw error;
      };
      expect(await platform.http.read({ ...call, decode }).catch((thrown: unknown) => thrown)).toBe(error);
      expect(await platform.http.write({ ...call, decode }).catch((thrown: unknown) => thrown)).toBe(error);
    }
  });

  it("in reading viewer records is thrown as it is", async () => {
    for (const error of ours.filter((each) => !(each instanceof UpstreamError))) {
      const lines = {
        [Symbol.asyncIterator]: () => ({ next: (): Promise<IteratorResult<Uint8Array>> => Promise.reject(error) }),
      };
      const { http } = failing(error);
      const records = createViewerRecords({ ...http, stream: async () => lines });
      const read = async () => {
        for await (const record of records.stream({ window: { from: 0, to: 1 }, by: "STARTED", state: null }))
          void record;
      };
      expect(await read().catch((thrown: unknown) => thrown)).toBe(error);
    }
  });
});

describe("a fault of ours behind a field", () => {
  it("is INTERNAL_SERVER_ERROR, and logged with its stack", async () => {
    await using gateway = await createTestGateway();
    vi.spyOn(Agent.prototype, "request").mockRejectedValue(new TypeError("request is not a function"));
    const { data, errors } = await gateway.ask(
      `{ viewerRecords(window: { last: "PT6H" }, first: 1) { nodes { startedAt } } }`,
    );
    expect(data).toEqual({ viewerRecords: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(gateway.logged()).toMatch(/"unhandled error"/);
    expect(gateway.logged()).toMatch(/TypeError: request is not a function\\n +at /);
  });
});
