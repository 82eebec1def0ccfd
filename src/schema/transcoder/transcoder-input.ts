import type { InputFields } from "../input.ts";

/** Returns the input fields for the output of a transcoder. */
export const outputFields = (t: InputFields, isNew: boolean) => {
  const byDefault = isNew ? "Defaults to none." : "Unchanged if left out.";
  return {
    profileId: t.string({
      description: `Id of a profile of the platform, such as \`1080p30\`. Determines the whole output, so excludes the other fields. ${byDefault}`,
    }),
    height: t.int({
      description: `Largest height of the picture in pixels. Must be given together with \`frameRate\` if there is no profile. ${byDefault}`,
    }),
    frameRate: t.float({
      description: `Frames per second: 24, 25, 29.97, 30, 50, 59.94 or 60. Must be given together with \`height\`. ${byDefault}`,
    }),
    isPassThrough: t.boolean({
      description: `Whether the best layer is the unchanged input. ${isNew ? "Defaults to false." : byDefault}`,
    }),
  };
};
