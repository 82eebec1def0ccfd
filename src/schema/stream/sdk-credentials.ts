import type { GraphContext } from "../../context.ts";
import { type DirectorAddresses, directorAddresses } from "../../model/stream/endpoints.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { PublishToken } from "../refs.ts";
import type { TokenReference } from "../token/find-token.ts";
import { findPublisher } from "./find-publisher.ts";

export const SdkRole = builder.enumType("SdkRole", {
  description: "What a client SDK of the platform does.",
  values: {
    SUBSCRIBE: { description: "It plays: what it needs is no secret." },
    PUBLISH: { description: "It broadcasts, with a publish token: a secret." },
  } as const,
});

interface Credentials {
  readonly role: "SUBSCRIBE" | "PUBLISH";
  readonly streamName: string;
  readonly streamAccountId: string;
  readonly director: DirectorAddresses;
  /** Null for a player. */
  readonly token: PublishTokenRecord | null;
}

export const SdkCredentials = builder.objectRef<Credentials>("SdkCredentials").implement({
  description: "What a client SDK of the platform is made with, in the SDKs' own terms.",
  fields: (t) => ({
    role: t.expose("role", { type: SdkRole, description: "What it does." }),
    directorUrl: t.string({
      description: "Where it asks for its servers. SDKs know it, but for a sandbox.",
      resolve: ({ role, director }) => (role === "PUBLISH" ? director.publishUrl : director.subscribeUrl),
    }),
    streamName: t.exposeString("streamName", { description: "`streamName`." }),
    streamAccountId: t.exposeString("streamAccountId", {
      description: "`streamAccountId`: players of an unsecured stream need it.",
    }),
    publishToken: t.expose("token", {
      type: PublishToken,
      nullable: true,
      description: "The token that a broadcaster uses; null for a player.",
    }),
    publishingToken: t.string({
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "`token` of a broadcaster: a secret. Null for a player, which takes a viewer token as `subscriberToken`, where the stream is secured: sign one by `signViewerToken`.",
      resolve: ({ token }) => token?.secret.reveal() ?? null,
    }),
  }),
});

/** @throws NotFoundError, InvalidInputError, ConflictError about the publish token; UpstreamError */
export async function sdkCredentials(
  streamName: string,
  { role, publishToken: ref }: { role: "SUBSCRIBE" | "PUBLISH"; publishToken?: TokenReference | null | undefined },
  context: GraphContext,
): Promise<Credentials> {
  const director = directorAddresses(context.directorUrl);
  const streamAccountId = await context.account.id();
  if (role === "SUBSCRIBE") return { role, streamName, streamAccountId, director, token: null };
  const token = await findPublisher(streamName, ref, "publishToken", context);
  await context.audit.reveal(encodeGlobalId("PublishToken", token.id), "sdkCredentials");
  return { role, streamName, streamAccountId, director, token };
}
