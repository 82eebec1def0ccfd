import { toPartnerRecord } from "../../loaders/partners.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { assertName } from "../../model/text.ts";
import { isExpired, type SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { type UserErrorShape, userErrors } from "../errors.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Partner, SubscribeToken } from "../refs.ts";
import { rotateIdempotently } from "../token/rotate-token.ts";
import { PartnerRef } from "./find-partner.ts";
import { PartnerNotActiveError } from "./partner-active.ts";
import { freshTokensOf, withPartnerLease, withTokenId } from "./partner-tokens.ts";

const RotatePartnerTokensInput = builder.inputType("RotatePartnerTokensInput", {
  description: "The partner whose subscribe tokens get new secrets.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "A key that the client chooses, 1 to 128 characters. Repeated within a day, the same key rotates no token again.",
    }),
    partner: t.field({ type: PartnerRef, required: true, description: "The partner, by id or by one tracking id." }),
  }),
});

const RotatedToken = builder.objectRef<SubscribeTokenRecord>("RotatedToken").implement({
  description: "A subscribe token with a new secret under the same id.",
  fields: (t) => ({
    subscribeToken: t.field({
      type: SubscribeToken,
      description: "The subscribe token that was rotated.",
      resolve: (token) => token,
    }),
    secret: t.string({
      description: "The new token string. A partner that signs with its own API key of this gateway never needs it.",
      resolve: ({ secret }) => secret.reveal(),
    }),
  }),
});

interface Rotation extends Payload {
  readonly partner?: PartnerRecord;
  readonly tokens?: readonly SubscribeTokenRecord[];
}

const RotatePartnerTokensPayload = builder.objectRef<Rotation>("RotatePartnerTokensPayload").implement({
  description: "The tokens that were rotated: pass them on to the partner. Tokens that failed are in `userErrors`.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", {
      type: Partner,
      nullable: true,
      description: "The partner; null if no rotation was begun.",
    }),
    rotatedTokens: t.field({
      type: [RotatedToken],
      description: "The rotated tokens with their new secrets, by ascending `tokenId`; empty if none was rotated.",
      resolve: ({ tokens }) => [...(tokens ?? [])],
    }),
  }),
});

builder.mutationField("rotatePartnerTokens", (t) =>
  t.field({
    type: RotatePartnerTokensPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Gives every subscribe token of a partner that has not expired a new secret under the same id. Viewer tokens that were signed with an old secret are refused from the viewer's next connection on.",
    args: {
      input: t.arg({
        type: RotatePartnerTokensInput,
        required: true,
        description: "The partner whose tokens are rotated.",
      }),
    },
    resolve: (_root, { input: { partner: ref, idempotencyKey } }, context) =>
      payload(async () => {
        const key = String(idempotencyKey);
        assertName(key, "input.idempotencyKey");
        return withPartnerLease(ref, context, async (partner, lease) => {
          // Secrets of a suspended partner can be replaced before it is resumed; a retired one needs none.
          if (partner.status === "RETIRED") throw new PartnerNotActiveError(partner, "input.partner");
          const rotated: SubscribeTokenRecord[] = [];
          const failures: UserErrorShape[] = [];
          const tokens = await freshTokensOf(partner, context);
          for (const former of tokens.filter((token) => !isExpired(token, context.now))) {
            await lease.assertHeld();
            const operation = `rotatePartnerTokens/${former.id}`;
            const client = context.upstream.subscribeTokens;
            const find = context.tokenCache.subscribeToken;
            await rotateIdempotently({ operation, idempotencyKey: key, former, client, find }, context).then(
              (token) => rotated.push(token),
              (error: unknown) => failures.push(...userErrors(withTokenId(error, former.id, "rotated"))),
            );
          }
          return { partner: toPartnerRecord(partner), tokens: rotated, userErrors: failures };
        });
      }),
  }),
);
