/**
 * All of kysely that is used. It is taken from here and nowhere else, because the build makes one file of this one: kysely
 * is 279 modules, which take 85 ms to load one by one, and 10 ms as one.
 */
export {
  CamelCasePlugin,
  Kysely,
  Migrator,
  PostgresDialect,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  sql,
} from "kysely";
