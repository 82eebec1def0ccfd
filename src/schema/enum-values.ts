/** Returns a table of names and descriptions as the values of an enum. */
export function enumValues<Name extends string>(table: Readonly<Record<Name, string>>) {
  const entries = Object.entries<string>(table).map(([name, description]) => [name, { description }]);
  return Object.fromEntries(entries) as Record<Name, { description: string }>;
}
