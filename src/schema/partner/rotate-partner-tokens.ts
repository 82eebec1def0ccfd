import { toPartnerRecord } from "../../loaders/partners.ts";
import { ApplicationError } from "../../model/errors.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { assertName } from "../../model/text.ts";
import { isExpired, type SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { type UserErrorShape, userErrors } from "../errors.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { Partner, SubscribeToken } from "../refs.ts";
import { rotateIdempotently } from "../token/rotate-token.ts";
import { PartnerRef } from "./find-partner.ts";
import { PartnerNotActiveError } from "./partner-active.ts";
import { aloneWith, freshTokensOf } from "./partner-tokens.ts";

const RotatePartnerTokensInput = builder.inputType("RotatePartnerTokensInput", {
  description: "Whose subscribe tokens get new secrets.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: sent again within a day, the same key rotates none a second time.",
    }),
    partner: t.field({ type: PartnerRef, required: true, description: "Which partner." }),
  }),
});

const RotatedToken = builder.objectRef<SubscribeTokenRecord>("RotatedToken").implement({
  description: "A subscribe token with a new secret under the same id.",
  fields: (t) => ({
    subscribeToken: t.field({ type: SubscribeToken, description: "The token.", resolve: (token) => token }),
    secret: t.string({
      description: "The new token string. A partner that signs by its own key of this gateway never needs it.",
      resolve: ({ secret }) => secret.reveal(),
    }),
  }),
});

interface Rotation extends Payload {
  readonly partner: PartnerRecord | null;
  readonly tokens: readonly SubscribeTokenRecord[];
}

const RotatePartnerTokensPayload = builder.objectRef<Rotation>("RotatePartnerTokensPayload").implement({
  description: "The tokens that were rotated: tell the partner which. Those that could not be are in `userErrors`.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", { type: Partner, nullable: true, description: "The partner." }),
    rotatedTokens: t.field({
      type: [RotatedToken],
      description: "The tokens with their new secrets.",
      resolve: ({ tokens }) => [...tokens],
    }),
  }),
});

builder.mutationField("rotatePartnerTokens", (t) =>
  t.field({
    type: RotatePartnerTokensPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Gives every subscribe token of a partner a new secret under the same id. Whatever was signed with the old ones is refused from a viewer's next connection on.",
    args: { input: t.arg({ type: RotatePartnerTokensInput, required: true, description: "Whose tokens." }) },
    resolve: async (_root, { input: { partner: ref, idempotencyKey } }, context): Promise<Rotation> => {
      try {
        const key = String(idempotencyKey);
        assertName(key, "input.idempotencyKey");
        return await aloneWith(ref, "input.partner", context, async (partner, lease) => {
          // Secrets of a suspended partner can be replaced before it is resumed; a retired one needs none.
          if (partner.status === "RETIRED") throw new PartnerNotActiveError(partner, "input.partner");
          const rotated: SubscribeTokenRecord[] = [];
          const errors: UserErrorShape[] = [];
          const tokens = await freshTokensOf(partner, context);
          for (const former of tokens.filter((token) => !isExpired(token, context.now))) {
            await lease.assertHeld();
            const operation = `rotatePartnerTokens/${former.id}`;
            const client = context.upstream.subscribeTokens;
            const find = context.tokenCache.subscribeToken;
            await rotateIdempotently({ operation, idempotencyKey: key, former, client, find }, context).then(
              (token) => rotated.push(token),
              (error: unknown) => errors.push(...userErrors(named(error, former.id))),
            );
          }
          return { partner: toPartnerRecord(partner), tokens: rotated, userErrors: errors };
        });
      } catch (error) {
        return { partner: null, tokens: [], userErrors: userErrors(error) };
      }
    },
  }),
);

function named(error: unknown, id: number): unknown {
  return error instanceof ApplicationError
    ? new ApplicationError(error.code, `Subscribe token ${id} was not rotated: ${error.message}`, error.facts)
    : error;
}
