// A journal in segments: lines are appended, each with a checksum, one fsync serves all lines of a turn, and old segments are dropped
// when nothing in them is needed any more.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { guarded } from "../util/guarded";
import { checksumOf } from "./checksum";
import { asError, type OpenFile, type StoreFile, syncFolder, unwritten } from "./files";

/** A file of the journal. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  readonly file: StoreFile;
  /** How much of it is on disk, in bytes. */
  size: number;
  /** How many lines in it are still needed. */
  live: number;
}

/** Where a line is. */
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

/** A line to be written. The text has no line end. */
export interface Line {
  readonly text: string;
  /** Called when it is on disk, before anything else is written. Must not throw. */
  readonly landed?: (place: Place) => void;
}

/** Who keeps lines in a journal. The first character of a line says whose it is. */
export interface Keeper {
  readonly letters: string;
  /** Gets the journal before the first line is read. */
  use(journal: Journal): void;
  /** Reads a line at the start, in the order in which they were written. False: it is no line of this form. */
  read(text: string, place: Place): boolean;
  /** The lines of a segment that are still needed, to be written once more; `landed` must move what they stand for to the new place. */
  carry(segment: Segment): readonly Line[];
}

/** How a journal is kept. */
export interface JournalOptions {
  /** Must exist. */
  readonly folder: string;
  readonly keepers: readonly Keeper[];
  readonly open: OpenFile;
  /** For the names of what is kept aside; ms since 1970. */
  readonly now: () => number;
  /** Throws if the folder may not be written any more. Called after each fsync and before anybody is told. */
  readonly verify: () => void;
  /** Hears of what no caller hears of. */
  readonly onProblem: (error: Error) => void;
  readonly segmentBytes?: number;
  /** How long a note may wait for company, in ms. */
  readonly noteDelayMs?: number;
}

interface Append {
  readonly lines: readonly Line[];
  readonly done: () => void;
  readonly refused: (error: Error) => void;
}

const nameOf = (number: number): string => `journal-${String(number).padStart(10, "0")}.log`;
const namePattern = /^journal-(\d{10})\.log$/;
const lineEnd = 0x0a;
/** Bytes of a line that are not its text: the checksum and the line end. */
const frame = 9;
/** How many characters are written at once, about: a batch is refused as a whole. */
const batchLength = 1 << 20;
/** So many bytes are not worth cleaning. */
const smallSize = 1 << 20;
/** How many bytes of a segment are read at once. */
const pieceSize = 1 << 20;
/** A note that the disk refused is tried again after so long, in ms. */
const retryMs = 2000;

/** Many small segments, as restarts leave them, are put together above this number. */
const fewSegments = 8;

