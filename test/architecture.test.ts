import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** A file imports only from the folders before its own in this list, and from its own. */
const order = [
  "primitives",
  "model",
  "scheduling",
  "engine",
  "store",
  "upstream",
  "cache",
  "loaders",
  "auth",
  "limits",
  "jobs",
  "config",
  "context",
  "telemetry",
  "schema",
  "operation",
  "http",
  "services",
  "gateway",
  "open-port",
  "v8-flags",
  "start-sandbox",
  "cli",
  "main",
];

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** Returns the folder of a file; for a file at the top, its name. */
const folderOf = (file: string) => file.split("/")[0]?.replace(".ts", "") ?? "";

const imports = files.flatMap((file) =>
  [...readFileSync(join("src", file), "utf8").matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map(([, path = ""]) => ({
    file,
    imported: normalize(join(dirname(file), path)),
  })),
);

/** Returns the files that import each other, directly or by way of others, as sorted groups. */
function cycles(): string[][] {
  const importsOf = new Map(files.map((file) => [file, imports.filter((each) => each.file === file)]));
  const reachable = (from: string) => {
    const found = new Set<string>();
    const look = (file: string) => {
      for (const { imported } of importsOf.get(file) ?? []) {
        if (found.has(imported)) continue;
        found.add(imported);
        look(imported);
      }
    };
    look(from);
    return found;
  };
  const reach = new Map(files.map((file) => [file, reachable(file)]));
  const groups = files
    .filter((file) => reach.get(file)?.has(file))
    .map((file) => files.filter((other) => reach.get(file)?.has(other) && reach.get(other)?.has(file)).sort());
  return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

describe("the code", () => {
  it("imports in the stated order of folders, and never back", () => {
    const back = imports.filter(({ file, imported }) => {
      const [from, to] = [folderOf(file), folderOf(imported)];
      return from !== "sandbox" && from !== to && order.indexOf(to) > order.indexOf(from);
    });
    expect(back.map(({ file, imported }) => `${file} -> ${imported}`)).toEqual([]);
    expect(files.map(folderOf).filter((folder) => folder !== "sandbox" && !order.includes(folder))).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  it("has no cycle of imports, types included", () => {
    expect(cycles()).toEqual([]);
  });

  it("has primitives that import no other folder, serve two folders at least, and are at most twelve files", () => {
    const primitives = files.filter((file) => folderOf(file) === "primitives");
    expect(primitives.length).toBeLessThanOrEqual(12);
    for (const primitive of primitives) {
      const users = imports.filter(({ imported }) => imported === primitive).map(({ file }) => folderOf(file));
      const others = new Set(users.filter((folder) => folder !== "primitives"));
      expect.soft(others.size, `folders that use ${primitive}`).toBeGreaterThanOrEqual(2);
    }
  });

  it("has each mutation in the file with its name", () => {
    const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const defined = files
      .filter((file) => folderOf(file) === "schema")
      .flatMap((file) => {
        const text = readFileSync(join("src", file), "utf8");
        const fields = [...text.matchAll(/builder\.mutationFields?\(\s*(?:"(\w+)")?/g)];
        return fields.map(([, name = ""]) => ({ file, isInPlace: basename(file, ".ts") === kebab(name) }));
      });
    expect(defined.filter(({ isInPlace }) => !isInPlace)).toEqual([]);
    expect(defined.length).toBeGreaterThan(40);
  });

  it("of the sandbox uses nothing of the gateway's, and the gateway nothing of the sandbox's", () => {
    const mixed = imports.filter(
      ({ file, imported }) => (folderOf(file) === "sandbox") !== (folderOf(imported) === "sandbox"),
    );
    expect(mixed).toEqual([]);
  });

  it("loads OpenTelemetry only where traces are wanted", () => {
    const text = (file: string) => readFileSync(join("src", file), "utf8");
    const loaders = files.filter((file) => /^import (?!type).*("@opentelemetry|\/tracing\.ts")/m.test(text(file)));
    expect(loaders).toEqual([]);
    const lazy = files.filter((file) => /import\("(@opentelemetry\/api|.*\/tracing\.ts)"\)/.test(text(file)));
    expect(lazy.sort()).toEqual(["main.ts", "telemetry/tracing.ts"]);
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
    const gateway = files.filter((file) => folderOf(file) !== "sandbox");
    expect(gateway.flatMap(literalsWithGetters)).toEqual([]);
  });

  it("reads the environment in one place", () => {
    const readers = files.filter((file) => readFileSync(join("src", file), "utf8").includes("process.env"));
    // The program passes its environment on to the sandbox that it starts, which is a program of its own.
    expect(readers.sort()).toEqual(["config/config.ts", "sandbox/main.ts", "start-sandbox.ts"]);
  });

  it("reveals secrets only where they leave for the one who may have them", () => {
    const revealing = files.filter((file) => /\.reveal\(\)/.test(readFileSync(join("src", file), "utf8")));
    expect(revealing.sort()).toEqual([
      "auth/authenticate.ts",
      "auth/session.ts",
      "auth/signing-keys.ts",
      "auth/viewer-token.ts",
      "cli/gateway-client.ts",
      "cli/move-store.ts",
      "cli/offline-store.ts",
      "main.ts",
      "model/redactor.ts",
      "model/stream/endpoints.ts",
      "model/token/restream.ts",
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
      "schema/token/publish-token.ts",
      "schema/token/rotate-token.ts",
      "schema/token/secret-field.ts",
      "schema/token/token.ts",
      "telemetry/logger.ts",
      "upstream/conference.ts",
      "upstream/media-distributions.ts",
      "upstream/publish-tokens.ts",
      "upstream/transport/create-dispatcher.ts",
      "upstream/transport/http-client.ts",
      "upstream/transport/request.ts",
    ]);
  });
});
