// The ledger of ended calls, read as records (§20), CDRs (§24) and bills (§23). Designed for a million calls.
import { callTypeOf } from "../nodes/catalogue";
import type { Dialect } from "./dialects";
import type { Json } from "./narrow";
import { randomOf } from "./random";
import { localTime, timeForms } from "./times";

/** The facts of an ended call. Times are whole seconds since 1970 (small integers need little memory), 0 for none. */
interface Facts {
  readonly agent: string;
  /** serviceType of getCdrList. */
  readonly service: string;
  readonly inbound: boolean;
  readonly caller: string;
  readonly callee: string;
  /** The dialling task that made the call; "" for none. */
  readonly taskID: string;
  readonly taskName: string;
  readonly startAt: number;
  readonly ringAt: number;
  readonly answerAt: number;
  readonly byeAt: number;
  /** A SIP code. */
  readonly releaseCause: string;
  /** 1 connected, 2 not connected, 3 vacant. */
  readonly result: string;
}

const hex = (n: number): string => n.toString(16).padStart(8, "0");

/** An ended call. Derived values are computed on access. */
export class Entry {
  constructor(
    /** The key of the CDR, and of the record if there is one: an unanswered call leaves a gap in the records' keys. */
    readonly key: number,
    readonly facts: Facts,
  ) {}

  get answered(): boolean {
    return this.facts.answerAt !== 0;
  }

  /** Duration of the conversation, in seconds. */
  get duration(): number {
    return this.answered ? this.facts.byeAt - this.facts.answerAt : 0;
  }

  /** The call's session: 16 hex digits. It contains the key, so that a recording can be found by its name. */
  get session(): string {
    return hex(this.facts.startAt) + hex(this.key);
  }

  /** The recording's path on the server, "" if there is none. */
  get filename(): string {
    if (!this.answered) return "";
    const day = localTime(this.facts.startAt).slice(0, 10).replaceAll("-", "/");
    return `/record/${day}/${this.session}.wav`;
  }
}

/** An entry as returned by getRecordsList. All values are strings, as in the vendor's sample (§20.5). */
export const recordOf = (entry: Entry) => ({
  key: String(entry.key),
  caller: entry.facts.caller,
  callee: entry.facts.callee,
  filename: entry.filename,
  type: callTypeOf[entry.facts.inbound ? "inbound" : "outbound"].value,
  agent: entry.facts.agent,
  startTime: String(entry.facts.startAt),
  duration: String(entry.duration),
});

/** Price of a minute, started minutes count fully: 0.06 as in the sample. */
const feePerMinute = 0.06;

/** An entry as returned by getCdrList. All values but the fee are strings, as in the vendor's sample (§24.4). */
export const cdrOf = (entry: Entry) => ({
  key: String(entry.key),
  agent: entry.facts.agent,
  serviceType: entry.facts.service,
  answerTime: timeForms.local(entry.facts.answerAt),
  caller: entry.facts.caller,
  callee: entry.facts.callee,
  timeLength: String(entry.duration),
  fee: Number((Math.ceil(entry.duration / 60) * feePerMinute).toFixed(2)),
  releaseCause: entry.facts.releaseCause,
  result: entry.facts.result,
  filename: entry.filename,
});

/** The regions of made-up customers' numbers. */
const places = [
  { area: "上海", city: "上海" },
  { area: "北京", city: "北京" },
  { area: "广东", city: "深圳" },
  { area: "浙江", city: "杭州" },
  { area: "四川", city: "成都" },
] as const;

