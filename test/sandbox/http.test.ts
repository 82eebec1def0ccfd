import { describe, expect, it } from "vitest";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { clientOf, START } from "../support/sandbox.ts";

describe("sandbox API secret", () => {
  it("is the only bearer that api and analytics paths accept", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true, secret: "my-own" });
    const paths = ["/api/publish_token/1001", "/api/analytics/account/total?startDate=2025-06-01&stopDate=2025-06-02"];
    for (const path of paths) {
      for (const bearer of [null, "wrong", "sandbox-secret"]) {
        const { status, body } = await clientOf(sandbox, bearer).get(path);
        expect({ status, body }).toEqual({ status: 401, body: { status: "error", message: "Unauthorized" } });
      }
      expect((await clientOf(sandbox, "my-own").get(path)).status).toBe(200);
    }
  });

  it("is not required by the Director, whose callers have stream tokens", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    const { status, body } = await clientOf(sandbox).post("/api/director/subscribe", { streamName: "derby-final" });
    expect({ status, body }).toEqual({
      status: 401,
      body: { status: "fail", data: { message: "Unauthorized: Invalid token" } },
    });
  });
});

describe("sandbox request body", () => {
  const path = "/api/subscribe_token";

  it.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "of type '%s' is rejected as unsupported",
    async (type) => {
      await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
      const { status, body } = await clientOf(sandbox).post(path, '{"label":"x"}', { "content-type": type });
      expect({ status, body }).toEqual({ status: 415, body: { status: "error", message: "Unsupported Media Type" } });
    },
  );

  it.each(["", "{", "nothing"])("of text '%s' is a validation error", async (text) => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    const { status, body } = await clientOf(sandbox).post(path, text);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      status: "fail",
      data: { message: "Validation errors", errors: { "": [expect.any(String)] } },
    });
  });

  it("is rejected with every bad field at once", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    const { body } = await clientOf(sandbox).post(path, { label: "", streams: [{ streamName: 7 }], expires: 0 });
    expect(Object.keys(body.data.errors)).toEqual(["label", "expires", "streams[0].streamName"]);
  });

  it("may have properties that no document declares", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    const { status } = await clientOf(sandbox).post("/api/director/publish", { streamName: "x", streamType: "WebRtc" });
    expect(status).toBe(401);
  });

  it("of more than a megabyte is too large", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    expect((await clientOf(sandbox).post(path, `"${"x".repeat(1_100_000)}"`)).status).toBe(413);
  });
});

describe("sandbox path", () => {
  it("is 404 if it is unknown, and 405 with an unknown method", async () => {
    await using sandbox = await createSandbox({ startAt: START, frozen: true });
    const client = clientOf(sandbox);
    expect(await client.get("/api/nothing")).toMatchObject({
      status: 404,
      body: { status: "error", message: "Not Found" },
    });
    expect(await client.delete("/api/cluster")).toMatchObject({ status: 405 });
    expect(await client.get("/api/monitoring/summary/%zz")).toMatchObject({ status: 400 });
  });

  it("may end in a slash", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    expect((await clientOf(sandbox).get("/api/cluster/")).status).toBe(200);
  });
});

describe("sandbox response", () => {
  it("carries the sandbox's time as Date", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    const date = async () => (await clientOf(sandbox).get("/api/cluster")).headers.get("date");
    expect(await date()).toBe("Wed, 18 Jun 2025 10:37:00 GMT");
    sandbox.clock.advance(90_000);
    expect(await date()).toBe("Wed, 18 Jun 2025 10:38:30 GMT");
  });

  it("of the Director may be read by a page of any origin, one of the API by none", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    const preflight = await fetch(`${sandbox.origin}/api/director/subscribe`, { method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    const { headers } = await clientOf(sandbox).get("/api/cluster");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("sandbox conformance check", () => {
  it("makes closing the sandbox fail if a call breaks the documents", async () => {
    const sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    await clientOf(sandbox).get("/api/no/such/path");
    expect(sandbox.violations()).toEqual(["GET /api/no/such/path -> 404: no OpenAPI document knows this operation"]);
    await expect(sandbox.close()).rejects.toThrow("/api/no/such/path");
  });

  it("finds a request that the platform does not promise to accept", async () => {
    const sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    await clientOf(sandbox).get("/api/cluster", { invented: "yes" });
    expect(sandbox.violations()[0]).toMatch(/the request\/query must NOT have additional properties/);
    await expect(sandbox.close()).rejects.toThrow();
  });
});

describe("two sandboxes", () => {
  it("are equal if their seed and start are, and differ with another seed", async () => {
    const query = { startDate: "2025-06-01", stopDate: "2025-06-18" };
    const seen = async (seed: number) => {
      await using sandbox = await createConformantSandbox({ startAt: START, frozen: true, seed });
      const client = clientOf(sandbox);
      const token = await client.get("/api/publish_token/1001");
      return [token.text, (await client.get("/api/analytics/account/total", query)).text];
    };
    const [first, again, other] = [await seen(7), await seen(7), await seen(8)];
    expect(again).toEqual(first);
    expect(other[0]).not.toBe(first[0]);
    expect(other[1]).not.toBe(first[1]);
  });
});
