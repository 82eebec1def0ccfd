import { randomBytes } from "node:crypto";
import { InvalidInputError } from "../../model/errors.ts";
import type { MediaKey as MediaKeyRecord } from "../../model/media/media.ts";
import { Secret } from "../../model/secret.ts";
import { assertName } from "../../model/text.ts";
import type { NewMediaKey as NewKey } from "../../upstream/media-distributions.ts";
import { builder } from "../builder.ts";

/** What the platform takes for a secret. @see POST /api/v3/media/distributions/{id}/security/keys */
const SECRET_LENGTH = { min: 32, max: 4096 };
/** 64 characters. */
const MADE_BYTES = 48;

export const MediaKeyInput = builder.inputType("MediaKeyInput", {
  description: "A key to be made for a distribution.",
  fields: (t) => ({
    name: t.string({ description: "What to call it: 1 to 128 characters." }),
    secret: t.string({
      description: "Its secret: 32 to 4096 characters. One is made, and shown once, when it is left out.",
    }),
  }),
});

interface KeyInput {
  readonly name?: string | null | undefined;
  readonly secret?: string | null | undefined;
}

/** A key that was made just now, with the secret that only now is known. */
export interface IssuedKey {
  readonly key: MediaKeyRecord;
  /** Null for one that the client brought. */
  readonly secret: Secret | null;
}

export const NewMediaKey = builder.objectRef<IssuedKey>("NewMediaKey").implement({
  description: "A key that was made just now.",
  fields: (t) => ({
    keyId: t.string({ description: "`mediaKeyId` of the JWTs signed with it.", resolve: ({ key }) => key.id }),
    name: t.string({ nullable: true, description: "What people call it.", resolve: ({ key }) => key.name }),
    secret: t.string({
      nullable: true,
      description: "What signs the JWTs (HS256), shown this once; null where you brought it yourself.",
      resolve: ({ secret }) => secret?.reveal() ?? null,
    }),
  }),
});

/** The key to send to the platform. @throws InvalidInputError naming the argument */
export function newMediaKey({ name, secret }: KeyInput, argument: string): NewKey & { readonly isMade: boolean } {
  if (name != null) assertName(name, `${argument}.name`);
  const { min, max } = SECRET_LENGTH;
  if (secret != null && (secret.length < min || secret.length > max)) {
    throw new InvalidInputError(`${argument}.secret`, `It holds ${min} to ${max} characters, not ${secret.length}.`);
  }
  const text = secret ?? randomBytes(MADE_BYTES).toString("base64url");
  return { name: name ?? undefined, secret: new Secret(text), isMade: secret == null };
}