/**
 * One writer. What is appended in one turn of the event loop goes to the disk together. What the disk refuses is cut off the file again.
 *
 * Segments are dropped from the oldest on: a line says something of lines in its own or in older segments only, so what is dropped with a
 * segment says nothing of what stays.
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
  /** What was refused could not be cut off the active segment. */
  #uncut = false;
  #last = 0;
  /** When a cleaning that failed is tried again, by the clock of performance.now. */
  #cleanAfter = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: JournalOptions) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? 8 << 20;
  }

  /** Opens a folder and gives the keepers their lines. Throws the system's error. */
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

  /** Appends lines; resolves when they are on disk, rejects if they are not, and then they are not read later either. */
  append(lines: readonly Line[]): Promise<void> {
    return new Promise((done, refused) => {
      this.#appends.push({ lines, done, refused });
      this.#immediate ??= setImmediate(guarded(() => this.flush()));
    });
  }

  /** Appends a line sooner or later: with the next append, or a moment later. Lost if the process ends before. */
  note(line: Line): void {
    this.#notes.push(line);
    this.#later(this.#options.noteDelayMs ?? 100);
  }

  /** A line is needed from now on. */
  retain({ segment, length }: Place): void {
    segment.live += 1;
    this.#needed += length;
  }

  /** A line is not needed any more. */
  release({ segment, length }: Place): void {
    segment.live -= 1;
    this.#needed -= length;
  }

  /** The text of a line; undefined if it is damaged or cannot be read. */
  read({ segment, offset, length }: Place): string | undefined {
    try {
      return textIn(segment.file.read(offset, length - 1));
    } catch {
      return undefined;
    }
  }

  /** Writes all that waits. Never throws: whoever appended hears of it, for notes `onProblem` does. */
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
        this.#write([...notes, ...appends.flatMap(({ lines }) => lines)]);
      } catch (error) {
        this.#notes = [...notes, ...this.#notes];
        for (const { refused } of appends) refused(asError(error));
        this.#dropUnneeded(true);
        // A disk that is full may be full of what is not needed; then the notes say nothing any more.
        if (this.#segments.length === 0) this.#notes = [];
        if (appends.length === 0 && this.#notes.length > 0) this.#tell(error);
        if (this.#notes.length > 0) this.#later(retryMs);
        continue;
      }
      for (const { done } of appends) done();
      this.#clean();
    } while (this.#appends.length > 0);
  }

  /** Writes what waits, and closes the files. Nothing may be appended or noted any more. Never throws. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    for (const { file } of this.#segments.splice(0)) {
      try {
        file.close();
      } catch (error) {
        this.#tell(error);
      }
    }
    this.#active = undefined;
  }

  readonly #tell = (error: unknown) => this.#options.onProblem(unwritten(this.#options.folder, error));

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

  /** Puts lines on disk, or throws and leaves none. */
  #write(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    const framed = lines.map(({ text }) => `${checksumOf(text)}${text}\n`);
    const text = framed.join("");
    const data = Buffer.from(text);
    const plain = data.length === text.length;
    let segment = this.#segment();
    // The file may have been removed or replaced meanwhile: then what is needed of it is written anew, and the batch once more.
    for (let tries = 0; ; tries += 1) {
      try {
        segment.file.write(data, segment.size);
        segment.file.sync();
        if (segment.file.isAt(segment.path)) break;
        if (tries === 2) throw new Error(`${segment.path} was replaced again and again`);
      } catch (error) {
        this.#cut(segment);
        throw error;
      }
      segment = this.#rescue();
    }
    try {
      this.#options.verify();
    } catch (error) {
      this.#cut(segment);
      throw error;
    }
    let offset = segment.size;
    segment.size += data.length;
    for (const [index, line] of lines.entries()) {
      const one = framed[index] ?? "";
      const length = plain ? one.length : Buffer.byteLength(one);
      line.landed?.({ segment, offset, length });
      offset += length;
    }
  }

  /** The segment to be written to. */
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
    const file = open(path, "new");
    this.#last = number;
    const segment: Segment = { number, path, file, size: 0, live: 0 };
    this.#segments.push(segment);
    this.#active = segment;
    this.#uncut = false;
    // Without it a power cut could take the name away, and with it what is in the file.
    syncFolder(folder);
    return segment;
  }

  /** Takes back what was written since the last success: a line that was refused must not be read later. */
  #cut(segment: Segment): void {
    try {
      segment.file.truncate(segment.size);
      segment.file.sync();
    } catch {
      this.#uncut = segment === this.#active;
    }
  }

  /** Segments were removed or replaced on disk. What is needed of them is still there through the open files, and is written anew. */
  #rescue(): Segment {
    const { folder, now, onProblem } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lost = this.#segments.filter(({ file, path }) => !file.isAt(path));
    for (const { path } of lost) {
      if (existsSync(path)) renameSync(path, join(folder, `replaced-${now()}-${nameOf(0)}`));
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
      // Windows removes no file that is open.
      segment.file.close();
      if (mine) rmSync(segment.path, { force: true });
    } catch (error) {
      this.#tell(error);
    }
  }

  get #size(): number {
    let size = 0;
    for (const segment of this.#segments) size += segment.size;
    return size;
  }

  /** Drops the oldest segments as long as nothing in them is needed. The one that is written to stays while it is small, unless `all`. */
  #dropUnneeded(all = false): void {
    for (let [first] = this.#segments; first?.live === 0; [first] = this.#segments) {
      if (first === this.#active && !all && first.size < smallSize) return;
      this.#forget(first);
    }
  }

  /** Writes the oldest segments anew when most of the journal is of no more use: on average each byte is written at most once more. */
  #clean(): void {
    this.#dropUnneeded();
    const isDirty = () => {
      const many = this.#segments.length > Math.max(fewSegments, (2 * this.#needed) / this.#segmentBytes);
      return many || this.#size > 2 * this.#needed + smallSize;
    };
    // One segment at a time: what comes meanwhile must not wait for all of them.
    const [first] = this.#segments;
    if (first === undefined || !isDirty() || performance.now() < this.#cleanAfter) return;
    if (first === this.#active) this.#active = undefined;
    try {
      this.#write(this.#carried(first));
    } catch (error) {
      this.#cleanAfter = performance.now() + retryMs;
      this.#tell(error);
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
    for (const number of numbers.sort((one, other) => one - other)) {
      const path = join(folder, nameOf(number));
      const file = open(path, "existing");
      const segment: Segment = { number, path, file, size: file.size(), live: 0 };
      this.#segments.push(segment);
      this.#last = number;
      this.#readSegment(segment);
    }
  }

  /** A torn last line is left out: nobody was told that it is safe. Other lines that cannot be read are reported and kept aside. */
  #readSegment(segment: Segment): void {
    const unreadable: number[] = [];
    let number = 0;
    for (const { bytes, offset } of linesOf(segment.file)) {
      number += 1;
      const text = textIn(bytes);
      const place = { segment, offset, length: bytes.length + 1 };
      const keeper = this.#options.keepers.find(({ letters }) => letters.includes(text?.[0] ?? "\n"));
      if (text === undefined || keeper?.read(text, place) !== true) unreadable.push(number);
    }
    if (unreadable.length > 0) this.#keepAside(segment.path, unreadable, number);
  }

  #keepAside(path: string, unreadable: readonly number[], total: number): void {
    const { now, onProblem } = this.#options;
    const aside = join(dirname(path), `damaged-${now()}-${basename(path)}`);
    const which = `${unreadable.length} of ${total} lines of ${path} can't be read, from line ${unreadable[0]} on`;
    try {
      copyFileSync(path, aside);
      onProblem(new Error(`${which}; the file is kept as ${aside}`));
    } catch (cause) {
      onProblem(new Error(which, { cause }));
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a line without its end; undefined if its checksum does not fit. */
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

/** The whole lines of a file, without their ends; what stands behind the last end is left out. */
export function* linesOf(file: StoreFile): Generator<{ readonly bytes: Buffer; readonly offset: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for (let position = 0; ; ) {
    const piece = file.read(position, pieceSize);
    if (piece.length === 0) return;
    position += piece.length;
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, start)) {
      yield { bytes: bytes.subarray(start, end), offset };
      offset += end - start + 1;
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}
