// A journal in segments. Lines with checksums are appended; one fsync serves all lines of a turn of the event loop. An old segment is
// deleted when none of its lines is needed any more.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { guarded } from "../util/guarded";
import { checksumOf } from "./checksum";
import { asError, freePath, type OpenFile, type StoreFile, syncFolder, unwritten } from "./files";

/** A file of the journal. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  readonly file: StoreFile;
  /** Size of its written part, in bytes. */
  size: number;
  /** Number of its lines that are still needed. */
  live: number;
}

/** Position of a line on disk. */
export interface LinePosition {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

/** A line to be written. The text has no line end. */
export interface Line {
  readonly text: string;
  /** Called when the line is on disk, before anything else is written. An error that it throws is reported. */
  readonly landed?: (place: LinePosition) => void;
}

/** A part of the program that keeps lines in a journal. The first character of a line identifies its keeper. */
export interface Keeper {
  readonly letters: string;
  /** Receives the journal before the first line is read. */
  use(journal: Journal): void;
  /** Receives a line at the start, in the order of writing. Returns false if the line is malformed. */
  read(text: string, place: LinePosition): boolean;
  /** The lines of a segment that are still needed, to be written again. `landed` must store the new position. */
  carry(segment: Segment): readonly Line[];
}

/** Options of a journal. */
export interface JournalOptions {
  /** An existing folder. */
  readonly folder: string;
  readonly keepers: readonly Keeper[];
  readonly open: OpenFile;
  /** The time in names of files that are set aside; ms since 1970. */
  readonly now: () => number;
  /**
   * Throws if another process owns the folder now. Called before each write, and after its fsync before anything is
   * reported.
   */
  readonly verify: () => void;
  /** Receives errors that are not passed to a caller. */
  readonly onProblem: (error: Error) => void;
  readonly segmentBytes?: number;
  /** How long a note may wait to be written together with other lines, in ms. */
  readonly noteDelayMs?: number;
}

/** A newer version of this package has written to the folder. This version would lose its lines. */
export class NewerFormatError extends Error {
  constructor(path: string) {
    super(`${path} was written by a newer version of this package`);
    this.name = "NewerFormatError";
  }
}

interface Append {
  readonly lines: readonly Line[];
  readonly done: () => void;
  readonly refused: (error: Error) => void;
}

const nameOf = (number: number): string => `journal-${String(number).padStart(10, "0")}.log`;
const namePattern = /^journal-(\d{10,15})\.log$/;
const lineEnd = 0x0a;
/** Bytes of a line besides its text: the checksum and the line end. */
const frame = 9;
/** Approximate number of characters in one write. A failed write fails the whole batch. */
const batchLength = 1 << 20;
/** Below this size in bytes, a journal is not cleaned. */
const smallSize = 1 << 20;
/** How many bytes of a segment are read at once. */
const pieceSize = 1 << 20;
/** Pause before a note whose write failed is tried again, in ms. */
const retryMs = 2000;

/** Above this number, small segments are merged. Each restart leaves a small segment. */
const fewSegments = 8;

/**
 * A journal with a single writer. Lines that are appended in one turn of the event loop are written together. After a failed write, the
 * file is truncated to its last complete state.
 *
 * Segments are deleted from the oldest on. A line refers only to lines in its own or in older segments, so a deleted segment never contains
 * information about the remaining ones.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #segmentBytes: number;
  readonly #segments: Segment[] = [];
  readonly #appends: Append[] = [];
  #notes: Line[] = [];
  /** Bytes of the lines that are still needed. */
  #needed = 0;
  #active: Segment | undefined;
  /** Whether truncating the active segment failed after a failed write. */
  #uncut = false;
  /** Whether notes in the active segment were written without an fsync. */
  #unsynced = false;
  #last = 0;
  /** When a failed cleaning is tried again, by the clock of performance.now. */
  #cleanAfter = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: JournalOptions) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? 8 << 20;
  }

  /** Opens a folder and passes the stored lines to the keepers. Throws the system's error, or a NewerFormatError. */
  static open(options: JournalOptions): Journal {
    const journal = new Journal(options);
    for (const keeper of options.keepers) keeper.use(journal);
    try {
      journal.#readAll();
    } catch (error) {
      for (const { file } of journal.#segments) file.close();
      throw error;
    }
    journal.#dropUnneeded();
    return journal;
  }

  /** Appends lines. Resolves when they are on disk. Rejects if they are not; they will not be read later either. */
  append(lines: readonly Line[]): Promise<void> {
    return new Promise((done, refused) => {
      this.#appends.push({ lines, done, refused });
      this.#immediate ??= setImmediate(guarded(() => this.flush()));
    });
  }

  /**
   * Appends a line with the next append, or after a short delay. The line is lost if the process ends before that. Without an append, there is
   * no fsync: the line survives the end of the process, and not a power failure.
   */
  note(line: Line): void {
    this.#notes.push(line);
    this.#later(this.#options.noteDelayMs ?? 100);
  }

  /** Marks a line as needed. */
  retain({ segment, length }: LinePosition): void {
    segment.live += 1;
    this.#needed += length;
  }

  /** Marks a line as not needed any more. */
  release({ segment, length }: LinePosition): void {
    segment.live -= 1;
    this.#needed -= length;
  }

  /** The text of a line; undefined if it is damaged or unreadable. */
  read({ segment, offset, length }: LinePosition): string | undefined {
    try {
      return textIn(segment.file.read(offset, length - 1));
    } catch {
      return undefined;
    }
  }

  /** Writes all waiting lines. Never throws: errors go to the callers of `append`, and to `onProblem` for notes. */
  flush(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    do {
      const appends = this.#take();
      const notes = this.#notes;
      this.#notes = [];
      try {
        this.#write([...notes, ...appends.flatMap(({ lines }) => lines)], appends.length > 0);
      } catch (error) {
        this.#notes = [...notes, ...this.#notes];
        for (const { refused } of appends) refused(asError(error));
        this.#dropUnneeded(true);
        // A full disk may be full of lines that are not needed. Without segments, the notes have nothing to refer to.
        if (this.#segments.length === 0) this.#notes = [];
        if (appends.length === 0 && this.#notes.length > 0) this.#reportProblem(error);
        if (this.#notes.length > 0) this.#later(retryMs);
        continue;
      }
      for (const { done } of appends) done();
      this.#clean();
    } while (this.#appends.length > 0);
  }

  /** Writes waiting lines and closes the files. No append or note may follow. Never throws. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    for (const segment of this.#segments.splice(0)) {
      const { file } = segment;
      try {
        if (segment === this.#active) this.#sync();
        file.close();
      } catch (error) {
        this.#reportProblem(error);
      }
    }
    this.#active = undefined;
  }

  readonly #reportProblem = (error: unknown) => this.#options.onProblem(unwritten(this.#options.folder, error));

  #later(delay: number): void {
    this.#timer ??= setTimeout(
      guarded(() => this.flush()),
      delay,
    ).unref();
  }

  #take(): Append[] {
    let length = 0;
    const end = this.#appends.findIndex(({ lines }) => {
      for (const { text } of lines) length += text.length;
      return length >= batchLength;
    });
    return this.#appends.splice(0, end < 0 ? this.#appends.length : end + 1);
  }

  /** Writes lines to disk; if it throws, none of them is kept. @param synced whether they must survive a power failure */
  #write(lines: readonly Line[], synced = true): void {
    if (lines.length === 0) return;
    const framed = lines.map(({ text }) => `${checksumOf(text)}${text}\n`);
    const text = framed.join("");
    const data = Buffer.from(text);
    const plain = data.length === text.length;
    this.#verify();
    let segment = this.#segment();
    // If the file was removed or replaced in the meantime, write its needed lines and the batch to a new file.
    for (let tries = 0; ; tries += 1) {
      try {
        segment.file.write(data, segment.size);
        this.#unsynced = true;
        if (synced) this.#sync(segment);
        if (segment.file.isAt(segment.path)) break;
        if (tries === 2) throw new Error(`${segment.path} was replaced again and again`);
      } catch (error) {
        this.#cut(segment);
        throw error;
      }
      this.#verify();
      segment = this.#rescue();
    }
    // If the disk was so slow that another process has taken over the folder, that process may have read these lines.
    // They then belong to it and are not removed.
    this.#verify();
    let offset = segment.size;
    segment.size += data.length;
    for (const [index, line] of lines.entries()) {
      const one = framed[index] ?? "";
      const length = plain ? one.length : Buffer.byteLength(one);
      try {
        line.landed?.({ segment, offset, length });
      } catch (error) {
        // The lines are on disk: an error of a listener must not refuse them.
        this.#options.onProblem(asError(error));
      }
      offset += length;
    }
  }

  /** Flushes a segment, by default the active one, to the physical disk. */
  #sync(segment = this.#active): void {
    if (segment === undefined || !this.#unsynced) return;
    segment.file.sync();
    this.#unsynced = false;
  }

  /** Throws if another process owns the folder now. If the folder was removed, it is created again. */
  #verify(): void {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    this.#options.verify();
  }

  /** The segment to write to. */
  #segment(): Segment {
    if (this.#active !== undefined && this.#uncut) {
      this.#active.file.truncate(this.#active.size);
      this.#uncut = false;
    }
    if (this.#active === undefined || this.#active.size >= this.#segmentBytes) return this.#begin();
    return this.#active;
  }

  #begin(): Segment {
    const { folder, open } = this.#options;
    const number = this.#last + 1;
    const path = join(folder, nameOf(number));
    // A later segment must not be on disk without the lines that it refers to.
    this.#sync();
    const file = open(path, "new");
    this.#last = number;
    const segment: Segment = { number, path, file, size: 0, live: 0 };
    this.#segments.push(segment);
    this.#active = segment;
    this.#uncut = false;
    this.#unsynced = false;
    // Without this, a power failure could remove the new file's name and thereby its content.
    syncFolder(folder);
    return segment;
  }

  /** Truncates a segment to the last successful write, so that a rejected line is not read later. */
  #cut(segment: Segment): void {
    try {
      segment.file.truncate(segment.size);
      segment.file.sync();
    } catch {
      this.#uncut = segment === this.#active;
    }
  }

  /** Segments were removed or replaced on disk. Their needed lines are read through the open files and written again. */
  #rescue(): Segment {
    const { folder, now, onProblem } = this.#options;
    const lost = this.#segments.filter(({ file, path }) => !file.isAt(path));
    for (const { path } of lost) {
      if (existsSync(path)) renameSync(path, freePath(folder, `replaced-${now()}-${basename(path)}`));
    }
    const lines = lost.flatMap((segment) => this.#carried(segment));
    this.#active = undefined;
    const segment = this.#begin();
    if (lines.length > 0) this.#write(lines);
    for (const one of lost) this.#forget(one);
    onProblem(new Error(`${folder} was removed or replaced on disk; ${lines.length} lines were written again`));
    return this.#active ?? segment;
  }

  #carried(segment: Segment): readonly Line[] {
    return this.#options.keepers.flatMap((keeper) => keeper.carry(segment));
  }

  #forget(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    if (segment === this.#active) this.#active = undefined;
    try {
      const mine = segment.file.isAt(segment.path);
      // Windows cannot remove a file that is open.
      segment.file.close();
      if (mine) rmSync(segment.path, { force: true });
    } catch (error) {
      this.#reportProblem(error);
    }
  }

  get #size(): number {
    let size = 0;
    for (const segment of this.#segments) size += segment.size;
    return size;
  }

  /** Deletes the oldest segments that hold no needed line. The active segment stays while it is small, unless `all`. */
  #dropUnneeded(all = false): void {
    for (let [first] = this.#segments; first?.live === 0; [first] = this.#segments) {
      if (first === this.#active && !all && first.size < smallSize) return;
      this.#forget(first);
    }
  }

  /** Rewrites the oldest segments when most of the journal is not needed. On average, each byte is rewritten at most once. */
  #clean(): void {
    this.#dropUnneeded();
    const isDirty = () => {
      const many = this.#segments.length > Math.max(fewSegments, (2 * this.#needed) / this.#segmentBytes);
      return many || this.#size > 2 * this.#needed + smallSize;
    };
    // One segment at a time, so that new lines do not wait for all segments.
    const [first] = this.#segments;
    if (first === undefined || !isDirty() || performance.now() < this.#cleanAfter) return;
    if (first === this.#active) this.#active = undefined;
    try {
      this.#write(this.#carried(first));
    } catch (error) {
      this.#cleanAfter = performance.now() + retryMs;
      this.#reportProblem(error);
      return;
    }
    this.#forget(first);
    this.#dropUnneeded();
  }

  #readAll(): void {
    const { folder, open } = this.#options;
    const numbers = readdirSync(folder).flatMap((name) => {
      const [, number] = namePattern.exec(name) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    const damaged: { readonly path: string; readonly unreadable: readonly number[]; readonly total: number }[] = [];
    for (const number of numbers.sort((one, other) => one - other)) {
      const path = join(folder, nameOf(number));
      const file = open(path, "existing");
      const segment: Segment = { number, path, file, size: file.size(), live: 0 };
      this.#segments.push(segment);
      this.#last = number;
      const { unreadable, total } = this.#readSegment(segment);
      if (unreadable.length > 0) damaged.push({ path, unreadable, total });
    }
    // Only now: a folder of a newer version is left as it is.
    for (const { path, unreadable, total } of damaged) this.#keepAside(path, unreadable, total);
  }

  /**
   * Reads a segment; returns the numbers of its unreadable lines, and of all lines. An incomplete last line is skipped: its append was never
   * confirmed.
   */
  #readSegment(segment: Segment): { readonly unreadable: readonly number[]; readonly total: number } {
    const unreadable: number[] = [];
    let total = 0;
    for (const { bytes, offset } of linesOf(segment.file)) {
      total += 1;
      const text = textIn(bytes);
      const letter = text?.[0];
      const keeper = this.#options.keepers.find(({ letters }) => letter !== undefined && letters.includes(letter));
      // The checksum is right, so the line is as it was written.
      if (letter !== undefined && keeper === undefined) throw new NewerFormatError(segment.path);
      const place = { segment, offset, length: bytes.length + 1 };
      if (text === undefined || keeper?.read(text, place) !== true) unreadable.push(total);
    }
    return { unreadable, total };
  }

  /** Reports unreadable lines, and keeps a copy of their file. A file that was not changed since the last start has a copy already. */
  #keepAside(path: string, unreadable: readonly number[], total: number): void {
    const { folder, now, onProblem } = this.#options;
    const which = `${unreadable.length} of ${total} lines of ${path} can't be read, from line ${unreadable[0]} on`;
    try {
      const { size } = statSync(path);
      const before = readdirSync(folder).find(
        (name) =>
          name.startsWith("damaged-") && name.endsWith(basename(path)) && statSync(join(folder, name)).size === size,
      );
      const aside =
        before === undefined ? freePath(folder, `damaged-${now()}-${basename(path)}`) : join(folder, before);
      if (before === undefined) copyFileSync(path, aside);
      onProblem(new Error(`${which}; the file is kept as ${aside}`));
    } catch (cause) {
      onProblem(new Error(which, { cause }));
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a line without its end; undefined if the checksum does not match. */
function textIn(bytes: Buffer): string | undefined {
  if (bytes.length < frame - 1) return undefined;
  const text = bytes.subarray(frame - 1);
  if (checksumOf(text) !== bytes.toString("latin1", 0, frame - 1)) return undefined;
  try {
    return utf8.decode(text);
  } catch {
    return undefined;
  }
}

/** The complete lines of a file, without line ends. Bytes after the last line end are skipped. @param from where a line begins */
export function* linesOf(file: StoreFile, from = 0): Generator<{ readonly bytes: Buffer; readonly offset: number }> {
  // The pieces of a line that has not ended yet.
  let begun: Buffer[] = [];
  let offset = from;
  for (let position = from; ; ) {
    const piece = file.read(position, pieceSize);
    if (piece.length === 0) return;
    position += piece.length;
    let start = 0;
    for (let end = piece.indexOf(lineEnd); end >= 0; end = piece.indexOf(lineEnd, start)) {
      const last = piece.subarray(start, end);
      const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last]);
      begun = [];
      yield { bytes, offset };
      offset += bytes.length + 1;
      start = end + 1;
    }
    if (start < piece.length) begun.push(piece.subarray(start));
  }
}
