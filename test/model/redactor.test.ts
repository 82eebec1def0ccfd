import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../src/model/redactor.ts";
import { Secret } from "../../src/model/secret.ts";

const SECRET = "k9#Qz-7Lm2_vXw/4Rt8+Yb1";
const redact = createRedactor([new Secret(SECRET), new Secret("short")]);
const bytes = Buffer.from(SECRET);

describe("a redactor", () => {
  it.each([
    ["whole", SECRET],
    ["its beginning", SECRET.slice(0, 8)],
    ["its end", SECRET.slice(-8)],
    ["its middle", SECRET.slice(7, 16)],
    ["capitals", SECRET.toUpperCase()],
    ["percent escapes", encodeURIComponent(SECRET)],
    ["percent escapes, twice", encodeURIComponent(encodeURIComponent(SECRET))],
    ["percent escapes of every character", [...bytes].map((byte) => `%${byte.toString(16)}`).join("")],
    ["JSON escapes", [...bytes].map((byte) => `\\u00${byte.toString(16)}`).join("")],
    ["HTML escapes", [...bytes].map((byte) => `&#${byte};`).join("")],
    ["base64", bytes.toString("base64")],
    ["base64 behind another text", Buffer.from(`a:${SECRET}:b`).toString("base64").slice(4, -4)],
    ["base64 of addresses", bytes.toString("base64url")],
    ["hexadecimal digits", bytes.toString("hex")],
    ["blanks between", SECRET.split("").join(" ")],
    ["a line break within", `${SECRET.slice(0, 9)}\n${SECRET.slice(9)}`],
    ["lines of five", (SECRET.match(/.{1,5}/g) ?? []).join("\r\n")],
  ])("removes a secret written with %s", (_how, text) => {
    expect(redact(`no access! ${text} !`)).toMatch(/^no access! (\[secret\].{0,7})+ !$/s);
  });

  it("leaves a text without secrets as it is", () => {
    const texts = ["Validation errors", "streamName: must be 1 to 128 characters", "naïve 💥 Qz-7L", "100 % of 5"];
    expect(texts.map((text) => redact(text))).toEqual(texts);
  });

  it("removes a secret shorter than its parts as a whole alone", () => {
    expect(redact("a short text, sho rt")).toBe("a [secret] text, sho rt");
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
