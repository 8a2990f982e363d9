// A file of lines that only grows, until it is written anew: what was appended is on disk, and one fsync serves many.
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { guarded } from "../util/guarded";

/** An open file. Everything rejects with the system's error. */
export interface OpenedFile {
  /** Writes all of it at a position in bytes, or at the end if none is given; after a rejection a part of it may be there. */
  write(data: Buffer, position?: number): Promise<void>;
  /** Resolves when everything written is on the disk itself. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file to be written anew ("w") or at its end ("a"); makes it if it is missing. */
export type OpenFile = (path: string, flags: "w" | "a") => Promise<OpenedFile>;

/** The real files; readable only by their owner. */
export const openFile: OpenFile = async (path, flags) => {
  const handle = await open(path, flags, 0o600);
  return {
    write: async (data, position) => {
      let done = 0;
      while (done < data.length) {
        const place = position === undefined ? null : position + done;
        done += (await handle.write(data, done, data.length - done, place)).bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
};

/** What systems say that cannot sync a folder, Windows among them. There the name of a new file is as safe as it gets. */
const unsupported = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]);

/** Puts the names in a folder on disk. Rejects if the disk refuses, not if the system has no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!unsupported.has(codeOf(error))) throw error;
  }
}

/**
 * Makes a folder and those above it that are missing; resolves when their names are on disk.
 * @param mode of the new folders; absent: as the process's umask says
 * @param sync puts the names in a folder on disk
 */
export async function makeFolder(folder: string, mode?: number, sync = syncFolder): Promise<void> {
  const made = await mkdir(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (made === undefined) return;
  const first = resolve(made);
  // Each new folder is a name in the one above.
  for (let at = resolve(folder); at.length >= first.length; at = dirname(at)) {
    await sync(dirname(at));
  }
}

/** The whole lines of a file, without their ends; what stands behind the last end is torn and left out. None if there is no file. */
export async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  try {
    // Not by readline, which would also break at the U+2028 that JSON leaves as it is.
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, start)) {
        yield Buffer.concat([...parts, chunk.subarray(start, end)]);
        parts = [];
        start = end + 1;
      }
      parts.push(chunk.subarray(start));
    }
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Appends a text of whole lines to a file that is rarely written; resolves when it is on disk. After a rejection some may be there. */
export async function appendLines(path: string, text: string, openAs: OpenFile): Promise<void> {
  const torn = await endsTorn(path);
  const file = await openAs(path, "a");
  try {
    await file.write(Buffer.from(torn ? `\n${text}` : text));
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** How a journal is kept. */
export interface JournalOptions {
  readonly path: string;
  readonly open: OpenFile;
  /** The lines, each with its end, that a journal written anew has to have. May be asked for while things go on. */
  readonly contents: () => Iterable<string>;
  /** About how many bytes these are. */
  readonly needed: () => number;
  /** Hears of what no caller hears of. */
  readonly onProblem: (error: Error) => void;
}

interface Append {
  readonly text: string;
  readonly landed: () => void;
  readonly refused: (error: unknown) => void;
}

const lineEnd = 0x0a;
/** How many characters are written at once, about: there is a longest string, and a batch is refused as one. */
const pieceLength = 1 << 20;
/** A file below so many bytes is not worth writing anew. */
const smallSize = 1 << 20;
/** How long a note may wait for company, and how long after the disk refused it. In ms. */
const noteDelay = 100;
const retryDelay = 2000;

/**
 * One writer, batch by batch: what comes while a batch is on its way to the disk makes up the next one.
 *
 * A batch that the disk refuses is cut off the file again. If even that fails, the file is given up and written anew from `contents`
 * before anything else is; that is also how a journal begins, and how it sheds what is no longer needed. Meanwhile appends wait: for
 * about as long as it takes to write what is needed.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #appends: Append[] = [];
  readonly #notes: string[] = [];
  /** Undefined while the file has to be written anew. */
  #file: OpenedFile | undefined;
  /** How much of the file is on disk. */
  #size = 0;
  #compactAt = smallSize;
  #flush = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Begins a journal by writing it anew. If that fails, the problem is told and the next append tries again. */
  static async begin(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    await journal.#flushed();
    return journal;
  }

  /**
   * Appends whole lines; resolves when they are on disk, rejects if they are not, and then they are not read later either.
   * @param landed is called when they are on disk and before anything else is written, so that `contents` never misses them; must not throw
   */
  append(text: string, landed: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#appends.push({
        text,
        landed: () => {
          landed();
          resolve();
        },
        refused: reject,
      });
      this.#wake();
    });
  }

  /** Appends a whole line sooner or later: with the next append, or a moment later. Lost if the process ends before. */
  note(text: string): void {
    this.#notes.push(text);
    this.#later(noteDelay);
  }

  /** Writes what waits, and closes the file. Nothing may be appended or noted any more. Never rejects. */
  async close(): Promise<void> {
    await this.#flushed();
    clearTimeout(this.#timer);
    await this.#file?.close().catch(this.#tell);
  }

  readonly #tell = (error: unknown) => this.#options.onProblem(unwritten(this.#options.path, error));

  #flushed(): Promise<void> {
    this.#flush = true;
    return this.#wake();
  }

  #later(delay: number): void {
    this.#timer ??= setTimeout(
      guarded(() => this.#flushed()),
      delay,
    ).unref();
  }

  #wake(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    // What comes in one turn goes together; and nothing below may be over before #running is set.
    await Promise.resolve();
    while (this.#flush || this.#appends.length > 0) {
      this.#flush = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const appends = this.#take();
      try {
        await this.#write(appends.map(({ text }) => text).join(""));
      } catch (error) {
        for (const { refused } of appends) refused(error);
        const relieved = await this.#relieve();
        if (appends.length === 0 && !relieved) this.#tell(error);
        if (this.#notes.length > 0) this.#later(retryDelay);
        continue;
      }
      for (const { landed } of appends) landed();
      await this.#compact();
    }
    this.#running = undefined;
  }

  #take(): Append[] {
    let length = 0;
    const end = this.#appends.findIndex(({ text }) => {
      length += text.length;
      return length >= pieceLength;
    });
    return this.#appends.splice(0, end < 0 ? this.#appends.length : end + 1);
  }

  /** Writes the notes and a text. Notes go first, for they are older; those that the disk refuses stay. */
  async #write(text: string): Promise<void> {
    const file = this.#file ?? (await this.#renew());
    const notes = this.#notes.length;
    const data = Buffer.from(this.#notes.join("") + text);
    if (data.length === 0) return;
    try {
      await file.write(data, this.#size);
      await file.sync();
    } catch (error) {
      await this.#cut(file);
      throw error;
    }
    this.#size += data.length;
    this.#notes.splice(0, notes);
  }

  /** Takes back what was written since the last success: a line that was refused must not be read later. */
  async #cut(file: OpenedFile): Promise<void> {
    try {
      await file.truncate(this.#size);
      await file.sync();
    } catch {
      this.#file = undefined;
      await file.close().catch(() => undefined);
    }
  }

  /** Writes the file anew when most of it is of no more use, so that on average each byte is written at most once more. */
  async #compact(): Promise<void> {
    if (this.#size < this.#compactAt || this.#size < 2 * this.#options.needed()) return;
    try {
      await this.#renew();
    } catch (error) {
      this.#compactAt = 2 * this.#size;
      this.#tell(error);
    }
  }

  /** A full disk may be full of what is no longer needed. True if there is a new file. */
  async #relieve(): Promise<boolean> {
    if (this.#file === undefined || this.#size < 2 * this.#options.needed()) return false;
    return this.#renew().then(
      () => true,
      () => false,
    );
  }

  /** Puts a new file in the place of the old one. Whenever the process ends, one of them is there, whole. */
  async #renew(): Promise<OpenedFile> {
    const { path, contents, open: openAs } = this.#options;
    // What they tell shows in the contents already; those that come from here on may not.
    const notes = this.#notes.length;
    const newPath = `${path}.new`;
    const file = await openAs(newPath, "w");
    let size = 0;
    try {
      for (const piece of pieces(contents())) {
        await file.write(piece, size);
        size += piece.length;
      }
      await file.sync();
      // Windows replaces no file that is open.
      const old = this.#file;
      this.#file = undefined;
      await old?.close().catch(() => undefined);
      await rename(newPath, path);
      // Without it a power cut could bring the old file back, without what is appended to the new one.
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(newPath, { force: true }).catch(() => undefined);
      throw error;
    }
    this.#file = file;
    this.#size = size;
    this.#compactAt = smallSize;
    this.#notes.splice(0, notes);
    return file;
  }
}

/** Puts lines together to pieces that are worth a write. */
function* pieces(lines: Iterable<string>): Generator<Buffer> {
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length < pieceLength) continue;
    yield Buffer.from(piece);
    piece = "";
  }
  if (piece !== "") yield Buffer.from(piece);
}

/** Whether a file ends in the middle of a line, as a crash leaves it. */
async function endsTorn(path: string): Promise<boolean> {
  try {
    const handle = await open(path, "r");
    try {
      const { size } = await handle.stat();
      if (size === 0) return false;
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      return buffer[0] !== lineEnd;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** What was thrown, as an error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Says which file could not be written; the cause is the system's error. */
export const unwritten = (path: string, cause: unknown): Error =>
  new Error(`${path} can't be written: ${asError(cause).message}`, { cause });
