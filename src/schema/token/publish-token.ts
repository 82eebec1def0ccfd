import { addressWithoutSecrets } from "../../model/token/restream.ts";
import type { GeoCascade as Cascade, RestreamTarget as Target } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { PublishToken, Token } from "../refs.ts";

export const GeoCascade = builder.objectRef<Cascade>("GeoCascade").implement({
  description: "Relaying of a stream to other clusters, where its viewers are.",
  fields: (t) => ({
    isEnabled: t.exposeBoolean("isEnabled", { description: "Whether it is relayed." }),
    clusters: t.field({
      type: ["String"],
      description: "Ids of the clusters it is relayed to, or just `all`.",
      resolve: ({ clusters }) => [...clusters],
    }),
  }),
});

export const RestreamTarget = builder.objectRef<Target>("RestreamTarget").implement({
  description: "A destination that a live stream is pushed to. Its stream key is never shown.",
  fields: (t) => ({
    label: t.exposeString("label", { nullable: true, description: "What people call it." }),
    url: t.string({
      nullable: true,
      description: "Its address, without what may be secret in it: user, password and parameters.",
      resolve: ({ url }) => url && addressWithoutSecrets(url),
    }),
    isEnabled: t.exposeBoolean("isEnabled", { description: "Whether streams are pushed to it." }),
  }),
});

builder.node(PublishToken, {
  name: "PublishToken",
  description: "A credential for broadcasting. It carries nearly all settings of its streams.",
  interfaces: () => [Token],
  authScopes: { staff: "token:read" },
  id: { resolve: ({ id }) => String(id) },
  fields: (t) => ({
    isSecured: t.exposeBoolean("isSecured", {
      description:
        "Whether viewers of its streams need a token. Without it anyone may watch, and is counted for nobody.",
    }),
    isMultisource: t.exposeBoolean("isMultisource", { description: "Whether a stream may have several sources." }),
    isRecording: t.exposeBoolean("isRecording", { description: "Whether its broadcasts are recorded." }),
    isClipping: t.exposeBoolean("isClipping", { description: "Whether clips can be cut while a stream is live." }),
    hasThumbnails: t.exposeBoolean("hasThumbnails", { description: "Whether a thumbnail is sent every 30 seconds." }),
    isLowLatencyRtmp: t.exposeBoolean("isLowLatencyRtmp", { description: "Whether RTMP and SRT buffers are trimmed." }),
    isDrm: t.exposeBoolean("isDrm", { description: "Whether its streams are encrypted for DRM." }),
    isUtcInserted: t.exposeBoolean("isUtcInserted", {
      nullable: true,
      description: "Whether the platform writes its UTC time into its streams; null where the account decides.",
    }),
    isSrtEncrypted: t.exposeBoolean("isSrtEncrypted", {
      description: "Whether SRT is encrypted with a passphrase.",
    }),
    srtPassphrase: t.string({
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description: "The passphrase of SRT: a secret. Null where SRT is not encrypted. Each reading is audited.",
      resolve: async ({ id, srtPassphrase }, _args, { audit }) => {
        if (!srtPassphrase) return null;
        await audit.reveal(encodeGlobalId("PublishToken", id), "srtPassphrase");
        return srtPassphrase.reveal();
      },
    }),
    priority: t.exposeInt("priority", {
      nullable: true,
      description: "Default priority of its feeds; among redundant feeds the highest live one is shown.",
    }),
    geoCascade: t.field({
      type: GeoCascade,
      nullable: true,
      description: "Where its streams are relayed to, after the account's default is applied.",
      resolve: ({ effective, geoCascade }) => effective.geoCascade ?? geoCascade,
    }),
    restreams: t.field({
      type: [RestreamTarget],
      description:
        "Destinations that its streams are pushed to, at most 10. How long and how much was pushed is told by `total { restream }` of a stream's bandwidth.",
      resolve: ({ restreams }) => [...restreams],
    }),
  }),
});
