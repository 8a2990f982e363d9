// The demo's CRM: customers, calls with their notes, call-backs and campaigns. The flows call its methods; its SQL is all here.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { openDatabase } = require("./database.cjs");

/** The progress of a call, by the event of sccc-calls. */
const ranks = { dialing: 0, ringing: 1, answered: 2, finished: 3, recording: 4 };

/** Why a call did not reach anybody, by the text that sccc-calls and the CDRs give for the platform's cause. */
const causes = new Map([
  ["busy here", "busy"],
  ["busy everywhere", "busy"],
  ["declined", "declined"],
  ["not found", "vacant"],
  ["gone", "vacant"],
  ["address incomplete", "vacant"],
  ["does not exist anywhere", "vacant"],
]);

const dispositions = ["resolved", "callback", "forwarded", "complaint", "unreached"];

/** The service level counts calls that are answered within this time, in seconds. */
const serviceSeconds = 20;

/** A call without an event for this time, in ms, has ended if its agent is idle on the platform. */
const silentMs = 30_000;

const timeOf = (value) => (value === null || value === undefined ? null : Date.parse(value));

const cut = (value, most) => String(value ?? "").slice(0, most);

/** A sample's text in both languages; any other text unchanged. */
const both = (en, zh) => (zh === null || zh === undefined ? en : { en, zh });

const customerOf = (row) =>
  row?.name === undefined || row.name === null
    ? null
    : {
        number: row.number,
        name: both(row.name, row.name_zh),
        company: both(row.company, row.company_zh),
        city: both(row.city, row.city_zh),
      };

const callOf = (row) => ({
  id: row.id,
  state: row.state,
  agent: row.agent,
  number: row.number,
  direction: row.direction,
  outcome: row.outcome,
  cause: row.cause,
  startedAt: row.started_at,
  answeredAt: row.answered_at,
  ringSeconds: row.ring_seconds,
  talkSeconds: row.talk_seconds,
  hasRecording: row.record_file !== null,
  userData: row.user_data,
  campaign: row.campaign_name ?? null,
  note: both(row.note, row.note_zh),
  disposition: row.disposition,
  dueAt: row.due_at,
  notedAt: row.noted_at,
  doneAt: row.done_at,
  wrapUp: row.wrap_up === 1,
  next: row.next,
  customer: customerOf(row),
});

/** The beginning of a query for calls with their customers; a condition follows. */
const callsWhere = `select calls.*, customers.name, name_zh, company, company_zh, city, city_zh, campaigns.name as campaign_name
  from calls left join customers using (number) left join campaigns on campaigns.id = calls.campaign where `;

class Crm {
  #db;
  #day;
  #hour;
  #openedAt = Date.now();

