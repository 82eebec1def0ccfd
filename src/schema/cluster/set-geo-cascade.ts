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
  description: "A geo-cascade, and whose it is.",
  fields: (t) => ({
    target: t.field({ type: GeoCascadeTarget, required: true, description: "Whose geo-cascade." }),
    geoCascade: t.field({
      type: GeoCascadeInput,
      description: "Where streams are relayed to. Null lets a publish token follow the account again.",
    }),
  }),
});

interface Changed {
  readonly account?: AccountRecord;
  readonly publishToken?: PublishTokenRecord;
}

const SetGeoCascadePayload = builder.objectRef<Payload & Changed>("SetGeoCascadePayload").implement({
  description: "Whose geo-cascade was set, or why it was not.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    account: t.expose("account", { type: Account, nullable: true, description: "The account, if it was meant." }),
    publishToken: t.expose("publishToken", {
      type: PublishToken,
      nullable: true,
      description: "The publish token as it is now, if one was meant.",
    }),
  }),
});

builder.mutationField("setGeoCascade", (t) =>
  t.field({
    type: SetGeoCascadePayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Relays streams to further clusters, those of the account or of a publish token. A link is made when a viewer comes to such a cluster, and carries about what one more viewer would: `Stream.geoCascadeTraffic` estimates it. All who publish a stream must have the same.",
    args: { input: t.arg({ type: SetGeoCascadeInput, required: true, description: "The geo-cascade." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const target = settingsTarget(input.target, "input.target");
        const { geoCascade } = input;
        if (geoCascade) {
          const known = await knownClusters(context);
          assertCascade(geoCascade, known?.ids ?? null, "input.geoCascade");
        }
        if (target.kind !== "Account") {
          if (geoCascade === undefined) throw missing("Say what it shall be, or null to follow the account.");
          const { id } = await findPublishToken(target.ref, target.argument, context);
          return { publishToken: await setOfToken(id, geoCascade, context) };
        }
        if (!geoCascade) throw missing("Say what it shall be: the account follows nobody.");
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
