import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { type GraphQLSchema, lexicographicSortSchema, parse, printSchema } from "graphql";
import openapiTS, { astToString } from "openapi-typescript";
import { withSection } from "./bench/docs-section.ts";
import { variables } from "./src/config/variables.ts";
import { errorCodes } from "./src/model/errors.ts";
import { requestLimits } from "./src/model/request-limits.ts";
import { createSchema } from "./src/schema/schema.ts";

/**
 * Generates the files that are derived from others.
 *
 * These are the types of the REST APIs (from their OpenAPI documents), the SDL (from the schema), the typed documents of the
 * tests (from GraphiQL's tabs), and the tables of docs/ (from the code, and of decisions from their titles). `npm run codegen`
 * writes the files that have changed; `npm run codegen -- --check` writes nothing and fails if a file is out of date.
 */
const generated = new Map<string, string>([
  ...(await upstreamTypes()),
  ["schema/schema.graphql", sdl(createSchema())],
  ["test/generated/operations.ts", await typedOperations(createSchema())],
  await pageWithTable("docs/configuration.md", "variables", variableTable()),
  await pageWithTable("docs/errors.md", "codes", codeTable()),
  await pageWithTable("docs/limits.md", "limits", limitTable()),
  await pageWithTable("docs/decisions/README.md", "decisions", await decisionTable()),
]);

const drifted = [];
for (const [file, content] of generated) {
  if ((await readFile(file, "utf8").catch(() => null)) !== content) drifted.push(file);
}
if (process.argv.includes("--check")) {
  for (const file of drifted) process.stderr.write(`${file} is out of date: run npm run codegen\n`);
  process.exitCode = drifted.length > 0 ? 1 : 0;
} else {
  for (const file of drifted) {
    await writeFile(file, generated.get(file) ?? "");
    process.stdout.write(`${file}\n`);
  }
}

async function upstreamTypes(): Promise<[string, string][]> {
  const folder = "schema/upstream";
  const documents = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  return Promise.all(
    documents.map(async (name): Promise<[string, string]> => {
      // A property with a default is one that a request may leave out.
      const ast = await openapiTS(new URL(`${folder}/${name}`, import.meta.url), { defaultNonNullable: false });
      return [
        `src/upstream/generated/${basename(name, ".yaml")}.ts`,
        `// Made by codegen.ts from ${folder}/${name}.\n\n${astToString(ast)}`,
      ];
    }),
  );
}

/** Returns the SDL with a definition of `@oneOf`, which `printSchema` omits and graphql-js below 16.9 does not know. */
function sdl(schema: GraphQLSchema): string {
  const oneOf = `"""
Marks an input object of which exactly one field must be given.
"""
directive @oneOf on INPUT_OBJECT`;
  return `${oneOf}\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}

async function typedOperations(schema: GraphQLSchema): Promise<string> {
  const folder = "src/http/graphiql/tabs";
  const names = (await readdir(folder)).sort();
  const documents = await Promise.all(
    names.map(async (name) => ({ location: name, document: parse(await readFile(`${folder}/${name}`, "utf8")) })),
  );
  const code = await codegen({
    filename: "operations.ts",
    schema: parse(printSchema(schema)),
    documents,
    config: {
      useTypeImports: true,
      enumsAsTypes: true,
      skipTypename: true,
      strictScalars: true,
      scalars: {
        Bytes: "string",
        CountryCode: "string",
        DateTime: "string",
        Decimal: "string",
        Duration: "string",
        SafeInt: "number",
        TimeZone: "string",
      },
    },
    plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
    pluginMap: { typescriptOperations, typedDocumentNode },
  });
  return `// Made by codegen.ts from ${folder}.\n\n${code}`;
}

async function decisionTable(): Promise<string> {
  const folder = "docs/decisions";
  const names = (await readdir(folder)).filter((name) => /^\d{4}-/.test(name)).sort();
  const rows = await Promise.all(
    names.map(async (name) => {
      const title = /^# \d{4}: (.*)$/m.exec(await readFile(`${folder}/${name}`, "utf8"))?.[1] ?? name;
      return `| [${name.slice(0, 4)}](${name}) | ${title} |`;
    }),
  );
  return ["| number | decision |", "|---|---|", ...rows].join("\n");
}

async function pageWithTable(page: string, name: string, table: string): Promise<[string, string]> {
  return [page, await withSection(page, name, () => `${table}\n`)];
}

function variableTable(): string {
  const rows = Object.entries(variables).map(([name, { schema, describe }]) => {
    const byDefault = schema.safeParse(undefined);
    const value = byDefault.success && byDefault.data !== undefined ? `\`${String(byDefault.data)}\`` : "";
    return `| \`${name}\` | ${name === "SYNDIGRAPH_OPERATOR_SCOPES" ? "all" : value} | ${describe} |`;
  });
  return ["| variable | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

function codeTable(): string {
  const rows = Object.entries(errorCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return ["| code | meaning |", "|---|---|", ...rows].join("\n");
}

function limitTable(): string {
  const rows = Object.entries(requestLimits).map(
    ([name, { max, code, description }]) =>
      `| \`${name}\` | ${max.toLocaleString("en")} | ${description} | ${code ? `\`${code}\`` : ""} |`,
  );
  return ["| limit | maximum | meaning | code |", "|---|---|---|---|", ...rows].join("\n");
}
