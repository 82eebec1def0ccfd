import { defineConfig } from "vitest/config";

/** Tests of the program that `npm run build` makes: those that are only of it, and those that both pass. */
const ofBuilt = ["test/built/**/*.test.ts", "test/start.test.ts"];
const ofBoth = [
  "test/graph/coverage.test.ts",
  "test/graph/*story.test.ts",
  "test/graph/sdk-parity.test.ts",
  "test/http/audits.test.ts",
  "test/http/graphiql.test.ts",
];

export default defineConfig({
  resolve: {
    // Vite would take graphql's ES module build while its dependents, loaded by Node.js, take the other: two realms.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
  test: {
    // Every core tests: by default one would be left to the watcher, which `npm test` has not.
    maxWorkers: "100%",
    // A test takes seconds at most; this is for a machine ten times slower and busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What a test waits for comes by an event: the limit only ends a test for which it never comes.
    expect: { poll: { timeout: 100_000, interval: 10 } },
    projects: [
      { extends: true, test: { name: "source", include: ["test/**/*.test.ts"], exclude: ofBuilt } },
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
