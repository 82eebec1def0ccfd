import { createHmac } from "node:crypto";
import fc from "fast-check";
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import {
  decodeViewerToken,
  isSignedBy,
  MAX_VIEWER_TOKEN_LENGTH,
  signViewerToken,
} from "../../src/auth/viewer-token.ts";
import { Secret } from "../../src/model/secret.ts";
import { signingAlgorithms, type ViewerTokenClaims } from "../../src/model/token/viewer-token.ts";

/** The key, the claims and the signature that the vendor prints in its self-signing reference. */
const KEY = "d2e166fdda89824a6c493d8a2af7a0754199eff9e38c579cba8783767a44039c";
const CLAIMS: ViewerTokenClaims = {
  streaming: {
    tokenId: 12_345,
    tokenType: "Subscribe",
    streamName: "myStreamName",
    tracking: { trackingId: "groupAbc" },
    customViewerData: "user=user123;appVersion=x.y.x",
  },
  iat: 1_750_813_271,
  exp: 1_750_813_871,
};
const SIGNATURE = "pP5Kg6fCJfTaCc_OaV1FV5votZjy8x1gfJ2F7tQXj7c";

const secret = new Secret(KEY);
const utf8 = (text: string) => new TextEncoder().encode(text);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("viewer token: signing", () => {
  it("gives the signature that the vendor documents, to the letter", async () => {
    const [header, payload, signature] = (await signViewerToken(CLAIMS, secret, "HS256")).split(".");
    expect(header).toBe(base64url({ alg: "HS256", typ: "JWT" }));
    expect(payload).toBe(base64url(CLAIMS));
    expect(signature).toBe(SIGNATURE);
  });

  it.each(signingAlgorithms)(
    "by %s keys the HMAC with the characters of the secret, not with what they encode",
    async (algorithm) => {
      const jwt = await signViewerToken(CLAIMS, secret, algorithm);
      const [header, payload, signature] = jwt.split(".");
      const hmac = (key: Buffer) =>
        createHmac(`sha${algorithm.slice(2)}`, key)
          .update(`${header}.${payload}`)
          .digest("base64url");
      expect(signature).toBe(hmac(Buffer.from(KEY, "utf8")));
      expect(signature).not.toBe(hmac(Buffer.from(KEY, "hex")));
      expect(await isSignedBy(jwt, secret)).toBe(true);
    },
  );

  it("sends texts of every script as they are", async () => {
    const claims = {
      ...CLAIMS,
      streaming: { ...CLAIMS.streaming, streamName: "東京 – Finále", customViewerData: '\u0000"\\' },
    };
    expect(decodeViewerToken(await signViewerToken(claims, secret, "HS256"))).toEqual({ algorithm: "HS256", claims });
  });
});

describe("viewer token: its parent", () => {
  it("whatever it claims, when the parent's present secret signed it", async () => {
    expect(
      await isSignedBy(
        await new SignJWT({ any: "thing" }).setProtectedHeader({ alg: "HS256" }).sign(utf8(KEY)),
        secret,
      ),
    ).toBe(true);
  });

  it("whatever its header says of an unencoded payload, unless that is critical", async () => {
    const signed = (header: object) => {
      const content = `${base64url({ alg: "HS256", ...header })}.${base64url(CLAIMS)}`;
      return `${content}.${createHmac("sha256", KEY).update(content).digest("base64url")}`;
    };
    expect(await isSignedBy(signed({ b64: false }), secret)).toBe(true);
    expect(await isSignedBy(signed({ b64: true, crit: ["b64"] }), secret)).toBe(true);
    expect(await isSignedBy(signed({ b64: false, crit: ["b64"] }), secret)).toBe(false);
  });

  it("not when another secret signed it, be it in capitals", async () => {
    const jwt = await signViewerToken(CLAIMS, secret, "HS256");
    expect(await isSignedBy(jwt, new Secret(KEY.toUpperCase()))).toBe(false);
  });

  it("not when a single character was changed", async () => {
    const jwt = await signViewerToken(CLAIMS, secret, "HS256");
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: jwt.length - 2 }), fc.constantFrom("A", "b", "-", "."), async (at, character) => {
        fc.pre(jwt[at] !== character);
        expect(await isSignedBy(jwt.slice(0, at) + character + jwt.slice(at + 1), secret)).toBe(false);
      }),
    );
  });

  it("not when it is not signed at all, or by an algorithm that the Director does not take", async () => {
    const header = { alg: "HS256K", typ: "JWT" };
    const unknown = `${base64url(header)}.${base64url(CLAIMS)}.${SIGNATURE}`;
    const critical = `${base64url({ alg: "HS256", crit: ["exp"], exp: 1 })}.${base64url(CLAIMS)}.${SIGNATURE}`;
    for (const jwt of [new UnsecuredJWT({ ...CLAIMS }).encode(), unknown, critical, `${unknown}.`, "", "..", "a.b.c"]) {
      expect(await isSignedBy(jwt, secret)).toBe(false);
    }
  });

  it("or not: no text at all makes the question fail", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(fc.base64String(), { maxLength: 4 }).map((parts) => parts.join(".")),
        ),
        async (text) => {
          expect(await isSignedBy(text, secret)).toBe(false);
        },
      ),
    );
  });
});

describe("viewer token: decoding", () => {
  it("decodes any token without trusting it, whatever its signature", () => {
    const jwt = `${base64url({ alg: "none" })}.${base64url({ streaming: "odd", exp: "soon" })}.AAAA`;
    expect(decodeViewerToken(jwt)).toEqual({ algorithm: "none", claims: { streaming: "odd", exp: "soon" } });
  });

  it.each([
    ["a token string", KEY],
    ["nothing", ""],
    ["two parts", `${base64url({ alg: "HS256" })}.${base64url({})}`],
    ["a header that is no JSON", `e30x.${base64url({})}.x`],
    ["claims that are a list", `${base64url({ alg: "HS256" })}.${base64url([])}.x`],
    ["claims that are null", `${base64url({ alg: "HS256" })}.${base64url(null)}.x`],
    ["five parts, as of an encrypted one", "a.b.c.d.e"],
  ])("finds none in %s", (_what, text) => {
    expect(decodeViewerToken(text)).toBeNull();
  });

  it("does not look at a text longer than any viewer token", () => {
    const jwt = (length: number) => `${base64url({ alg: "HS256" })}.${base64url({})}.${"A".repeat(length)}`;
    const rest = MAX_VIEWER_TOKEN_LENGTH - jwt(0).length;
    expect(decodeViewerToken(jwt(rest))).not.toBeNull();
    expect(decodeViewerToken(jwt(rest + 1))).toBeNull();
  });

  it("shows an algorithm of no meaning where the header names none", () => {
    expect(decodeViewerToken(`${base64url({})}.${base64url({})}.x`)).toEqual({ algorithm: "undefined", claims: {} });
  });
});
