import { readFile, writeFile } from "node:fs/promises";

const urlOf = (page: string) => new URL(`../${page}`, import.meta.url);

/**
 * Returns the text of a page with one section replaced: the lines between the comments that bear its name.
 *
 * @param page path from the root of the repository
 * @throws Error when the page lacks the comments
 */
export async function withSection(page: string, name: string, edit: (present: string) => string): Promise<string> {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [head, rest] = (await readFile(urlOf(page), "utf8")).split(begin);
  const [present, tail] = rest?.split(end) ?? [];
  if (head === undefined || present === undefined || tail === undefined) {
    throw new Error(`${page} lacks the comments around its section \`${name}\`.`);
  }
  return `${head}${begin}${edit(present)}${end}${tail}`;
}

/** Replaces one section of a page. @throws Error when the page lacks the comments around it */
export async function writeSection(page: string, name: string, edit: (present: string) => string): Promise<void> {
  await writeFile(urlOf(page), await withSection(page, name, edit));
}
