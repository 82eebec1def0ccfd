import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** A place in the code that throws an error about an argument, with its message. */
interface ErrorSite {
  /** File and line, below `src/`. */
  readonly place: string;
  /** The message with `<value>` for what is filled in; null where it is written elsewhere, such as by `invalidArgument`. */
  readonly message: string | null;
}

/** Returns the texts of an expression, one for each branch; none where they are written elsewhere. */
function textsOf(node: ts.Expression, scope: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce(
      (texts, { expression, literal }) => {
        const filled = ts.isIdentifier(expression) ? textsOf(expression, scope) : [];
        const ends = filled.length > 0 ? filled : ["<value>"];
        return texts.flatMap((begin) => ends.map((end) => begin + end + literal.text));
      },
      [node.head.text],
    );
  }
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap((each) => textsOf(each, scope));
  if (ts.isBinaryExpression(node)) {
    const ends = textsOf(node.right, scope);
    return textsOf(node.left, scope).flatMap((begin) => ends.map((end) => begin + end));
  }
  if (!ts.isIdentifier(node)) return [];
  const found: string[] = [];
  const look = (each: ts.Node): void => {
    if (ts.isVariableDeclaration(each) && each.initializer && each.name.getText() === node.text) {
      found.push(...textsOf(each.initializer, each));
    }
    each.forEachChild(look);
  };
  let block: ts.Node = scope;
  while (!ts.isBlock(block) && block.parent) block = block.parent;
  look(block);
  return found;
}

const sites: ErrorSite[] = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("sandbox"))
  .flatMap((file) => {
    const found: ErrorSite[] = [];
    const source = ts.createSourceFile(file, readFileSync(join("src", file), "utf8"), ts.ScriptTarget.Latest, true);
    const look = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText() === "InvalidInputError" && node.arguments?.[1]) {
        const place = `${file}:${source.getLineAndCharacterOfPosition(node.pos).line + 1}`;
        const texts = textsOf(node.arguments[1], node);
        // A rule that is handed in, such as `${argument} ${rule}`, is written where it is handed in.
        const isWhole = texts.length > 0 && texts.every((text) => !/^(`<value>`|<value>) (<value>|Got)/.test(text));
        found.push(...(isWhole ? texts : [null]).map((message) => ({ place, message })));
      }
      node.forEachChild(look);
    };
    look(source);
    return found;
  });

describe("messages of INVALID_INPUT", () => {
  const written = sites.filter(({ message }) => message !== null);

  it.each(written)("name the argument and what it must be: $place", ({ message }) => {
    expect(message).toMatch(/^(`[^`]+`|<value>) /);
    expect(message).toMatch(/ must /);
  });

  it("are written where they are thrown, nearly all", () => {
    expect(written.length).toBeGreaterThan(60);
    expect(sites.length - written.length).toBeLessThan(15);
  });
});
