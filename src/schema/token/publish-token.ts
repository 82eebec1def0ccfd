import { addressWithoutSecrets } from "../../model/token/restream.ts";
import type { GeoCascade as Cascade, RestreamTarget as Target } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { PublishToken, Token } from "../refs.ts";

export const GeoCascade = builder.objectRef<Cascade>("GeoCascade").implement({
  description: "Relaying of a stream to other clusters, near its viewers.",
  fields: (t) => ({
    isEnabled: t.exposeBoolean("isEnabled", { description: "Whether the stream is relayed to other clusters." }),
    clusters: t.field({
      type: ["String"],
      description: "Ids of the clusters that the stream is relayed to, or only `all`.",
      resolve: ({ clusters }) => [...clusters],
    }),
  }),
});

export const RestreamTarget = builder.objectRef<Target>("RestreamTarget").implement({
  description: "A destination that live streams are pushed to. The stream key is never shown.",
  fields: (t) => ({
    label: t.exposeString("label", { nullable: true, description: "Name for people; null if it has none." }),
    url: t.string({
      nullable: true,
      description:
        "Address without its secrets: user, password and parameters are left out. Null when the platform gives none.",
      resolve: ({ url }) => url && addressWithoutSecrets(url),
    }),
    isEnabled: t.exposeBoolean("isEnabled", { description: "Whether streams are pushed to this destination." }),
  }),
});

builder.node(PublishToken, {
  name: "PublishToken",
  description: "A credential for broadcasting, which holds nearly all settings of its streams.",
  interfaces: () => [Token],
  authScopes: { staff: "token:read" },
  id: { resolve: ({ id }) => String(id) },
  fields: (t) => ({
    isSecured: t.exposeBoolean("isSecured", {
      description:
        "Whether viewers of the streams need a token. If not, anyone may watch, and nobody is billed for it.",
    }),
    isMultisource: t.exposeBoolean("isMultisource", {
      description: "Whether a stream may have several sources at the same time.",
    }),
    isRecording: t.exposeBoolean("isRecording", { description: "Whether broadcasts with the token are recorded." }),
    isClipping: t.exposeBoolean("isClipping", { description: "Whether clips can be cut while a stream is live." }),
    hasThumbnails: t.exposeBoolean("hasThumbnails", { description: "Whether a thumbnail is sent every 30 seconds." }),
    isLowLatencyRtmp: t.exposeBoolean("isLowLatencyRtmp", { description: "Whether RTMP and SRT buffers are trimmed." }),
    isDrm: t.exposeBoolean("isDrm", { description: "Whether the streams are encrypted for DRM." }),
    isUtcInserted: t.exposeBoolean("isUtcInserted", {
      nullable: true,
      description: "Whether the platform writes its UTC time into the streams; null if the account's setting decides.",
    }),
    isSrtEncrypted: t.exposeBoolean("isSrtEncrypted", {
      description: "Whether SRT is encrypted with a passphrase.",
    }),
    srtPassphrase: t.string({
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "Passphrase of SRT: a secret. Null if SRT is not encrypted, and, with an error, without the scope token:reveal. Each read is audited.",
      resolve: async ({ id, srtPassphrase }, _args, { audit }) => {
        if (!srtPassphrase) return null;
        await audit.reveal(encodeGlobalId("PublishToken", id), "srtPassphrase");
        return srtPassphrase.reveal();
      },
    }),
    priority: t.expose("priority", {
      type: "SafeInt",
      nullable: true,
      description:
        "Default priority of the feeds; of redundant feeds the live one with the highest is shown. Null for none, the lowest.",
    }),
    geoCascade: t.field({
      type: GeoCascade,
      nullable: true,
      description:
        "Clusters that the streams are relayed to, with the account's default applied. Null if neither sets any.",
      resolve: ({ effective, geoCascade }) => effective.geoCascade ?? geoCascade,
    }),
    restreams: t.field({
      type: [RestreamTarget],
      description:
        "Destinations that the streams are pushed to, at most 10; empty for none. Usage is in `total { restream }` of a stream's bandwidth.",
      resolve: ({ restreams }) => [...restreams],
    }),
  }),
});
