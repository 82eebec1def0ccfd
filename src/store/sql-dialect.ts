/** Dialect of SQL that a database speaks. */
export type SqlDialect = "sqlite" | "postgres";
