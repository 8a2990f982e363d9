// One run of a feed. Each page is read, handed over, and then its position is written. So no page is skipped.
import { asError } from "../../delivery/files";
import type { Failure } from "../shared/failure";
import { type CdrSource, CdrWalk, newestCdrs } from "./cdrs";
import type { CdrsPosition, Position, PositionFile } from "./position";
import { keysOf, type Next, newestRecords, nextRecords, type Page, type ReadRecords } from "./source";

export interface RunDeps {
  readonly file: Pick<PositionFile, "read" | "write">;
  readonly readRecords: ReadRecords;
  readonly cdrs: CdrSource;
  /** The first position of the feed; "now": after the newest item. */
  readonly start: Position | "now";
  readonly source: Position["source"];
  readonly now: () => number;
  /** Hands a page over. Resolves with true when the position may move, with false if the feed closes. */
  readonly hand: (page: Page, keys: PageKeys) => Promise<boolean>;
  /** Whether the feed closes. */
  readonly closing: () => boolean;
}

/** `msg.sccc.page`, without the feed's name. */
export interface PageKeys {
  readonly firstKey: string;
  readonly lastKey: string;
  readonly nextKey: string;
  readonly size: number;
}

/** The result of a run. `cut`: the platform left CDRs out, even for a span of one second. */
export type RunResult =
  | {
      readonly ok: true;
      readonly items: number;
      readonly pages: number;
      readonly lastKey: string;
      readonly cut: boolean;
    }
  | { readonly ok: false; readonly failure: Failure | Error };

const closed: RunResult = { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED" } };

const keyIn = (position: Position): string => position.key;

/** The first position of a feed. */
async function begin(deps: RunDeps): Promise<Position | Failure> {
  const { start, source, cdrs, now } = deps;
  if (start !== "now") return start;
  if (source === "records") {
    const newest = await newestRecords(deps.readRecords);
    return newest.ok ? newest.position : newest.failure;
  }
  const newest = await newestCdrs(cdrs, now());
  // The CDRs within the overlap exist already: they are read once, to be recognised, and not given.
  return newest.ok ? readToEnd(new CdrWalk(cdrs, newest.end), newest.position) : newest.failure;
}

/** Reads to the end without giving anything. */
async function readToEnd(walk: CdrWalk, from: CdrsPosition): Promise<Position | Failure> {
  let position: Position = from;
  for (;;) {
    if (position.source !== "cdrs") return position;
    const next = await walk.next(position);
    if (next.kind === "failure") return next.failure;
    if (next.kind === "end") return position;
    position = next.page.after;
  }
}

const isFailure = (value: Position | Failure): value is Failure => "kind" in value;

/** Runs once. Never rejects. */
export async function runFeed(deps: RunDeps): Promise<RunResult> {
  try {
    return await run(deps);
  } catch (error) {
    return { ok: false, failure: asError(error) };
  }
}

async function run(deps: RunDeps): Promise<RunResult> {
  const { file, closing, hand } = deps;
  let position = await file.read();
  if (position === undefined) {
    const first = await begin(deps);
    if (isFailure(first)) return closing() ? closed : { ok: false, failure: first };
    position = first;
    await file.write(position);
  }
  let walk: CdrWalk | undefined;
  const read = (at: Position): Promise<Next> => {
    if (at.source === "records") return nextRecords(at, deps.readRecords);
    walk ??= new CdrWalk(deps.cdrs, deps.now());
    return walk.next(at);
  };
  const counts = { items: 0, pages: 0, cut: false };
  for (;;) {
    if (closing()) return closed;
    const next = await read(position);
    if (closing()) return closed;
    if (next.kind === "failure") return { ok: false, failure: next.failure };
    if (next.kind === "end") return { ok: true, ...counts, lastKey: keyIn(position) };
    const { page } = next;
    if (page.items.length > 0) {
      const keys = { ...keysOf(page.items), nextKey: keyIn(page.after), size: page.items.length };
      if (!(await hand(page, keys))) return closed;
      counts.pages += 1;
      counts.items += page.items.length;
    }
    counts.cut ||= page.cut;
    if (page.after !== position) await file.write(page.after);
    position = page.after;
  }
}
