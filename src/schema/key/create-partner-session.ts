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
  description: "Whose session it is, what it allows and how long.",
  fields: (t) => ({
    partner: t.field({
      type: PartnerRef,
      description: "Whose session it is. A partner may leave it out: it is its own.",
    }),
    scopes: t.stringList({
      required: true,
      description: "What it allows: scopes that a partner may hold, and that you hold yourself.",
    }),
    expiresInSeconds: t.int({
      required: true,
      defaultValue: 900,
      description: `How long it lives, 1 to ${MAX_SESSION_SECONDS} seconds; never longer than the key that makes it.`,
    }),
  }),
});

const CreatePartnerSessionPayload = builder
  .objectRef<Payload & Partial<IssuedSession>>("CreatePartnerSessionPayload")
  .implement({
    description: "The session, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      jwt: t.string({
        nullable: true,
        description: "The session itself, which the frontend sends behind `Bearer`.",
        resolve: ({ jwt }) => jwt?.reveal() ?? null,
      }),
      expiresAt: t.field({
        type: "DateTime",
        nullable: true,
        description: "When it ends. Have a new one made before.",
        resolve: ({ expiresAt }) => expiresAt,
      }),
      scopes: t.field({
        type: [ScopeGrant],
        description: "What it allows.",
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
      "Makes a session: a caller of a partner for an hour at most, which a backend hands to its frontend so that no key ever leaves it. It ends with the key that made it, and with the partner. Anyone can verify it by the keys at `/.well-known/jwks.json`. A session makes no sessions.",
    args: { input: t.arg({ type: CreatePartnerSessionInput, required: true, description: "What to make." }) },
    resolve: (_root, { input: { partner: ref, scopes, expiresInSeconds } }, context) =>
      payload(async () => {
        if (expiresInSeconds < 1 || expiresInSeconds > MAX_SESSION_SECONDS) {
          throw new InvalidInputError("input.expiresInSeconds", `A session lives 1 to ${MAX_SESSION_SECONDS} seconds.`);
        }
        const partner = await ownerOf(ref, context);
        context.act?.touched(encodeGlobalId("Partner", registeredKey(partner.id)));
        const granted = grantedScopes(scopes, "PARTNER", context.caller, "input.scopes");
        return context.sessions.issue({ issuedBy: context.caller, partner, scopes: granted, expiresInSeconds });
      }),
  }),
);

/** @throws NotFoundError; ApplicationError PARTNER_NOT_ACTIVE */
async function ownerOf(ref: PartnerReference | null | undefined, context: GraphContext): Promise<RegisteredPartner> {
  const partner = ref ? await findRegisteredPartner(ref, "input.partner", context) : context.caller.partner;
  if (!partner) throw new InvalidInputError("input.partner", "Name the partner whose session it is.");
  if (partner.status === "ACTIVE") return partner;
  const message = `The partner is ${partner.status.toLowerCase()}, so no sessions are made for it.`;
  throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument: "input.partner" });
}
