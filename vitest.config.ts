import { defineConfig } from "vitest/config";

/** Tests of the program that `npm run build` makes. */
const ofBuilt = ["test/built/**/*.test.ts", "test/start.test.ts"];
/** Tests of the sources that the built program has to pass as well. */
const ofBoth = [
  "test/graph/coverage.test.ts",
  "test/graph/*story.test.ts",
  "test/graph/lookups.test.ts",
  "test/graph/sdk-parity.test.ts",
  "test/graph/suggested-mutations.test.ts",
  "test/http/audits.test.ts",
  "test/http/clients.test.ts",
  "test/http/graphiql.test.ts",
];

/**
 * Tests that share a process, since what they run has no module-level state and they restore what they fake.
 *
 * Loading the gateway takes longer than most of these files: see docs/decisions/0023-tests-share-a-process.md.
 */
const ofShared = [
  "auth",
  "cache",
  "engine",
  "graph",
  "jobs",
  "limits",
  "loaders",
  "model",
  "operation",
  "primitives",
  "sandbox",
  "scheduling",
  "telemetry",
  "upstream",
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  resolve: {
    // Vite would load graphql's ES modules while its dependents, loaded by Node.js, load CommonJS: two realms.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
  test: {
    // By default one core is left to the watcher, which `npm test` does not run.
    maxWorkers: "100%",
    // graphql-js 16 abandons promises of list items, whose errors then look unhandled: see docs/decisions/0002-own-engine.md.
    onUnhandledError: ({ stack }) => !stack?.includes("node_modules/graphql/execution/execute.js"),
    // A test takes seconds at most; this suffices for a busy machine that is ten times slower.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Tests wait for events; the timeout only ends a test whose event never comes.
    expect: { poll: { timeout: 100_000, interval: 10 } },
    projects: [
      { extends: true, test: { name: "source", include: ["test/**/*.test.ts"], exclude: [...ofBuilt, ...ofShared] } },
      { extends: true, test: { name: "shared", include: ofShared, isolate: false } },
      {
        extends: true,
        test: {
          name: "built",
          include: [...ofBuilt, ...ofBoth],
          globalSetup: ["test/support/build-once.ts"],
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/generated/**", "src/**/main.ts"],
      reporter: ["text-summary", "html"],
    },
  },
});
