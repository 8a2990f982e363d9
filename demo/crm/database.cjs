// An SQLite database in one file: SQLite compiled to WebAssembly, so that nothing is compiled where it is installed.
const { mkdirSync, rmSync } = require("node:fs");
const { dirname } = require("node:path");
const { Database } = require("node-sqlite3-wasm");

/**
 * Opens a database, and creates it if it does not exist. Only one process may use it at a time; the demo's start makes
 * sure of that. Each statement is on disk when it returns. After kill -9 its changes are there completely or not at
 * all.
 */
function openDatabase(file, schema) {
  mkdirSync(dirname(file), { recursive: true });
  // The lock of a killed process.
  rmSync(`${file}.lock`, { recursive: true, force: true });
  const db = new Database(file);
  // With one process, the write-ahead log needs no shared memory, which WebAssembly does not have.
  db.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;");
  db.exec(schema);
  return {
    all: (sql, values) => db.all(sql, values),
    get: (sql, values) => db.get(sql, values) ?? undefined,
    /** Runs a statement; returns the number of changed rows. */
    run: (sql, values) => db.run(sql, values).changes,
    /** Runs statements in one transaction. */
    together(run) {
      db.exec("begin immediate");
      try {
        const result = run();
        db.exec("commit");
        return result;
      } catch (error) {
        db.exec("rollback");
        throw error;
      }
    },
    close: () => db.close(),
  };
}

module.exports = { openDatabase };
