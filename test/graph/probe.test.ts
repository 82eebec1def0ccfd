import { describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway.ts";
import { PROBE_EVERY_MS } from "../../src/upstream/resilience/circuit-breaker.ts";
import { type AnswerError, createTestGateway, graphqlRequest, range } from "../support/gateway.ts";
import { createTestTiming } from "../support/platform.ts";

const page = (hour: number) =>
  `{ streams(first: 20) { nodes { bandwidth(window: ${range(`2026-03-17T${String(hour).padStart(2, "0")}:00:00Z`, "2026-03-18T00:00:00Z")}) { total { bytesOut } } } } }`;

describe("while the platform hangs behind an open breaker", () => {
  it("clients of one page are refused at once, but for the one whose call is the probe: half a second later", async () => {
    await using gateway = await createTestGateway({ timeoutMs: 60_000 });
    const { sandbox } = gateway;
    const timing = createTestTiming();
    const tested = createGateway({ ...gateway.options, upstream: { ...gateway.options.upstream, timing } });
    const ask = async (query: string) => {
      const response = await tested.fetch(graphqlRequest({ query }));
      const { errors } = (await response.json()) as { readonly errors: readonly AnswerError[] };
      return errors.map(({ extensions }) => extensions.code);
    };
    await tested.fetch(graphqlRequest({ query: "{ streams { nodes { name } } }" }));
    sandbox.fault({ path: "/api/analytics/*", status: 503 });
    for (let hour = 0; hour < 12; hour += 1) await ask(page(hour));
    sandbox.clearFaults();
    sandbox.fault({ path: "/api/analytics/*", hang: "before" });
    for (let round = 0; round < 3; round += 1) {
      timing.advance(PROBE_EVERY_MS);
      let isAnswered = false;
      const probe = ask(page(0)).finally(() => {
        isAnswered = true;
      });
      for (const codes of await Promise.all(Array.from({ length: 50 }, () => ask(page(0))))) {
        expect(new Set(codes)).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
      }
      expect(isAnswered).toBe(false);
      timing.advance(PROBE_EVERY_MS - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(isAnswered).toBe(false);
      timing.advance(1);
      expect(new Set(await probe)).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
    }
    // What hangs ends when the sandbox closes.
    void tested.close();
  });
});
