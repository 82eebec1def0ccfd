import { type IssuedSession, MAX_SESSION_SECONDS } from "../../auth/session.ts";
import type { GraphContext } from "../../context.ts";
import { ApplicationError, InvalidInputError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import { noSideEffects } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { ScopeGrant } from "../caller/scope-grant.ts";
import { encodeGlobalId } from "../global-id.ts";
import { PartnerRef, type PartnerReference, registeredKey } from "../partner/find-partner.ts";
import { findRegisteredPartner } from "../partner/find-registered-partner.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { grantedScopes } from "./granted-scopes.ts";

const CreatePartnerSessionInput = builder.inputType("CreatePartnerSessionInput", {
  description: "The partner, scopes and lifetime of a new session.",
  fields: (t) => ({
    partner: t.field({
      type: PartnerRef,
      description:
        "The partner that the session acts for; defaults to the caller's own partner and is required otherwise.",
    }),
    scopes: t.stringList({
      required: true,
      description: "Scopes of the session: each must be allowed for partners and held by the caller.",
    }),
    expiresInSeconds: t.int({
      required: true,
      defaultValue: 900,
      description: `Lifetime in seconds, 1 to ${MAX_SESSION_SECONDS}; 900 by default. The session ends earlier if the issuing key expires earlier.`,
    }),
  }),
});

const CreatePartnerSessionPayload = builder
  .objectRef<Payload & Partial<IssuedSession>>("CreatePartnerSessionPayload")
  .implement({
    description: "The new session, or why none was created.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      jwt: t.string({
        nullable: true,
        description: "The session token, which a frontend sends after `Bearer`; null after a failure.",
        resolve: ({ jwt }) => jwt?.reveal() ?? null,
      }),
      expiresAt: t.field({
        type: "DateTime",
        nullable: true,
        description: "Time at which the session expires; null after a failure.",
        resolve: ({ expiresAt }) => expiresAt,
      }),
      scopes: t.field({
        type: [ScopeGrant],
        description: "Scopes that the session grants; empty when none was created.",
        resolve: ({ scopes = [] }) => [...scopes],
      }),
    }),
  });

builder.mutationField("createPartnerSession", (t) =>
  t.field({
    type: CreatePartnerSessionPayload,
    nullable: true,
    authScopes: (_root, _args, { caller }) => caller.partner !== null || { staff: "key:admin" },
    extensions: noSideEffects,
    description:
      "Creates a session of a partner, valid for one hour at most, that a backend passes to its frontend in place of an API key. The session ends with the issuing key and with the partner. Anyone can verify it with the keys at `/.well-known/jwks.json`. A session cannot create sessions.",
    args: { input: t.arg({ type: CreatePartnerSessionInput, required: true, description: "The session to create." }) },
    resolve: (_root, { input: { partner: ref, scopes, expiresInSeconds } }, context) =>
      payload(async () => {
        if (expiresInSeconds < 1 || expiresInSeconds > MAX_SESSION_SECONDS) {
          const rule = `\`input.expiresInSeconds\` must be 1 to ${MAX_SESSION_SECONDS}; got ${expiresInSeconds}.`;
          throw new InvalidInputError("input.expiresInSeconds", rule);
        }
        const partner = await ownerOf(ref, context);
        context.action?.touched(encodeGlobalId("Partner", registeredKey(partner.id)));
        const granted = grantedScopes(scopes, "PARTNER", context.caller, "input.scopes");
        return context.sessions.issue({ issuedBy: context.caller, partner, scopes: granted, expiresInSeconds });
      }),
  }),
);

/** @throws NotFoundError; ApplicationError PARTNER_NOT_ACTIVE */
async function ownerOf(ref: PartnerReference | null | undefined, context: GraphContext): Promise<RegisteredPartner> {
  const partner = ref ? await findRegisteredPartner(ref, "input.partner", context) : context.caller.partner;
  if (!partner) {
    throw new InvalidInputError("input.partner", "`input.partner` must name the session's partner; got nothing.");
  }
  if (partner.status === "ACTIVE") return partner;
  const message = `\`input.partner\` must be active to get sessions; got one that is ${partner.status.toLowerCase()}.`;
  throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument: "input.partner" });
}
