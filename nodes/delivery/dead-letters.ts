// Dead letters: entries that were given up, in a file of JSON lines for people, kept for a number of days.
import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { appendLines, asError, codeOf, type OpenFile, syncFolder, unwritten } from "./files";
import { linesOf } from "./journal";

/** A dead letter. `text` is the value as JSON. */
export interface DeadLetter {
  readonly id: string;
  readonly node: string;
  readonly delivery: number;
  readonly text: string;
}

const dayMs = 86_400_000;

/** The dead letters of a folder, in dead.jsonl: `{"time", "id", "node", "delivery", "value"}`. */
export class DeadLetters {
  readonly path: string;

  constructor(
    folder: string,
    private readonly open: OpenFile,
    private readonly now: () => number,
  ) {
    this.path = join(folder, "dead.jsonl");
  }

  /** Appends letters; returns when they are on disk. Throws if writing fails. */
  add(letters: readonly DeadLetter[]): void {
    const time = new Date(this.now()).toISOString();
    const lines = letters.map(({ id, node, delivery, text }) => {
      const head = JSON.stringify({ time, id, node, delivery });
      return `${head.slice(0, -1)},"value":${text}}\n`;
    });
    try {
      appendLines(this.path, lines.join(""), this.open);
    } catch (error) {
      throw unwritten(this.path, error);
    }
  }

  /** Removes letters older than this number of days; 0 keeps all. Unreadable lines stay. Throws if writing fails. */
  expire(keepDays: number): void {
    if (keepDays === 0 || !existsSync(this.path)) return;
    const oldest = this.now() - keepDays * dayMs;
    const isOld = (line: Buffer) => {
      const [, time = ""] = /^\{"time":"([^"]{1,30})"/.exec(line.toString("utf8", 0, 60)) ?? [];
      return Date.parse(time) < oldest;
    };
    const newPath = `${this.path}.new`;
    try {
      const file = this.open(this.path, "existing");
      try {
        if (![...linesOf(file)].some(({ bytes }) => isOld(bytes))) return;
        rmSync(newPath, { force: true });
        const fresh = this.open(newPath, "new");
        try {
          let size = 0;
          const keep = (line: Buffer) => {
            fresh.write(line, size);
            size += line.length;
          };
          let end = 0;
          for (const { bytes, offset } of linesOf(file)) {
            end = offset + bytes.length + 1;
            if (!isOld(bytes)) keep(Buffer.concat([bytes, Buffer.from("\n")]));
          }
          // A last line without its end, as an editor may leave it.
          keep(file.read(end, file.size() - end));
          fresh.sync();
        } finally {
          fresh.close();
        }
      } finally {
        file.close();
      }
      renameSync(newPath, this.path);
      syncFolder(dirname(this.path));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw unwritten(this.path, asError(error));
    }
  }
}
