import { inspect } from "node:util";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { redacted, Secret, withoutSecrets } from "../../src/model/secret.ts";

const VALUE = "hunter2-hunter2";
const secret = new Secret(VALUE);
const TOKEN = "0123456789abcdef".repeat(4);
const JWT = `eyJhbGciOiJIUzI1NiJ9.${"eyJzdHJlYW1pbmciOnt9fQ"}.c2ln-_`;

describe("a secret", () => {
  it("is given away by reveal() alone", () => {
    expect(secret.reveal()).toBe(VALUE);
  });

  it.each<[string, () => string]>([
    ["a template", () => `token ${secret}`],
    ["a sum of texts", () => "token ".concat(String(secret))],
    ["JSON", () => JSON.stringify({ token: secret, list: [secret] })],
    ["inspection", () => inspect({ token: secret }, { depth: null, showHidden: true })],
    [
      "an error's message",
      () => inspect(new Error(`bad ${secret}`, { cause: { secret } }), { depth: null, showHidden: true }),
    ],
    [
      "a copy of its fields",
      () => JSON.stringify({ ...secret, keys: Reflect.ownKeys(secret), entries: Object.entries(secret) }),
    ],
    ["a copy by structured clone", () => inspect(structuredClone(secret), { showHidden: true })],
    [
      "a line of the log",
      () => {
        const lines: string[] = [];
        pino({ base: null }, { write: (line) => void lines.push(line) }).info(
          { wrapped: { secret }, err: new Error(`${secret}`) },
          "%s",
          secret,
        );
        return lines.join("");
      },
    ],
  ])("is not seen in %s", (_place, write) => {
    expect(write()).not.toContain(VALUE);
  });

  it("is seen to be one, so that its absence can be told from nothing", () => {
    expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual(["[secret]", '"[secret]"', "[secret]"]);
  });
});

describe("a text of others", () => {
  it.each([
    ["a token string", `no token ${TOKEN} here`, "no token [secret] here"],
    ["a token string in capitals", TOKEN.toUpperCase(), "[secret]"],
    ["a token string in a URL", `https://x?token=${TOKEN}&a=1`, "https://x?token=[secret]&a=1"],
    ["a token string in JSON", `{"token":"${TOKEN}"}`, '{"token":"[secret]"}'],
    ["a viewer token", `Bearer ${JWT}, please`, "Bearer [secret], please"],
    ["a viewer token without a signature", "eyJhbGciOiJub25lIn0.eyJ4IjoxfQ.", "[secret]"],
    ["an API key of ours", `by sgk_${"Ab-_".repeat(10)}cde.`, "by [secret]."],
    ["several", `${TOKEN} ${JWT} ${TOKEN}`, "[secret] [secret] [secret]"],
  ])("loses %s", (_what, text, clean) => {
    expect(redacted(text)).toBe(clean);
  });

  it("keeps what only resembles a secret", () => {
    const harmless = `sha1 ${"ab".repeat(20)}, id 12345, "eyJ" alone, keyJ.a.b, ${"g".repeat(64)}`;
    expect(redacted(harmless)).toBe(harmless);
  });

  it("loses a token string that is joined to a word, or is longer than most", () => {
    expect(redacted(`sub_${TOKEN}`)).toBe("sub_[secret]");
    expect(redacted(`key${TOKEN}${TOKEN}`)).toBe("key[secret]");
  });

  it("loses them on lines of their own, written out or escaped by JSON", () => {
    const lines = `first\n${TOKEN}\r\n${JWT}\n`;
    expect(redacted(lines)).toBe("first\n[secret]\r\n[secret]\n");
    expect(redacted(JSON.stringify(lines))).toBe(JSON.stringify("first\n[secret]\r\n[secret]\n"));
  });

  it("is looked through once, however much it resembles a viewer token", () => {
    const endless = "eyJ-".repeat(250_000);
    expect(redacted(endless)).toBe(endless);
  });

  it("is cut to length, after the secrets are gone", () => {
    expect(withoutSecrets("x".repeat(200))).toBe("x".repeat(200));
    expect(withoutSecrets("x".repeat(201))).toBe(`${"x".repeat(199)}…`);
    expect(withoutSecrets(`${"x".repeat(190)} ${TOKEN}`)).toBe(`${"x".repeat(190)} [secret]`);
    expect(withoutSecrets("abcdef", 3)).toBe("ab…");
  });
});
