import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, WITHHELD } from "../../src/model/redactor.ts";
import { Secret } from "../../src/model/secret.ts";

const SECRET = "k9#Qz-7Lm2_vXw/4Rt8+Yb1";
const redact = createRedactor([new Secret(SECRET), new Secret("short")]);
const bytes = Buffer.from(SECRET);
const PART = 8;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const reversed = (text: string) => [...text].reverse().join("");
/** The text with each character as others that are compatible with it. */
const shifted = (text: string, by: number) =>
  [...text].map((character) => String.fromCodePoint(character.charCodeAt(0) + by)).join("");

/** Ways to write a text that anybody can read back. */
const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  base64,
  (text) => Buffer.from(text).toString("base64url"),
  (text) => Buffer.from(text).toString("hex"),
  (text) => Buffer.from(text).toString("hex").toUpperCase(),
  reversed,
  encodeURIComponent,
  (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  (text) => text.replace(/[!-~]/g, (character) => shifted(character, 0xfee0)),
  (text) => [...text].map((character) => `&#${character.codePointAt(0)};`).join(""),
  (text) => [...text].map((character) => `&#x${character.codePointAt(0)?.toString(16)};`).join(""),
  (text) => Array.from(text, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  (text) => JSON.stringify(text),
  (text) => text.split("").join(" "),
  (text) => text.split("").join("\u200d"),
  (text) => text.replace(/.{5}/g, "$&\n"),
];

/** 200 messages of the kinds that the platform's API answers with. */
function ordinary(): string[] {
  const subjects = [
    "streamName",
    "subscribeToken.label",
    "The token 5001",
    "Publish token 1016",
    "originCluster",
    "tracking.trackingId",
    "allowedOrigins[0]",
    "Account SYN4DX",
    "Asset 7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f",
    "restream[2].url",
  ];
  const faults = [
    "must be 1 to 128 characters long; got 140.",
    "was not found.",
    "is already in use by `derby-final-2026_1080p`.",
    'should match pattern "^[a-zA-Z0-9_.-]{1,255}$"',
    "is not allowed from 203.0.113.7/32, 2001:db8::1 or 198.51.100.0/24",
    "expired at 2026-03-18T09:00:00.000Z (1773824400 seconds, 1773824400000 ms)",
    "must be one of us-east-1, us-west-2, eu-central-1, ap-southeast-1, ap-northeast-1",
    "exceeds the quota: 1000000000000 of 999999999999 bytes (100 %)",
    "est refusé : l’adresse n’est pas autorisée — naïve 💥",
    "https://api.example.com/api/subscribe_token/5001?sortBy=Name&page=2&itemsOnPage=100#top failed with code 4711",
    "took 12 ms, 15 ms, 9 ms, 22 ms, 31 ms, 8 ms, 11 ms and 14 ms, and 107 57 35",
    "は無効です: ストリーム名",
    "is not valid JSON: Unexpected token < at position 0 of \\u003chtml\\u003e &lt;p&gt;",
    "ist gesperrt (Grund: Kontingent überschritten, Stand 18.03.2026 10:20).",
    "needs h264, vp8, vp9, av1, opus or multiopus; got H265, AAC, MP3, G711, G722, PCMU, PCMA",
    "has sha256 of the file 4d967a30111bf29f0eba01c448b375c1629b2fed01cdfcc3aed91f1b57d5dd5",
    "did not answer: connect ECONNREFUSED 127.0.0.1:4010 (req_id=af3c1e90-11ed-4a53-8c62-0d5b6c2f9e11)",
    'was refused with 403, x-amz-request-id 4Q9Z2B7Y1N8R5T3W and ETag "33a64df551425fcc55e4d42a148795d9f25f89d4"',
    "is too short, too long, misspelt, unknown, disabled, suspended, retired or simply not yours at all",
    "must not contain / \\\\ % # ? & = + or blanks",
  ];
  return subjects.flatMap((subject) => faults.map((fault) => `${subject} ${fault}`));
}

describe("a redactor", () => {
  it("replaces a secret that is repeated whole, in any case, and leaves the other words", () => {
    expect(redact(`no access for ${SECRET} and ${SECRET.toUpperCase()}!`)).toBe("no access for [secret] and [secret]!");
  });

  it.each([
    ["its beginning", SECRET.slice(0, 8)],
    ["its end", SECRET.slice(-8)],
    ["its middle", SECRET.slice(7, 16)],
    ["percent escapes", encodeURIComponent(SECRET)],
    ["percent escapes, twice", encodeURIComponent(encodeURIComponent(SECRET))],
    ["percent escapes of every character", [...bytes].map((byte) => `%${byte.toString(16)}`).join("")],
    ["JSON escapes", [...bytes].map((byte) => `\\u00${byte.toString(16)}`).join("")],
    ["JSON escapes, twice", [...bytes].map((byte) => `\\\\u00${byte.toString(16)}`).join("")],
    ["escapes of JavaScript", [...bytes].map((byte) => `\\u{${byte.toString(16)}}`).join("")],
    ["HTML escapes", [...bytes].map((byte) => `&#${byte};`).join("")],
    ["hexadecimal HTML escapes", [...bytes].map((byte) => `&#x${byte.toString(16)};`).join("")],
    ["octal codes", [...bytes].map((byte) => `\\${byte.toString(8)}`).join("")],
    ["base64", base64(SECRET)],
    ["base64, twice", base64(base64(SECRET))],
    ["base64, six times", [1, 2, 3, 4, 5, 6].reduce(base64, SECRET.slice(0, 8))],
    ["base64 behind another text", base64(`a:${SECRET}:b`).slice(4, -4)],
    ["base64 in lower case", base64(SECRET).toLowerCase()],
    ["base64 of addresses", bytes.toString("base64url")],
    ["base64 of UTF-16", Buffer.from(SECRET, "utf16le").toString("base64")],
    ["base64 in lines", base64(base64(SECRET)).replace(/.{9}/g, "$&\r\n")],
    ["hexadecimal digits", bytes.toString("hex")],
    ["hexadecimal bytes", [...bytes].map((byte) => `0x${byte.toString(16)}`).join(", ")],
    ["hexadecimal digits of base64", Buffer.from(base64(SECRET.slice(0, 12))).toString("hex")],
    ["a Buffer in JSON", JSON.stringify(bytes)],
    ["full-width characters", shifted(SECRET, 0xfee0)],
    ["full-width characters in percent escapes", encodeURIComponent(shifted(SECRET, 0xfee0))],
    ["full-width characters in base64", base64(shifted(SECRET, 0xfee0))],
    ["mathematical letters", SECRET.replace(/[a-z]/g, (letter) => shifted(letter, 0x1d41a - 97))],
    ["invisible characters between", SECRET.split("").join("\u200b")],
    ["marks on each character", SECRET.split("").join("\u0332")],
    ["its end first", reversed(SECRET)],
    ["its end first, in base64", base64(reversed(SECRET))],
    ["base64, its end first", reversed(base64(SECRET))],
    ["blanks between", SECRET.split("").join(" ")],
    ["a line break within", `${SECRET.slice(0, 9)}\n${SECRET.slice(9)}`],
    ["lines of five", (SECRET.match(/.{1,5}/g) ?? []).join("\r\n")],
  ])("withholds a text with a secret written with %s", (_how, text) => {
    expect(redact(`no access! ${text} !`, 1_000)).toBe(WITHHELD);
  });

  it("withholds any part of 8 characters or more, however its spellings are combined", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: SECRET.length - PART }),
        fc.integer({ min: PART, max: SECRET.length }),
        fc.array(fc.constantFrom(...spellings), { minLength: 1, maxLength: 3 }),
        fc.constantFrom("", "no access for ", "Token 5001: ", "é💥 ", "a=", "x"),
        fc.constantFrom("", " here", ".", "&b=1"),
        (from, length, layers, before, after) => {
          const part = SECRET.slice(from, from + length);
          const spelling = layers.reduce((text, spell) => spell(text), part);
          const text = `${before}${spelling}${after}`;
          fc.pre(text.length <= 1_000);
          const shown = redact(text, 1_000);
          const [left, ...more] = shown === WITHHELD ? ["", ""] : shown.split("[secret]");
          expect(more.length, text).toBeGreaterThan(0);
          const others = `${left}${more.join("")}`.length - before.length - after.length;
          expect(others, `${text} becomes ${shown}`).toBeLessThan(PART);
        },
      ),
      { numRuns: 4_000, seed: 6 },
    );
  }, 120_000);

  it("withholds a text with more readings than can be searched", () => {
    const nested = Array.from({ length: 12 }).reduce<string>(base64, "nothing of a secret at all");
    expect([redact(nested, 2_000), redact("\ufdfa".repeat(20_000), 20_000)]).toEqual([
      expect.stringMatching(/^V/),
      WITHHELD,
    ]);
  });

  it("passes 200 ordinary messages of a platform as they are", () => {
    const messages = ordinary();
    expect(new Set(messages).size).toBe(200);
    const others = [SECRET, "0123456789abcdef".repeat(4), "sandbox-secret", "dGhpcyBpcyBhIHNlY3JldA"].map((secret) =>
      createRedactor([new Secret(secret)]),
    );
    for (const other of others) expect(messages.map((text) => other(text))).toEqual(messages);
  });

  it("leaves a text without secrets as it is", () => {
    const texts = ["Validation errors", "streamName: must be 1 to 128 characters", "naïve 💥 Qz-7L", "100 % of 5"];
    expect(texts.map((text) => redact(text))).toEqual(texts);
  });

  it("removes a secret shorter than its parts as a whole alone", () => {
    expect(redact("a short text, sho rt")).toBe("a [secret] text, sho rt");
    expect(redact("a %73hort text")).toBe(WITHHELD);
  });

  it("removes before it cuts, so that no beginning is left at the edge", () => {
    for (let before = 170; before <= 200; before += 1) {
      const text = redact(`${"x ".repeat(before / 2)}${SECRET} and more, and ever more`);
      expect(text.length).toBeLessThanOrEqual(200);
      expect(text).not.toContain(SECRET.slice(0, 8));
    }
    expect(redact(`${"x".repeat(990)}${SECRET}`, 2_000)).not.toContain(SECRET.slice(0, 8));
  });

  it("removes what follows Bearer and Basic, whatever it is", () => {
    expect(redact("sent Bearer abcdefghij.k and Basic dXNlcjpwYXNz")).toBe("sent Bearer [secret] and Basic [secret]");
    expect(redact("Basic authentication is required")).toBe("Basic authentication is required");
  });

  it("leaves no part of 8 characters of any secret, wherever cuts of it stand", () => {
    const secrets = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.~+/=!#%&\"\\'"), minLength: 8, maxLength: 80 });
    fc.assert(
      fc.property(
        secrets,
        fc.array(fc.tuple(fc.string({ maxLength: 30 }), fc.nat(80), fc.nat(80)), { maxLength: 8 }),
        (secret, pieces) => {
          const text = pieces.map(([before, from, length]) => before + secret.slice(from, from + length)).join("");
          const clean = createRedactor([new Secret(secret)])(text, 10_000).replaceAll("[secret]", "\0");
          for (let at = 0; at + 8 <= secret.length; at += 1) expect(clean).not.toContain(secret.slice(at, at + 8));
        },
      ),
      { numRuns: 500 },
    );
  });
});