  /** @param options `file`; `samples`: fills a new database with sample customers; `timezone` of the call centre */
  constructor({ file, samples, timezone }) {
    this.#db = openDatabase(file, readFileSync(join(__dirname, "schema.sql"), "utf8"));
    this.#day = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short" });
    this.#hour = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, hour: "2-digit", hourCycle: "h23" });
    if (samples && this.#db.get("select 1 from customers limit 1") === undefined) this.#fill();
  }

  close() {
    this.#db.close();
  }

  /** Each line of the samples is a customer, or a call of a customer with its age in minutes at the first start. */
  #fill() {
    const now = Date.now();
    const lines = readFileSync(join(__dirname, "samples.jsonl"), "utf8").trim().split("\n");
    this.#db.together(() => {
      for (const { minutesAgo, ...one } of lines.map((line) => JSON.parse(line))) {
        if (minutesAgo === undefined) {
          const { number, name, company, city } = one;
          this.#db.run("insert into customers values (?, ?, ?, ?, ?, ?, ?)", [
            number,
            ...[name, company, city].flatMap(({ en, zh }) => [en, zh]),
          ]);
          continue;
        }
        const startedAt = now - minutesAgo * 60_000;
        const answeredAt = one.outcome === "answered" ? startedAt + one.ringSeconds * 1000 : null;
        this.#db.run(
          `insert into calls (id, rank, state, agent, number, direction, outcome, started_at, answered_at, ring_seconds, talk_seconds,
            updated_at, note, note_zh, disposition, noted_at) values (?, ?, 'over', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          [
            ...[
              `sample-${minutesAgo}-${one.number}`,
              ranks.recording,
              one.agent,
              one.number,
              one.direction,
              one.outcome,
            ],
            ...[startedAt, answeredAt, one.ringSeconds ?? 0, one.talkSeconds ?? 0, startedAt],
            ...[one.note?.en ?? "", one.note?.zh ?? null, one.disposition ?? null, startedAt],
          ],
        );
      }
    });
  }

  // ---------------------------------------------------------------------------------------------- calls

  /**
   * Saves an event of sccc-calls.
   * @param workStatus the agent's state on the platform: an agent who was busy before a call is busy after it
   * @returns the call, and whether its agent must now write a note; undefined if nothing has changed or the call has no
   * agent
   */
  saveCall(event, call, workStatus) {
    // Staff numbers are digits.
    if (!/^\d{1,8}$/.test(call.agent ?? "")) return undefined;
    const db = this.#db;
    return db.together(() => {
      const before = db.get("select rank, noted_at, wrap_up from calls where id = ?", [call.id]);
      const rank = ranks[event];
      if (before !== undefined && rank <= before.rank) return undefined;
      const isOver = rank >= ranks.finished;
      const fromCampaign = typeof call.context?.campaign === "string";
      const isNotable = call.outcome === "answered" || (call.direction === "outbound" && !fromCampaign);
      const isAtDesk = db.get("select 1 from desks where agent = ?", [call.agent]) !== undefined;
      const hangsUp = isOver && before !== undefined && before.rank < ranks.finished && before.noted_at === null;
      const wrapUp = before?.wrap_up === 1 || (hangsUp && isAtDesk && isNotable);
      const number = call.numberE164 ?? call.number ?? "";
      const state = isOver ? "over" : event;
      db.run(
        `insert into calls (id, rank, state, agent, number, direction, outcome, cause, started_at, answered_at, ring_seconds, talk_seconds,
          record_file, user_data, campaign, campaign_row, updated_at, wrap_up, next)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (id) do update set rank = excluded.rank, state = excluded.state, agent = excluded.agent, number = excluded.number,
          direction = excluded.direction, outcome = excluded.outcome, cause = coalesce(excluded.cause, cause),
          started_at = excluded.started_at, answered_at = excluded.answered_at, ring_seconds = excluded.ring_seconds,
          talk_seconds = excluded.talk_seconds, record_file = coalesce(excluded.record_file, record_file),
          user_data = excluded.user_data, campaign = coalesce(excluded.campaign, campaign),
          campaign_row = coalesce(excluded.campaign_row, campaign_row), updated_at = excluded.updated_at, wrap_up = excluded.wrap_up`,
        [
          ...[call.id, rank, state, call.agent, number, call.direction, call.outcome, causes.get(call.reason) ?? null],
          ...[timeOf(call.startedAt) ?? Date.now(), timeOf(call.answeredAt), call.ringSeconds, call.talkSeconds],
          ...[call.recordFile, call.userData, fromCampaign ? call.context.campaign : null],
          ...[fromCampaign ? JSON.stringify(call.context.row ?? null) : null, Date.now(), wrapUp ? 1 : 0],
          this.#nextOf(call.agent, workStatus),
        ],
      );
      // A call-back that reached its customer is done.
      if (isOver && call.direction === "outbound" && call.outcome === "answered") {
        db.run(
          `update calls set done_at = ? where agent = ? and number = ? and id <> ? and due_at is not null and done_at is null
            and noted_at <= (select heard_at from calls where id = ?)`,
          [Date.now(), call.agent, number, call.id, call.id],
        );
      }
      return { call: this.call(call.id), endsNow: wrapUp && before?.wrap_up !== 1 };
    });
  }

  /** The state that an agent who gets a call now will have after it. */
  #nextOf(agent, workStatus) {
    const inWrapUp = this.#db.get("select next from calls where agent = ? and wrap_up = 1 order by started_at desc", [
      agent,
    ]);
    return inWrapUp?.next ?? (workStatus === "BUSY" ? "busy" : "ready");
  }

  /** Saves from the CDR why a call did not reach anybody. Returns the call; undefined if nothing has changed. */
  saveCause(id, causeText) {
    const cause = causes.get(causeText);
    if (cause === undefined) return undefined;
    return this.#db.run("update calls set cause = ? where id = ? and cause is null", [cause, id]) > 0
      ? this.call(id)
      : undefined;
  }

  /**
   * The platform reports that an agent is on no call. Calls without an event for a while, or since before this start,
   * have then ended. If their bill comes later, it completes them. Returns the agents' calls.
   * @param surely the platform was asked about this very call
   */
  endSilentCalls(agent, surely = false) {
    const db = this.#db;
    const now = Date.now();
    const before = surely ? now + 1 : Math.max(this.#openedAt, now - silentMs);
    const ids = db
      .all("select id from calls where agent = ? and state <> 'over' and updated_at < ?", [agent, before])
      .map(({ id }) => id);
    for (const id of ids) {
      db.run(
        `update calls set state = 'over', outcome = case when answered_at is null then 'unknown' else 'answered' end,
          talk_seconds = case when answered_at is null then null else (? - answered_at) / 1000 end, updated_at = ?,
          wrap_up = (answered_at is not null or (direction = 'outbound' and campaign is null)) and noted_at is null
            and agent in (select agent from desks)
        where id = ?`,
        [now, now, id],
      );
    }
    return ids.map((id) => this.call(id));
  }

  /** A call; undefined if there is none. */
  call(id) {
    const row = this.#db.get(`${callsWhere} calls.id = ?`, [cut(id, 200)]);
    return row === undefined ? undefined : callOf(row);
  }

  /** The file of a call's recording; undefined if there is none. */
  recordFile(id) {
    return this.#db.get("select record_file from calls where id = ?", [cut(id, 200)])?.record_file ?? undefined;
  }

  /** The latest calls with a number, except the one on the screen. */
  callsWith(number, but = "") {
    return this.#db
      .all(`${callsWhere} number = ? and calls.id <> ? and state = 'over' order by started_at desc limit 8`, [
        number,
        but,
      ])
      .map(callOf);
  }

  #isToday = (time) => this.#day.format(time) === this.#day.format(Date.now());

  /** An agent's calls of today, the newest first. */
  callsOf(agent) {
    return this.#db
      .all(`${callsWhere} agent = ? and state = 'over' and started_at > ? order by started_at desc limit 300`, [
        agent,
        Date.now() - 26 * 3_600_000,
      ])
      .filter((row) => this.#isToday(row.started_at))
      .map(callOf);
  }

  // ---------------------------------------------------------------------------------------------- desks

  /** An agent has logged in at a desk, or has logged out. */
  setAtDesk(agent, isThere) {
    if (isThere) this.#db.run("insert or ignore into desks values (?)", [agent]);
    else this.#db.run("delete from desks where agent = ?", [agent]);
  }

  /** The data of a desk: the current call, otherwise the call without a note; and the call-backs. */
  deskOf(agent) {
    if (agent === "") return { screen: null, callbacks: [] };
    const row = this.#db.get(
      `${callsWhere} agent = ? and (state <> 'over' or wrap_up = 1) order by state <> 'over' desc, started_at desc limit 1`,
      [agent],
    );
    const call = row && callOf(row);
    return {
      screen: call === undefined ? null : { call, history: this.callsWith(call.number, call.id) },
      callbacks: this.#db
        .all(
          `${callsWhere} agent = ? and due_at is not null and noted_at is not null and done_at is null order by due_at limit 100`,
          [agent],
        )
        .map(callOf),
    };
  }

  /** The agents who must write a note. */
  wrappingUp() {
    return this.#db.all("select distinct agent from calls where wrap_up = 1 and agent in (select agent from desks)");
  }

  /** The agent's state after the call on the screen; undefined if there is none. */
  setNext({ agent, next }) {
    if (next !== "ready" && next !== "busy") return undefined;
    const changed = this.#db.run("update calls set next = ? where agent = ? and (state <> 'over' or wrap_up = 1)", [
      next,
      agent,
    ]);
    return changed > 0 ? { next } : undefined;
  }

  /** Saves an unfinished note; undefined if the call is not this agent's. */
  draft({ agent, id, note, disposition, dueAt }) {
    const changed = this.#db.run(
      "update calls set note = ?, note_zh = null, disposition = ?, due_at = ? where id = ? and agent = ? and noted_at is null",
      [...this.#noteOf(note, disposition, dueAt), cut(id, 200), agent],
    );
    return changed > 0 || this.call(id)?.agent === agent ? { kept: true } : undefined;
  }

  #noteOf(note, disposition, dueAt) {
    const result = dispositions.includes(disposition) ? disposition : null;
    return [cut(note, 2000), result, result === "callback" && Number.isSafeInteger(dueAt) ? dueAt : null];
  }

  /**
   * Saves a note, which ends the after-call work of its call. Returns the call, and whether the agent's state changes;
   * undefined as above.
   */
  note({ agent, id, note, disposition, dueAt }) {
    const db = this.#db;
    return db.together(() => {
      const before = this.call(id);
      if (before === undefined || before.agent !== agent || before.state !== "over") return undefined;
      const [text, result, due] = this.#noteOf(note, disposition, dueAt);
      if (result === null) return undefined;
      db.run(
        `update calls set note = ?, note_zh = null, disposition = ?, due_at = ?, noted_at = ?, wrap_up = 0,
          done_at = case when due_at is ? then done_at end where id = ?`,
        [text.trim(), result, due, Date.now(), due, id],
      );
      const isFree =
        db.get("select 1 from calls where agent = ? and (wrap_up = 1 or state <> 'over')", [agent]) === undefined;
      return { call: this.call(id), next: before.wrapUp && isFree ? before.next : undefined };
    });
  }

  /** Marks a call-back as done without a call; undefined as above. */
  callbackDone({ agent, id }) {
    const changed = this.#db.run("update calls set done_at = ? where id = ? and agent = ? and due_at is not null", [
      Date.now(),
      cut(id, 200),
      agent,
    ]);
    return changed > 0 ? this.call(id) : undefined;
  }

  // ---------------------------------------------------------------------------------------------- customers

  /** Customers whose name, company, city or number contains a text. */
  findCustomers(q) {
    const wanted = cut(q, 60).trim().toLowerCase();
    const like = (text) => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
    const digits = wanted.replace(/[\s()+-]/g, "").replace(/^0+/, "");
    return this.#db
      .all(
        `select * from customers where lower(concat_ws(' ', name, name_zh, company, company_zh, city, city_zh)) like ?1 escape '\\'
          or (?2 <> '' and number like ?2) order by rowid limit 50`,
        [like(wanted), /^\d+$/.test(digits) ? like(digits) : ""],
      )
      .map(customerOf);
  }

  /** Gives a name to the other side of a call; undefined if there is no such call, or no number. */
  nameCustomer({ id, name }) {
    const number = this.call(id)?.number ?? "";
    const given = cut(name, 60).trim();
    if (!/^[+\d*#]+$/.test(number) || given === "") return undefined;
    this.#db.run(
      "insert into customers (number, name) values (?1, ?2) on conflict (number) do update set name = ?2, name_zh = null",
      [number, given],
    );
    return customerOf(this.#db.get("select * from customers where number = ?", [number]));
  }

  /** The number of a random customer; undefined if there are none. */
  anyNumber() {
    return this.#db.get("select number from customers order by random() limit 1")?.number;
  }

  // ---------------------------------------------------------------------------------------------- campaigns

  /** A campaign is about to begin. */
  addCampaign(id, name) {
    this.#db.run("insert or ignore into campaigns (id, name, created_at) values (?, ?, ?)", [
      id,
      cut(name, 60),
      Date.now(),
    ]);
  }

  /** Saves the figures of a campaign. */
  saveProgress(progress) {
    this.addCampaign(progress.campaign, progress.campaign);
    this.#db.run("update campaigns set progress = ? where id = ?", [JSON.stringify(progress), progress.campaign]);
    return this.campaigns(progress.campaign)[0];
  }

  /** The latest campaigns, or the one with an id. */
  campaigns(id = null) {
    return this.#db
      .all(
        "select * from campaigns where progress is not null and (?1 is null or id = ?1) order by created_at desc limit 30",
        [id],
      )
      .map(({ progress, created_at, name }) => ({ ...JSON.parse(progress), name, createdAt: created_at }));
  }

  /** Saves the result of a number. A repeated result changes nothing. */
  saveResult(id, { campaign, index, number, row, outcome, reason, attempts, agent, startedAt, talkSeconds }) {
    this.#db.run("insert or ignore into results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
      ...[id, campaign, index, number ?? null, JSON.stringify(row ?? null), outcome, reason ?? null, attempts ?? 0],
      ...[agent ?? null, timeOf(startedAt), talkSeconds ?? null, Date.now()],
    ]);
  }

  /** A campaign's results: the latest, or all in the order of the list. */
  results({ campaign, all }) {
    const order = all === "true" ? "position" : "saved_at desc, position desc limit 100";
    return this.#db
      .all(`select * from results where campaign = ? order by ${order}`, [cut(campaign, 100)])
      .map((row) => ({
        index: row.position,
        number: row.number,
        row: JSON.parse(row.entry),
        outcome: row.outcome,
        reason: row.reason,
        attempts: row.attempts,
        agent: row.agent,
        startedAt: row.started_at,
        talkSeconds: row.talk_seconds,
      }));
  }

  // ---------------------------------------------------------------------------------------------- the wallboard

  /** Today's calls in figures, separately for each direction. */
  board() {
    const now = Date.now();
    const calls = this.#db
      .all("select * from calls where started_at > ?", [now - 26 * 3_600_000])
      .filter((call) => this.#isToday(call.started_at));
    const hourNow = Number(this.#hour.format(now));
    const zero = () => ({ answered: 0, lost: 0 });
    const hours = Array.from({ length: hourNow + 1 }, (_, hour) => ({ hour, inbound: zero(), outbound: zero() }));
    for (const { started_at, direction, outcome, state } of calls) {
      const bar = hours[Number(this.#hour.format(started_at))]?.[direction];
      if (state === "over" && bar !== undefined) bar[outcome === "answered" ? "answered" : "lost"] += 1;
    }
    const isEmpty = ({ inbound, outbound }) =>
      inbound.answered + inbound.lost + outbound.answered + outbound.lost === 0;
    const first = hours.findIndex((bar) => !isEmpty(bar));
    const figuresOf = (direction) => {
      const ofIt = calls.filter((call) => call.direction === direction);
      const over = ofIt.filter(({ state }) => state === "over");
      const answered = over.filter(({ outcome }) => outcome === "answered");
      const mean = (field) =>
        answered.length === 0 ? null : answered.reduce((sum, call) => sum + (call[field] ?? 0), 0) / answered.length;
      const since = ofIt.filter(({ state }) => state === "ringing").map(({ started_at }) => started_at);
      return {
        calls: over.length,
        answered: answered.length,
        inTime: answered.filter(({ ring_seconds }) => (ring_seconds ?? 0) <= serviceSeconds).length,
        busy: over.filter(({ cause }) => cause === "busy").length,
        vacant: over.filter(({ cause }) => cause === "vacant").length,
        active: ofIt.length - over.length,
        talk: mean("talk_seconds"),
        wait: mean("ring_seconds"),
        longestWait: Math.max(0, ...over.map(({ ring_seconds }) => ring_seconds ?? 0)),
        waitingSince: since.length === 0 ? null : Math.min(...since),
      };
    };
    return {
      hours: hours.slice(Math.max(0, Math.min(first === -1 ? hourNow : first, hourNow - 7))),
      inbound: figuresOf("inbound"),
      outbound: figuresOf("outbound"),
      serviceSeconds,
      wrapUp: this.wrappingUp().map(({ agent }) => agent),
    };
  }
}

module.exports = { Crm };
