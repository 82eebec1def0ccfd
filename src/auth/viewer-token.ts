import { compactVerify, decodeJwt, decodeProtectedHeader, errors, SignJWT } from "jose";
import type { Secret } from "../model/secret.ts";
import { type SigningAlgorithm, signingAlgorithms, type ViewerTokenClaims } from "../model/token/viewer-token.ts";

/** The longest viewer token that is looked at, in characters: as long as what a client may send in a header. */
export const MAX_VIEWER_TOKEN_LENGTH = 16_384;

/**
 * Signs a viewer token. The key is the parent's secret as text: its 64 hexadecimal characters are the key's bytes, they
 * are not decoded.
 *
 * @returns the JWT in compact form
 * @see the vendor's self-signing reference; its test vector is a test here
 */
export async function signViewerToken(
  claims: ViewerTokenClaims,
  parentSecret: Secret,
  algorithm: SigningAlgorithm,
): Promise<string> {
  const { streaming, iat, exp } = claims;
  return new SignJWT({ streaming, iat, exp })
    .setProtectedHeader({ alg: algorithm, typ: "JWT" })
    .sign(keyOf(parentSecret));
}

/** True when the viewer token was signed with the parent's present secret, whatever its claims say. */
export async function isSignedBy(viewerToken: string, parentSecret: Secret): Promise<boolean> {
  try {
    const { protectedHeader } = await compactVerify(viewerToken, keyOf(parentSecret), {
      algorithms: [...signingAlgorithms],
    });
    // RFC 7797, section 7: a JWT's payload is always encoded. Where `b64` is not critical, it means nothing.
    return !(protectedHeader.crit?.includes("b64") && protectedHeader["b64"] === false);
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** Header and claims of a JWT as they stand, not verified; null when the text is no JWT. */
export function decodeViewerToken(viewerToken: string): { algorithm: string; claims: Record<string, unknown> } | null {
  if (viewerToken.length > MAX_VIEWER_TOKEN_LENGTH) return null;
  try {
    return { algorithm: String(decodeProtectedHeader(viewerToken).alg), claims: decodeJwt(viewerToken) };
  } catch {
    return null;
  }
}

function keyOf(secret: Secret): Uint8Array {
  return new TextEncoder().encode(secret.reveal());
}
