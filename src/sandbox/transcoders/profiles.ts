/** Output of a transcoder. */
export interface TranscoderProfile {
  readonly profileId: string;
  readonly name: string;
  readonly description: string;
  readonly height: number;
  readonly frameRate: number;
  readonly passThrough: boolean;
  readonly layers: readonly TranscoderLayer[];
}

interface TranscoderLayer {
  readonly height: number;
  readonly width: number;
  readonly fps: number;
  readonly codec: "h264";
  readonly bitrate: number;
  readonly intraPeriod: number;
  readonly allowTransrating: boolean;
}

/** The vendor's ladder is not published: these are common heights and rates, at 30 frames per second. */
const LADDER = [
  { height: 2160, bitrate: 16_000_000 },
  { height: 1440, bitrate: 9_000_000 },
  { height: 1080, bitrate: 5_000_000 },
  { height: 720, bitrate: 2_500_000 },
  { height: 480, bitrate: 1_200_000 },
  { height: 360, bitrate: 700_000 },
];

export const FRAME_RATES = [24, 25, 29.97, 30, 50, 59.94, 60];
const PROFILE_HEIGHTS = LADDER.slice(0, 4).map(({ height }) => height);
const LAYERS = 4;

/** Returns a profile by its id, `1080p30`; undefined if there is none. */
export function profileById(id: string): TranscoderProfile | undefined {
  const [, height, frameRate] = /^(\d+)p([\d.]+)$/.exec(id) ?? [];
  const isKnown = PROFILE_HEIGHTS.includes(Number(height)) && FRAME_RATES.includes(Number(frameRate));
  return isKnown ? profileOf(Number(height), Number(frameRate), false) : undefined;
}

/** Returns the default profile of an input: its height, or the lower step for a height between two. */
export function defaultProfile(height: number, frameRate: number, passThrough: boolean): TranscoderProfile | undefined {
  const step = PROFILE_HEIGHTS.find((candidate) => candidate <= height);
  return step === undefined ? undefined : profileOf(step, frameRate, passThrough);
}

function profileOf(height: number, frameRate: number, passThrough: boolean): TranscoderProfile {
  const top = LADDER.findIndex((step) => step.height === height);
  return {
    profileId: `${height}p${frameRate}`,
    name: `${height}p at ${frameRate} fps`,
    description: `Up to ${LAYERS} layers from ${height} lines down`,
    height,
    frameRate,
    passThrough,
    layers: LADDER.slice(top, top + LAYERS).map((step) => ({
      height: step.height,
      width: Math.round((step.height * 16) / 9 / 2) * 2,
      fps: frameRate,
      codec: "h264",
      bitrate: step.bitrate,
      intraPeriod: Math.round(frameRate * 2),
      allowTransrating: false,
    })),
  };
}
