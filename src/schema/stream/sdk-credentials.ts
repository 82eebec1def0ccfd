import type { GraphContext } from "../../context.ts";
import { type DirectorAddresses, directorAddresses } from "../../model/stream/endpoints.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { PublishToken } from "../refs.ts";
import type { TokenReference } from "../token/find-token.ts";
import { findPublisher } from "./find-publisher.ts";

export const SdkRole = builder.enumType("SdkRole", {
  description: "Role of a client SDK of the platform.",
  values: {
    SUBSCRIBE: { description: "The SDK plays the stream; its credentials hold no secret." },
    PUBLISH: { description: "The SDK broadcasts the stream; its credentials hold the publish token, a secret." },
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
  description: "Credentials of a client SDK of the platform, in the SDKs' own terms.",
  fields: (t) => ({
    role: t.expose("role", { type: SdkRole, description: "Role that these credentials are for." }),
    directorUrl: t.string({
      description:
        "Address at which the SDK looks up its servers. SDKs have it built in, so it is needed only against a sandbox.",
      resolve: ({ role, director }) => (role === "PUBLISH" ? director.publishUrl : director.subscribeUrl),
    }),
    streamName: t.exposeString("streamName", { description: "Stream name: the SDKs' option `streamName`." }),
    streamAccountId: t.exposeString("streamAccountId", {
      description: "Account id: the SDKs' option `streamAccountId`, needed by players of an unsecured stream.",
    }),
    publishToken: t.expose("token", {
      type: PublishToken,
      nullable: true,
      description: "Publish token of a broadcaster; null for a player.",
    }),
    publishingToken: t.string({
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "The SDKs' option `token` of a broadcaster. Secret. Null for a player: if the stream is secured, sign a viewer token by `signViewerToken` and pass it as `subscriberToken`.",
      resolve: ({ token }) => token?.secret.reveal() ?? null,
    }),
  }),
});

/**
 * Returns the credentials of an SDK; those of a broadcaster are audited.
 *
 * @throws NotFoundError, InvalidInputError, ConflictError about the publish token
 * @throws UpstreamError
 */
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
