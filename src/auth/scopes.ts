/**
 * What a key can allow, and what each scope opens. A closed list: a key with a scope that is not here does not load.
 */
export const scopes = {
  "usage:read": "Read metered traffic: totals, series, countries, percentiles.",
  "stream:read": "Read streams, their live state, feeds, viewers and playback addresses.",
  "stream:control": "Stop streams.",
  "token:read": "Read publish and subscribe tokens, without their secrets.",
  "token:write": "Create, change, enable, disable, rotate and delete tokens.",
  "token:sign": "Sign viewer tokens under subscribe tokens, and inspect them.",
  "token:reveal": "Read token strings, SRT passphrases and the ingest addresses that hold them.",
  "viewer:read": "Read viewer records, without what identifies a person.",
  "viewer:pii": "Read the address, user agent and custom data of a viewer.",
} as const;

export type Scope = keyof typeof scopes;
export const allScopes = Object.keys(scopes) as readonly Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}
