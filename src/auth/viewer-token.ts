import { compactVerify, decodeJwt, decodeProtectedHeader, errors, SignJWT } from "jose";
import type { Secret } from "../model/secret.ts";
import { type SigningAlgorithm, signingAlgorithms, type ViewerTokenClaims } from "../model/token/viewer-token.ts";

/**
 * Maximum length of a viewer token, in characters, as long as a header may be; longer ones are
 * rejected unread.
 */
export const MAX_VIEWER_TOKEN_LENGTH = 16_384;

/**
 * Signs a viewer token.
 *
 * The key is the parent's secret as text: its 64 hexadecimal characters are the bytes of the key, not decoded.
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

/**
 * Returns whether the viewer token was signed with the parent's current secret, regardless of its
 * claims.
 */
export async function isSignedBy(viewerToken: string, parentSecret: Secret): Promise<boolean> {
  try {
    const { protectedHeader } = await compactVerify(viewerToken, keyOf(parentSecret), {
      algorithms: [...signingAlgorithms],
    });
    // RFC 7797, section 7: the payload of a JWT is always encoded. `b64` has no effect unless it is critical.
    return !(protectedHeader.crit?.includes("b64") && protectedHeader["b64"] === false);
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** Returns algorithm and claims of a JWT without verification; null for a text that is no JWT. */
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
