import { randomBytes } from "node:crypto";
import pg from "pg";

/** A PostgreSQL whose user may create databases; drills over one are left out without it. */
export const serverUrl = process.env["TEST_DATABASE_URL"];

/** A database of a drill's own, empty at first, and gone afterwards. */
export interface DrillDatabase extends AsyncDisposable {
  readonly url: string;
  readonly pool: pg.Pool;
}

export async function createDatabase(server: string): Promise<DrillDatabase> {
  const name = `syndigraph_drill_${randomBytes(6).toString("hex")}`;
  const administer = async (statement: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await administer(`create database ${name} template template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  return {
    url: url.href,
    pool,
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      await administer(`drop database ${name} with (force)`);
    },
  };
}
