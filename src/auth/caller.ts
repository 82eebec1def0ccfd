import type { RegisteredPartner } from "../model/partner/partner.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { Role, Scope } from "./scopes.ts";

/** Authenticated caller of a request. Only health checks and the public keys are served without one. */
export interface Caller {
  /**
   * Id under which budgets, idempotency keys and audit entries are kept; never a key itself.
   *
   * `operator` for the key of the environment, `key:` and the id of an API key, `session:` with issuer and partner of a
   * session, `idp:` and the subject at the identity provider.
   */
  readonly principalId: string;
  /** Name of the key, or of the person. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  /** Partner of the caller; null unless the role is PARTNER. */
  readonly partner: RegisteredPartner | null;
  /** When the credential expires, in milliseconds since the epoch; null if it does not. */
  readonly expiresAt: number | null;
}

/** Credentials that a request presents, and where it comes from. */
export interface Credentials {
  /** Header `Authorization`, unparsed. */
  readonly authorization: string | null;
  /** Header `Origin`, the web page that sends the request; null for a caller that is no web page. */
  readonly origin: string | null;
  /** Network address of the client; null if it is unknown. */
  readonly address: string | null;
}

/**
 * Returns the caller that the credentials prove; null for invalid credentials, without the reason.
 *
 * @throws ApplicationError if the store or the identity provider cannot be reached
 */
export type Authenticate = (credentials: Credentials) => MaybePromise<Caller | null>;
