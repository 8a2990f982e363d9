// The instructions of a simulator, sent by a test or by a message to its node. Described for users in docs/simulator.md.
import type { Agent, WorkStatus } from "./agents";
import type { Authenticator } from "./authentication";
import { type EndingName, endingNames, endings, type Numbers, numbersProblem } from "./call-outcomes";
import { trunks } from "./calls";
import { dialectNames, dialects } from "./dialects";
import type { Faults } from "./faults";
import { isObject, type Json, messageOf } from "./narrow";
import { notifyOf, pushOf } from "./notifies";
import type { Platform } from "./platform";
import type { Pusher, PushOutcome } from "./pushes";
import { Reader } from "./reader";
import type { Server } from "./server";
import { styleNames, styles } from "./styles";

/** The result of an instruction. The error of a refusal begins with the name of the field that caused it, if there is one. */
export type Outcome =
  | { readonly ok: true; readonly [detail: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [detail: string]: unknown };

/** The objects that instructions act on. */
export interface Controls {
  readonly platform: Platform;
  readonly pusher: Pusher;
  readonly faults: Faults;
  readonly authenticator: Authenticator;
  readonly server: Pick<Server, "restart" | "isListening">;
}

type Instruction = (controls: Controls, reader: Reader) => Outcome | Promise<Outcome>;

/** Maximum duration of ringing or talking, in simulated seconds. */
const longest = 86_400;
/** Maximum number of calls that can be made up at once. */
const mostSeeded = 5_000_000;
/** Maximum number of pushes in one instruction. */
const mostPushed = 10_000;

/** Finishes reading: returns the problem if there is one, otherwise carries out `act`. */
const unlessWrong = (reader: Reader, act: () => Outcome | Promise<Outcome>): Outcome | Promise<Outcome> => {
  const { problem } = reader;
  return problem === undefined ? act() : { ok: false, error: problem };
};

/**
 * {do: "inbound", number, agent?, answered?, ring?, talk?, login?}: a customer calls. The named agent is rung, otherwise the first free
 * one. With `login`, the first offline agent logs in if there is no free one.
 */
const inbound: Instruction = ({ platform }, reader) => {
  const { agents, calls } = platform;
  const number = reader.text("number");
  const wanted = reader.optionalText("agent");
  const among = wanted === undefined ? agents.all() : agents.all().filter(({ staffNo }) => staffNo === wanted);
  const mayLogIn = reader.flag("login");
  const canLogIn = (one: Agent) => mayLogIn && one.workStatus === "OFFLINE" && !one.onCall;
  const agent = among.find((one) => agents.isFree(one)) ?? among.find(canLogIn);
  if (among.length === 0) reader.wrong("agent", "does not exist");
  else if (agent === undefined) reader.wrong("agent", `${wanted === undefined ? "none is" : "is not"} online and idle`);
  const ending = !reader.has("answered") ? {} : reader.flag("answered") ? endings.answered : endings.unanswered;
  const ring = reader.has("ring") ? { ring: reader.integer("ring", { min: 0, max: longest }) } : {};
  const talk = reader.has("talk") ? { talk: reader.integer("talk", { min: 1, max: longest }) } : {};
  return unlessWrong(reader, () => {
    if (agent === undefined) return { ok: false, error: "agent: none is online and idle" };
    const cause = platform.ownCause();
    if (!agents.isFree(agent)) agents.work(agent, "ONLINE", cause);
    // An agent who has just logged in may have received a task's call.
    if (!agents.isFree(agent)) return { ok: false, error: "agent: is not online and idle" };
    const outcome = { ...ending, ...ring, ...talk };
    calls.begin({ course: "inbound", agent, number, trunk: trunks[0], service: "2", cause, outcome });
    return { ok: true, agent: agent.staffNo, number, seq: cause.seq };
  });
};

/**
 * {do: "push", event?, notify?, as?, times?, dialect?}: an event with plausible fields, some of which notify may replace; or, without an
 * event, notify unchanged. `as` is the name of a style in styles.ts; with "repeat", an event selects among the earlier pushes.
 */
const push: Instruction = ({ platform, pusher }, reader) => {
  const { content, read } = styles[reader.word("as", styleNames, true)];
  const times = reader.integer("times", { min: 1, max: mostPushed, fallback: 1 });
  const event = content === "none" ? undefined : reader.optionalText("event");
  const given = content === "given" ? reader.object("notify") : undefined;
  const known = event === undefined ? undefined : pushOf(event);
  if (event !== undefined && known === undefined) reader.wrong("event", "is not a push");
  if (content === "given" && event === undefined && given === undefined)
    reader.wrong("event", "there must be an event or a notify");
  const own = platform.settings.dialect;
  const dialect = reader.has("dialect") ? dialects[reader.word("dialect", dialectNames)] : own;
  const earlier = pusher.lastSent(content === "earlier" ? known?.event : undefined);
  const style = read(reader, earlier?.letter);
  const next = (): Json => {
    if (content === "earlier") return earlier?.notify ?? {};
    return { ...(known === undefined ? {} : notifyOf(known, platform.madeUp(dialect), dialect)), ...given };
  };
  return unlessWrong(reader, async () => {
    if (!pusher.hasReceiver) return { ok: false, error: "pushUrl: there is nowhere to push to" };
    const name = (content === "earlier" ? earlier : known)?.event ?? "told";
    const pushed = Array.from({ length: times }, () => pusher.pushAlone(name, next(), style));
    return outcomeOf(await Promise.all(pushed), style.genuine);
  });
};

/**
 * The result of several pushes: that of the first failed one, otherwise that of the last. A deliberately wrong push has failed only if
 * there was no answer.
 */
const outcomeOf = (outcomes: readonly PushOutcome[], mustBeTaken: boolean): Outcome => {
  const failed = outcomes.find(
    (one): one is PushOutcome & { readonly error: string } =>
      one.error !== undefined && (mustBeTaken || one.status === undefined),
  );
  const { error: _, ...shown } = failed ?? outcomes.at(-1) ?? {};
  const taken = outcomes.filter((outcome) => outcome.error === undefined).length;
  const summary = { ...shown, times: outcomes.length, taken };
  return failed === undefined ? { ok: true, ...summary } : { ok: false, error: failed.error, ...summary };
};

/** {do: "fault", kind, …}: see Faults. */
const fault: Instruction = ({ faults, platform }, reader) => {
  faults.add(reader, platform.settings.dialect);
  return unlessWrong(reader, () => ({ ok: true }));
};

/**
 * {do: "agent", agent, workStatus, after?, back?}: changes an agent's state as the agent would do at the desk, such as AWAY: now or after a
 * number of simulated seconds. With `back`, the agent is ONLINE again after that many seconds.
 */
const agentWork: Instruction = ({ platform }, reader) => {
  const { agents, clock } = platform;
  const staffNo = reader.text("agent");
  if (agents.find(staffNo) === undefined) reader.wrong("agent", "does not exist");
  const workStatus = reader.word("workStatus", ["ONLINE", "OFFLINE", "BUSY", "AWAY"]);
  const after = reader.integer("after", { min: 0, max: longest, fallback: 0 });
  const back = reader.has("back") ? reader.integer("back", { min: 0, max: longest }) : undefined;
  const become = (status: WorkStatus) => {
    const agent = agents.find(staffNo);
    if (agent !== undefined) agents.work(agent, status, platform.ownCause());
  };
  return unlessWrong(reader, () => {
    if (after === 0) become(workStatus);
    else clock.after(after, () => become(workStatus));
    if (back !== undefined) clock.after(after + back, () => become("ONLINE"));
    return { ok: true };
  });
};

/** The endings by last digits, or the shares of endings, from an object of an instruction. */
const numbersOf = (reader: Reader): Numbers => {
  const isEnding = (value: unknown): value is EndingName => endingNames.some((name) => name === value);
  const read = <Value>(name: string, fits: (key: string, value: unknown) => value is Value, shape: string) => {
    const entries = Object.entries(reader.object(name) ?? {});
    const good = entries.flatMap(([key, value]) => (fits(key, value) ? [[key, value] as const] : []));
    if (good.length < entries.length) reader.wrong(name, `must be ${shape}`);
    return Object.fromEntries(good);
  };
  const names = endingNames.join(", ");
  const digits = read(
    "endings",
    (key, value): value is EndingName => /^\d{1,32}$/.test(key) && isEnding(value),
    `an object of last digits, each with one of ${names}`,
  );
  const shares = read(
    "shares",
    (key, value): value is number => isEnding(key) && typeof value === "number" && value >= 0,
    `an object of numbers from 0 by ${names}`,
  );
  const numbers = { endings: digits, shares };
  const problem = numbersProblem(numbers);
  if (problem !== undefined) reader.wrong("shares", problem);
  return numbers;
};

/**
 * {do: "numbers", endings?, shares?}: sets the outcomes of calls, by last digits and for all other numbers. Without either: restores the
 * initial behaviour.
 */
const numbers: Instruction = ({ platform }, reader) => {
  const wanted = reader.has("endings") || reader.has("shares") ? numbersOf(reader) : undefined;
  return unlessWrong(reader, () => {
    if (wanted === undefined) platform.outcomes.reset();
    else platform.outcomes.set(wanted);
    return { ok: true };
  });
};

/** {do: "books", taskID?, number?, each?}: the number of dialled calls and their results; `each`: also by number. */
const books: Instruction = ({ platform }, reader) => {
  const [taskID, number] = [reader.optionalText("taskID"), reader.optionalText("number")];
  const each = reader.flag("each");
  return unlessWrong(reader, () => {
    const { numbers: byNumber, ...total } = platform.books({
      ...(taskID === undefined ? {} : { taskID }),
      ...(number === undefined ? {} : { number }),
    });
    return { ok: true, ...total, ...(each ? { numbers: Object.fromEntries(byNumber) } : {}) };
  });
};

/**
 * {do: "restart", state?, ms?}: closes every connection and stops listening for this many real ms. `kept`: afterwards everything continues.
 * `dropped`: calls, tasks, states and waiting pushes are lost; only the ledger remains.
 */
const restart: Instruction = ({ platform, pusher, authenticator, server }, reader) => {
  const keep = reader.word("state", ["kept", "dropped"], true) === "kept";
  const ms = reader.integer("ms", { min: 0, max: 3_600_000, fallback: 0 });
  return unlessWrong(reader, async () => {
    if (!server.isListening) return { ok: false, error: "a restart is under way" };
    const listening = server.restart(ms);
    platform.clock.pause();
    pusher.pause(keep);
    if (!keep) {
      platform.lose();
      authenticator.reset();
    }
    try {
      await listening;
    } finally {
      platform.clock.resume();
      pusher.resume();
    }
    return { ok: true };
  });
};

/** {do: "seed", records?, cdrs?, every?}: makes up this many records and CDRs, `every` seconds (60) apart; the last one ends now. */
const seed: Instruction = ({ platform }, reader) => {
  const records = reader.integer("records", { min: 0, max: mostSeeded, fallback: 0 });
  const cdrs = reader.integer("cdrs", { min: 0, max: mostSeeded, fallback: 0 });
  const every = reader.integer("every", { min: 0, max: longest, fallback: 60 });
  const until = platform.clock.date();
  if (Math.max(records, cdrs) * every > until - longest) reader.wrong("every", "the first call would be before 1970");
  return unlessWrong(reader, () => {
    const { settings, ledger } = platform;
    const { seed, agents } = settings;
    ledger.seed({ records, cdrs, every, until, seed, agents, caller: trunks[0] });
    return { ok: true, records: ledger.records.length, cdrs: ledger.cdrs.length };
  });
};

/**
 * {do: "reset"}: removes calls, tasks, records and faults, sets everybody offline, forgets used seqs. `requests` is kept, and keys
 * continue.
 */
const reset: Instruction = ({ platform, pusher, faults, authenticator }, reader) =>
  unlessWrong(reader, () => {
    pusher.reset();
    platform.reset();
    faults.reset();
    authenticator.reset();
    return { ok: true };
  });

const instructions: Readonly<Record<string, Instruction>> = {
  inbound,
  push,
  fault,
  agent: agentWork,
  numbers,
  books,
  seed,
  restart,
  reset,
};

/** Carries out an instruction from any source. Never rejects. */
export const instruct = async (controls: Controls, instruction: unknown): Promise<Outcome> => {
  if (!isObject(instruction)) return { ok: false, error: "an instruction is an object with a do" };
  const reader = new Reader(instruction);
  const name = reader.any("do");
  const known = Object.keys(instructions);
  const act = typeof name === "string" && known.includes(name) ? instructions[name] : undefined;
  if (act === undefined) return { ok: false, error: `do: must be one of ${known.join(", ")}` };
  try {
    return await act(controls, reader);
  } catch (thrown) {
    return { ok: false, error: messageOf(thrown) };
  }
};
