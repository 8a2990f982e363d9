// The journal of one campaign on disk. Lines have checksums and are appended in order. One fsync serves all waiting
// lines.
import { type FileHandle, open, rename, stat, writeFile } from "node:fs/promises";
import { checksumOf } from "../../delivery/checksum";
import { asError, syncFolder } from "../../delivery/files";
import { guarded } from "../../util/guarded";
import { nextTurn } from "../../util/slices";

/** What a journal reports. */
export interface JournalReports {
  /** The disk refuses to write and is tried again; undefined: it works again. */
  readonly trouble: (error: Error | undefined) => void;
  /** Throws if another process owns the folder now. Called before lines are written. */
  readonly verify: () => void;
}

interface Append {
  readonly data: Buffer;
  readonly done: (isWritten: boolean) => void;
}

/** The pause before the disk is tried again, in ms. */
const retryMs = 1000;
/** How many bytes of lines are read before other work gets a turn. */
const sliceBytes = 1 << 20;

const written = (line: string): string => `${checksumOf(line)} ${line}\n`;

/** The text of a written line; undefined if it is damaged. */
function readWritten(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  const line = text.slice(9);
  return text[8] === " " && text.slice(0, 8) === checksumOf(line) ? line : undefined;
}

/** The result of reading a journal. */
export interface JournalReading {
  /** The length of its complete lines, in bytes. New lines are written there. */
  readonly length: number;
  readonly damaged: number;
}

/**
 * Reads a journal. Damaged lines are copied to `<path>.damaged` and skipped. An incomplete line at the end is left by a
 * crash and is not counted. Rejects with the system's error.
 */
export async function readJournal(path: string, take: (line: string) => void): Promise<JournalReading> {
  const file = await open(path, "r");
  const damaged: Buffer[] = [];
  let length = 0;
  try {
    let rest: Buffer = Buffer.alloc(0);
    const chunk = Buffer.allocUnsafe(sliceBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let from = 0;
      for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, from)) {
        const bytes = data.subarray(from, end);
        const line = readWritten(bytes);
        if (line === undefined) damaged.push(Buffer.from(data.subarray(from, end + 1)));
        else take(line);
        length += end + 1 - from;
        from = end + 1;
      }
      rest = Buffer.from(data.subarray(from));
      await nextTurn();
    }
    if (damaged.length > 0) await writeFile(`${path}.damaged`, Buffer.concat(damaged), { mode: 0o600 });
    return { length, damaged: damaged.length };
  } finally {
    await file.close();
  }
}

/** Replaces the journal of a finished campaign. At any moment the file is either the old or the new one. */
export async function replaceJournal(path: string, lines: readonly string[]): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(lines.map(written).join(""));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Appends to a journal. While the disk refuses, lines wait and are tried again. */
export class JournalFile {
  readonly #path: string;
  readonly #folder: string;
  readonly #reports: JournalReports;
  #length: number;
  #isNew: boolean;
  #file: FileHandle | undefined;
  #appends: Append[] = [];
  #working: Promise<void> | undefined;
  #isClosed = false;
  #isRefused = false;
  #wake: (() => void) | undefined;

  /** @param length the length of the existing file; undefined for a new file, which must not exist */
  constructor(folder: string, path: string, reports: JournalReports, length?: number) {
    this.#folder = folder;
    this.#path = path;
    this.#reports = reports;
    this.#length = length ?? 0;
    this.#isNew = length === undefined;
  }

  /**
   * Appends lines. Resolves with true when they are on disk, with false if the journal was closed before. Never
   * rejects.
   */
  append(lines: readonly string[]): Promise<boolean> {
    return new Promise((done) => {
      if (this.#isClosed) {
        done(false);
        return;
      }
      this.#appends.push({ data: Buffer.from(lines.map(written).join("")), done });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when all waiting lines are written, or when the disk refuses. */
  async flush(): Promise<void> {
    if (!this.#isRefused) await this.#working;
  }

  /** Stops writing. Unwritten lines are lost, as in a crash. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await this.#working;
    for (const { done } of this.#appends.splice(0)) done(false);
    await this.#drop();
  }

  async #work(): Promise<void> {
    while (this.#appends.length > 0 && !this.#isClosed) {
      const batch = this.#appends.slice();
      try {
        await this.#write(Buffer.concat(batch.map(({ data }) => data)));
      } catch (error) {
        await this.#drop();
        if (!this.#isRefused) this.#reports.trouble(asError(error));
        this.#isRefused = true;
        await this.#pause();
        continue;
      }
      if (this.#isRefused) this.#reports.trouble(undefined);
      this.#isRefused = false;
      this.#appends.splice(0, batch.length);
      for (const { done } of batch) done(true);
    }
    // In the same turn as the end of the loop: a line that is appended later must start a new loop.
    this.#working = undefined;
  }

  async #write(data: Buffer): Promise<void> {
    this.#reports.verify();
    const file = await this.#open();
    // If the file was removed or replaced, what is written into it is lost.
    const [mine, there] = await Promise.all([file.stat(), stat(this.#path)]);
    if (mine.ino !== there.ino || mine.dev !== there.dev) throw new Error(`${this.#path} was replaced`);
    for (let at = 0; at < data.length; ) {
      at += (await file.write(data, at, data.length - at, this.#length + at)).bytesWritten;
    }
    await file.datasync();
    this.#length += data.length;
  }

  async #open(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    const file = await open(this.#path, this.#isNew ? "wx+" : "r+", 0o600);
    this.#file = file;
    if (this.#isNew) syncFolder(this.#folder);
    this.#isNew = false;
    // A crash or a refusal may have left an incomplete line.
    await file.truncate(this.#length);
    return file;
  }

  async #drop(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        resolve();
        return;
      }
      const end = guarded(() => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      });
      const timer = setTimeout(end, retryMs).unref();
      this.#wake = end;
    });
  }
}
