import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // Vite would take graphql's ES module build while its dependents, loaded by Node.js, take the other: two realms.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Every core tests: by default one would be left to the watcher, which `npm test` has not.
    maxWorkers: "100%",
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/generated/**", "src/**/main.ts"],
      reporter: ["text-summary", "html"],
    },
  },
});
