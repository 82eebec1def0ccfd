import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** The walk of a request, from its end to its beginning: a part imports only parts that stand before it, or its own. */
const walk = [
  "model",
  "upstream",
  "store",
  "directory",
  "loaders",
  "auth",
  "context",
  "schema",
  "config",
  "server",
  "main",
];

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** The part that a file belongs to: its folder, or its own name at the top. */
const partOf = (file: string) => file.split("/")[0]?.replace(".ts", "") ?? "";

const imports = files.flatMap((file) =>
  [...readFileSync(join("src", file), "utf8").matchAll(/from "(\.[^"]+)"/g)].map(([, path = ""]) => ({
    file,
    imported: normalize(join(dirname(file), path)),
  })),
);

describe("the code", () => {
  it("imports along the walk of a request, and never back", () => {
    const back = imports.filter(({ file, imported }) => {
      const [from, to] = [partOf(file), partOf(imported)];
      return from !== "sandbox" && from !== to && walk.indexOf(to) > walk.indexOf(from);
    });
    expect(back).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  it("of the sandbox uses nothing of the gateway's, and the gateway nothing of the sandbox's", () => {
    const mixed = imports.filter(
      ({ file, imported }) => (partOf(file) === "sandbox") !== (partOf(imported) === "sandbox"),
    );
    expect(mixed).toEqual([]);
  });

  it("loads OpenTelemetry only where traces are wanted", () => {
    const text = (file: string) => readFileSync(join("src", file), "utf8");
    const loaders = files.filter((file) => /^import (?!type).*("@opentelemetry|\/tracing\.ts")/m.test(text(file)));
    expect(loaders).toEqual([]);
    const lazy = files.filter((file) => /import\("(@opentelemetry\/api|.*\/tracing\.ts)"\)/.test(text(file)));
    expect(lazy.sort()).toEqual(["main.ts", "server/tracing.ts"]);
  });

  it("has getters in classes alone: an object literal with one has a shape of its own each time, which outlives its request", () => {
    const literalsWithGetters = (file: string) => {
      const found: string[] = [];
      const source = ts.createSourceFile(file, readFileSync(join("src", file), "utf8"), ts.ScriptTarget.Latest);
      const look = (node: ts.Node) => {
        if (ts.isObjectLiteralExpression(node) && node.properties.some(ts.isAccessor)) {
          const { line } = source.getLineAndCharacterOfPosition(node.pos);
          found.push(`${file}:${line + 1}`);
        }
        node.forEachChild(look);
      };
      look(source);
      return found;
    };
    const gateway = files.filter((file) => partOf(file) !== "sandbox");
    expect(gateway.flatMap(literalsWithGetters)).toEqual([]);
  });

  it("reads the environment in one place", () => {
    const readers = files.filter((file) => readFileSync(join("src", file), "utf8").includes("process.env"));
    // The program passes its environment on to the sandbox that it starts, which is a program of its own.
    expect(readers.sort()).toEqual(["config.ts", "main.ts", "sandbox/main.ts"]);
  });

  it("reveals secrets only where they leave for the one who may have them", () => {
    const revealing = files.filter((file) => /\.reveal\(\)/.test(readFileSync(join("src", file), "utf8")));
    expect(revealing.sort()).toEqual([
      "auth/caller.ts",
      "auth/session.ts",
      "auth/signing-keys.ts",
      "auth/viewer-token.ts",
      "main.ts",
      "model/endpoints.ts",
      "model/redactor.ts",
      "model/restream.ts",
      "schema/conference/start-conference-stream.ts",
      "schema/key/create-api-key.ts",
      "schema/key/create-partner-session.ts",
      "schema/key/rotate-api-key.ts",
      "schema/media/media-asset.ts",
      "schema/media/new-media-key.ts",
      "schema/partner/onboard-partner.ts",
      "schema/partner/rotate-partner-tokens.ts",
      "schema/partner/syndicate-stream.ts",
      "schema/stream/sdk-credentials.ts",
      "schema/token/create-publish-token.ts",
      "schema/token/create-subscribe-token.ts",
      "schema/token/publish-token.ts",
      "schema/token/rotate-token.ts",
      "schema/token/token.ts",
      "server/logger.ts",
      "upstream/conference.ts",
      "upstream/http.ts",
      "upstream/media-distributions.ts",
      "upstream/publish-tokens.ts",
    ]);
  });
});
