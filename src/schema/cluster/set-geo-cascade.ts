import type { GraphContext } from "../../context.ts";
import { assertCascade } from "../../model/cluster/geo-cascade.ts";
import { InvalidInputError } from "../../model/errors.ts";
import type { GeoCascade, PublishTokenRecord } from "../../model/token/token.ts";
import { Account, type AccountRecord, accountRecord } from "../account/account.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { GeoCascadeTarget, settingsTarget } from "../settings-target.ts";
import { findPublishToken } from "../token/find-token.ts";
import { GeoCascadeInput } from "../token/token-input.ts";
import { knownClusters } from "./known-clusters.ts";

const SetGeoCascadeInput = builder.inputType("SetGeoCascadeInput", {
  description: "A geo-cascade, and the account or publish token to set it for.",
  fields: (t) => ({
    target: t.field({
      type: GeoCascadeTarget,
      required: true,
      description: "The account or the publish token to change.",
    }),
    geoCascade: t.field({
      type: GeoCascadeInput,
      description:
        "Clusters to relay streams to. Null makes a publish token follow the account again; the account needs a value.",
    }),
  }),
});

interface Changed {
  readonly account?: AccountRecord;
  readonly publishToken?: PublishTokenRecord;
}

const SetGeoCascadePayload = builder.objectRef<Payload & Changed>("SetGeoCascadePayload").implement({
  description: "The account or publish token that was changed, or why it was not.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    account: t.expose("account", {
      type: Account,
      nullable: true,
      description: "The account after the change; null if a publish token was the target.",
    }),
    publishToken: t.expose("publishToken", {
      type: PublishToken,
      nullable: true,
      description: "The publish token after the change; null if the account was the target.",
    }),
  }),
});

builder.mutationField("setGeoCascade", (t) =>
  t.field({
    type: SetGeoCascadePayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Relays the streams of the account or of a publish token to further clusters. A relay starts when a viewer connects in such a cluster and uses about as much bandwidth as one more viewer: see `Stream.geoCascadeTraffic`. All publish tokens of a stream must have the same geo-cascade.",
    args: {
      input: t.arg({ type: SetGeoCascadeInput, required: true, description: "The geo-cascade and its target." }),
    },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const target = settingsTarget(input.target, "input.target");
        const { geoCascade } = input;
        if (geoCascade) {
          const known = await knownClusters(context);
          assertCascade(geoCascade, known?.ids ?? null, "input.geoCascade");
        }
        if (target.kind !== "Account") {
          if (geoCascade === undefined)
            throw missing("`input.geoCascade` must be given, or null to follow the account; got nothing.");
          const { id } = await findPublishToken(target.ref, target.argument, context);
          return { publishToken: await setOfToken(id, geoCascade, context) };
        }
        if (!geoCascade)
          throw missing("`input.geoCascade` must be given for the account, which follows nothing else; got null.");
        const set = await context.upstream.account.setGeoCascade(geoCascade);
        await context.tokenCache.accountChanged();
        return { account: await accountRecord(context, { geoCascade: set }) };
      }),
  }),
);

function missing(rule: string): InvalidInputError {
  return new InvalidInputError("input.geoCascade", rule);
}

async function setOfToken(id: number, geoCascade: GeoCascade | null, { upstream, tokenCache }: GraphContext) {
  const publishToken = await upstream.publishTokens.update(id, { geoCascade });
  tokenCache.put(publishToken);
  return publishToken;
}