/** All values that a bill has in any dialect; times are formatted for this dialect. */
export const billingOf = (entry: Entry, { times }: Pick<Dialect, "times">): Json => {
  const { facts } = entry;
  const time = timeForms[times];
  const [customer, trunk] = facts.inbound ? [facts.caller, facts.callee] : [facts.callee, facts.caller];
  return {
    startTime: time(facts.startAt),
    ringTime: time(facts.ringAt),
    answerTime: time(facts.answerAt),
    byeTime: time(facts.byeAt),
    caller: facts.caller,
    callee: facts.callee,
    recordFile: entry.filename,
    service: facts.service,
    session: entry.session,
    timeLength: String(entry.duration),
    staffNo: facts.agent,
    taskID: facts.taskID,
    taskName: facts.taskName,
    ...places[Number(/\d(?=\d{4}$)/.exec(customer)?.[0] ?? 0) % places.length],
    trunkIndex: "1",
    trunkType: "SIP",
    trunkName: "trunk-1",
    // An address from the range for documentation.
    trunkPeerIP: "192.0.2.10",
    trunkUsername: trunk,
    releaseCause: facts.releaseCause,
  };
};

/** Maximum number of records in one answer (§20.6). */
const pageSize = 500;

/** The index of the first entry with a greater key, in a list sorted by key. */
const firstAfter = (list: readonly Entry[], key: number): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.key ?? 0) > key) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** An outbound call that is not (yet) in the ledger. */
export interface Dialled {
  readonly number: string;
  /** "" if no task made it. */
  readonly taskID: string;
}

/** Every ended call, ordered by key. */
export class Ledger {
  /** One for every call. */
  readonly cdrs: Entry[] = [];
  /** One for every answered call. */
  readonly records: Entry[] = [];
  /** The calls that a restart cut off: they were made, but have no CDR. */
  readonly lost: Dialled[] = [];
  #lastKey = 0;

  /** Records an ended call. */
  add(facts: Facts): Entry {
    this.#lastKey += 1;
    const entry = new Entry(this.#lastKey, facts);
    this.cdrs.push(entry);
    if (entry.answered) this.records.push(entry);
    return entry;
  }

  /** The records after a key, at most 500. */
  page(startKey: number): readonly Entry[] {
    const from = firstAfter(this.records, startKey);
    return this.records.slice(from, from + pageSize);
  }

  /** The entry of a recording's path, with or without leading slash; `by` name: the last segment is enough. */
  entryOf(path: string, by: "path" | "name" = "path"): Entry | undefined {
    const [, key] = /([0-9a-f]{8})\.wav$/.exec(path) ?? [];
    if (key === undefined) return undefined;
    const filename = `/${path.replace(/^\/+/, "")}`;
    const before = Number.parseInt(key, 16) - 1;
    // A made-up call may be in only one of the two lists.
    return [this.records, this.cdrs]
      .map((list) => list[firstAfter(list, before)])
      .find((entry) => (by === "name" ? entry?.filename.endsWith(filename) : entry?.filename === filename));
  }

  /**
   * Makes up records and CDRs of answered outbound calls, `every` seconds apart; the last one ends at `until` (seconds since 1970). A call
   * has both a record and a CDR as long as there are enough of each.
   */
  seed(made: {
    records: number;
    cdrs: number;
    every: number;
    until: number;
    seed: number;
    agents: readonly string[];
    caller: string;
  }): void {
    const random = randomOf(made.seed, "seed", this.#lastKey);
    const count = Math.max(made.records, made.cdrs);
    for (let i = 0; i < count; i++) {
      const byeAt = made.until - (count - 1 - i) * made.every;
      const answerAt = byeAt - random.integer(5, 180);
      const ringAt = answerAt - random.integer(2, 15);
      this.#lastKey += 1;
      const entry = new Entry(this.#lastKey, {
        agent: made.agents[i % made.agents.length] ?? "",
        service: "1",
        inbound: false,
        caller: made.caller,
        taskID: "",
        taskName: "",
        callee: `138${String(random.integer(0, 99_999_999)).padStart(8, "0")}`,
        startAt: ringAt - 2,
        ringAt,
        answerAt,
        byeAt,
        releaseCause: "200",
        result: "1",
      });
      if (i < made.records) this.records.push(entry);
      if (i < made.cdrs) this.cdrs.push(entry);
    }
  }

  /** Removes every call. Keys continue: no key and no session is used twice, because a receiver would take new calls for old ones. */
  reset(): void {
    this.cdrs.length = 0;
    this.records.length = 0;
    this.lost.length = 0;
  }
}
