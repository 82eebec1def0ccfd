import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { IdentityProviderOptions } from "../../src/auth/identity-provider.ts";

/** The operator's identity provider, on a port of this machine. */
export interface TestIdentityProvider extends AsyncDisposable {
  /** Options by which a gateway accepts tokens of this provider. */
  readonly options: IdentityProviderOptions & { readonly audience: string };
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;
  /** Returns the number of requests for the keys. */
  asked(): number;
  /** Sets the response to further requests for the keys. */
  answer(status: number, body?: string, headers?: Record<string, string>): void;
  /** Serves these keys from now on. */
  publish(keys: readonly JWK[]): void;
  /** Returns an operator's token that was signed at `now`, with some claims or header parameters replaced. */
  token(now: number, claims?: object, header?: object): Promise<string>;
}

/** Generated once, since generation is slow. */
let keys: ReturnType<typeof generateKeyPair> | undefined;

export async function createIdentityProvider(): Promise<TestIdentityProvider> {
  keys ??= generateKeyPair("RS256", { extractable: true });
  const { privateKey, publicKey } = await keys;
  const publicJwk = { ...(await exportJWK(publicKey)), kid: "idp-1", alg: "RS256", use: "sig" };
  let asked = 0;
  let present = { status: 200, body: JSON.stringify({ keys: [publicJwk] }), headers: {} };
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(present.status, { "content-type": "application/json", ...present.headers }).end(present.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = "https://idp.example";
  return {
    options: {
      issuer,
      audience: "https://gateway.example",
      audienceClaim: "aud",
      jwksUrl: `http://127.0.0.1:${port}/keys`,
      algorithms: ["RS256"],
      tokenTypes: ["at+jwt"],
      maxLifetimeSeconds: 86_400,
      roleClaim: "roles",
      operatorRole: "syndigraph-operator",
      analystRole: "syndigraph-analyst",
      proxy: null,
    },
    publicJwk,
    privateKey,
    asked: () => asked,
    answer: (status, body = "", headers = {}) => {
      present = { status, body, headers };
    },
    publish: (keys) => {
      present = { status: 200, body: JSON.stringify({ keys }), headers: {} };
    },
    token: (now, claims = {}, header = {}) => {
      const iat = Math.floor(now / 1_000);
      const whole = {
        iss: issuer,
        aud: "https://gateway.example",
        sub: "ada",
        iat,
        exp: iat + 600,
        roles: ["syndigraph-operator"],
        ...claims,
      };
      return new SignJWT(JSON.parse(JSON.stringify(whole)))
        .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "idp-1", ...header })
        .sign(privateKey);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
