import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "./support/gateway.ts";

const root = new URL("../", import.meta.url);
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...list("docs"),
  ...list("docs/decisions"),
];
const decisions = list("docs/decisions").filter((page) => !page.endsWith("README.md"));
const examples = pages.flatMap((page) =>
  [...read(page).matchAll(/```graphql\n(.*?)```/gs)].map(([, query = ""]) => ({ page, query })),
);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe("the documentation", () => {
  it.each(examples)("has queries that are answered without an error: $page", async ({ query }) => {
    const { data, errors } =
      await gateway.ask<Record<string, { readonly userErrors?: readonly unknown[] } | null>>(query);
    expect(errors).toEqual([]);
    for (const field of Object.values(data)) expect(field?.userErrors ?? []).toEqual([]);
  });

  it.each(pages)("has links to files that exist: %s", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !/^https?:/.test(link) && !existsSync(new URL(link, new URL(page, root))));
    expect(missing).toEqual([]);
  });

  it.each(decisions)("has decisions of one form: %s", (page) => {
    const [title, ...parts] = read(page).match(/^##? .*$/gm) ?? [];
    expect(title?.slice(2, 8)).toBe(`${page.slice("docs/decisions/".length, "docs/decisions/0000".length)}: `);
    expect(parts).toEqual(["## Context", "## Decision", "## Consequences"]);
  });

  it("has a README of at most 160 lines, with examples", () => {
    expect(examples.length).toBeGreaterThan(3);
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(160);
  });
});

function list(folder: string): string[] {
  const names = readdirSync(new URL(`${folder}/`, root)).sort();
  return names.filter((name) => name.endsWith(".md")).map((name) => `${folder}/${name}`);
}

function read(page: string): string {
  return readFileSync(new URL(page, root), "utf8");
}
