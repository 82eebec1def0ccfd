import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import type { Outcome, PropertyDrill } from "./drill.ts";

/** Drills that repeat a property of the test suite with more random cases. `npm test` is their small size. */
export const propertyDrills: Readonly<Record<string, PropertyDrill>> = {
  isolation: {
    title: "random operations of partners, an analyst and a stranger: no answer holds what is not the caller's",
    file: "test/graph/tenant-isolation-property.test.ts",
    variable: "TENANT_OPERATIONS",
    cases: 100_000,
  },
  inspection: {
    title: "random viewer tokens: inspection, signing and the platform agree on each",
    file: "test/graph/inspection-property.test.ts",
    variable: "VIEWER_TOKENS",
    cases: 10_000,
  },
  interleavings: {
    title: "random interleavings of changes to one partner over two gateways: its tokens follow its status",
    file: "test/graph/interleavings.test.ts",
    variable: "INTERLEAVINGS",
    cases: 1_000,
  },
  writes: {
    title: "random writes under random faults: each happens once if acknowledged, never if refused",
    file: "test/upstream/chaos.test.ts",
    variable: "WRITE_SEQUENCES",
    cases: 5_000,
  },
  creates: {
    title:
      "tokens created while the platform loses calls and responses: one for each key, and each unknown outcome is reported",
    file: "test/graph/creates.test.ts",
    variable: "CREATED_TOKENS",
    cases: 5_000,
  },
  keys: {
    title:
      "random writes with idempotency keys whose responses are lost: one object for each key, and none without a key",
    file: "test/store/idempotency.test.ts",
    variable: "KEY_SEQUENCES",
    cases: 10_000,
  },
  viewing: {
    title: "random tokens, rules and viewers: the gateway decides as the Director does, by the same rule",
    file: "test/graph/viewing-property.test.ts",
    variable: "VIEWINGS",
    cases: 2_000,
  },
  faults: {
    title: "queries over a platform that fails 15 of 100 calls: 99 of 100 are answered, with at most 1.25 calls each",
    file: "test/graph/faults.test.ts",
    variable: "FAULTY_QUERIES",
    cases: 10_000,
  },
  kill: {
    title: "a store whose process is killed: every acknowledged write is there, and none in part",
    file: "test/store/power-loss.test.ts",
    variable: "KILL_ROUNDS",
    cases: 500,
  },
  engine: {
    title: "random operations with failing resolvers: both engines give equal data, errors and order",
    file: "test/engine/differential.test.ts",
    variable: "ENGINE_OPERATIONS",
    cases: 100_000,
  },
  parser: {
    title: "random analytics responses: the fast parser reads what JSON.parse reads, or leaves it to JSON.parse",
    file: "test/upstream/fast-usage-parser-fuzz.test.ts",
    variable: "FUZZ_RUNS",
    cases: 1_000_000,
  },
};

/** Runs the test file of a drill with its full number of cases, and prints what the runner prints. */
export async function runProperty({ file, variable, cases }: PropertyDrill): Promise<Outcome> {
  const begin = performance.now();
  const child = spawn("npx", ["vitest", "run", "--project", "!built", "--maxWorkers=1", "--testTimeout=0", file], {
    env: { ...process.env, [variable]: String(cases) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  const seconds = Math.round((performance.now() - begin) / 1_000);
  return {
    passed: code === 0,
    figures: [
      ["cases", cases.toLocaleString("en")],
      ["seconds", String(seconds)],
    ],
  };
}
