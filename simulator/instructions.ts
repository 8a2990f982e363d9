// What a simulator can be told to do: by a test, or by a message to its node. docs/simulator.md has it for users.
import type { Agent, WorkStatus } from "./agents";
import type { Gate } from "./authentication";
import { trunks } from "./calls";
import { dialectNames, dialects } from "./dialects";
import { type EndingName, endingNames, endings, type Numbers, numbersProblem } from "./fates";
import type { Faults } from "./faults";
import { isObject, type Json, messageOf } from "./narrow";
import { notifyOf, pushOf } from "./notifies";
import type { Platform } from "./platform";
import type { Pusher, PushOutcome } from "./pushes";
import { Reader } from "./reader";
import type { Server } from "./server";
import { styleNames, styles } from "./styles";

/** What became of an instruction. A refusal's error begins with the name of the field that is to blame, where there is one. */
export type Outcome =
  | { readonly ok: true; readonly [detail: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [detail: string]: unknown };

/** All that instructions act on. */
export interface Controls {
  readonly platform: Platform;
  readonly pusher: Pusher;
  readonly faults: Faults;
  readonly gate: Gate;
  readonly server: Pick<Server, "restart" | "isListening">;
}

type Instruction = (controls: Controls, reader: Reader) => Outcome | Promise<Outcome>;

/** The longest that a call can be told to ring or to last, in simulated seconds. */
const longest = 86_400;
/** Most calls that can be made up at once. */
const mostSeeded = 5_000_000;
/** Most pushes that can be told of at once. */
const mostPushed = 10_000;

/** Ends the reading: the problem that was found, or what there is to do if there is none. */
const unlessWrong = (reader: Reader, act: () => Outcome | Promise<Outcome>): Outcome | Promise<Outcome> => {
  const { problem } = reader;
  return problem === undefined ? act() : { ok: false, error: problem };
};

/**
 * {do: "inbound", number, agent?, answered?, ring?, talk?, login?}: a customer calls. The first free agent is rung unless one is named;
 * with login the first one who is offline logs in if nobody is there.
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
    // One who has just logged in may have been given a task's call.
    if (!agents.isFree(agent)) return { ok: false, error: "agent: is not online and idle" };
    const fate = { ...ending, ...ring, ...talk };
    calls.begin({ course: "inbound", agent, number, trunk: trunks[0], service: "2", cause, fate });
    return { ok: true, agent: agent.staffNo, number, seq: cause.seq };
  });
};

/**
 * {do: "push", event?, notify?, as?, times?, dialect?}: an event with plausible fields, of which notify replaces some; or, without an event,
 * notify as it is. `as` is a style, see there; with "repeat" an event chooses among the earlier pushes.
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

/** What became of pushes: of the first that failed, else of the last. One that is wrong on purpose has failed only if there was no answer. */
const outcomeOf = (outcomes: readonly PushOutcome[], mustBeTaken: boolean): Outcome => {
  const failed = outcomes.find(
    (one): one is PushOutcome & { readonly error: string } =>
      one.error !== undefined && (mustBeTaken || one.status === undefined),
  );
  const { error: _, ...shown } = failed ?? outcomes.at(-1) ?? {};
  const taken = outcomes.filter((outcome) => outcome.error === undefined).length;
  const told = { ...shown, times: outcomes.length, taken };
  return failed === undefined ? { ok: true, ...told } : { ok: false, error: failed.error, ...told };
};

/** {do: "fault", kind, …}: see Faults. */
const fault: Instruction = ({ faults, platform }, reader) => {
  faults.add(reader, platform.settings.dialect);
  return unlessWrong(reader, () => ({ ok: true }));
};

/**
 * {do: "agent", agent, workStatus, after?, back?}: an agent does something at the agent's own desk, such as going AWAY: now or so many
 * simulated seconds from now; and is ONLINE again so many seconds later.
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

/** A text by which numbers end, or how often they do what, from an object of an instruction. */
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

/** {do: "numbers", endings?, shares?}: what becomes of calls, by the last digits of the number and for all others. Without either: as at the start. */
const numbers: Instruction = ({ platform }, reader) => {
  const wanted = reader.has("endings") || reader.has("shares") ? numbersOf(reader) : undefined;
  return unlessWrong(reader, () => {
    if (wanted === undefined) platform.fates.reset();
    else platform.fates.set(wanted);
    return { ok: true };
  });
};

/** {do: "books", taskID?, number?, each?}: what has been dialled, how often, and what came of it; `each`: also by number. */
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
 * {do: "restart", state?, ms?}: every connection is cut off, and nothing listens for so many real ms. `kept`: then everything goes on
 * where it was. `dropped`: calls, tasks, states and waiting pushes are gone, only the books are there.
 */
const restart: Instruction = ({ platform, pusher, gate, server }, reader) => {
  const keep = reader.word("state", ["kept", "dropped"], true) === "kept";
  const ms = reader.integer("ms", { min: 0, max: 3_600_000, fallback: 0 });
  return unlessWrong(reader, async () => {
    if (!server.isListening) return { ok: false, error: "a restart is under way" };
    const listening = server.restart(ms);
    platform.clock.pause();
    pusher.pause(keep);
    if (!keep) {
      platform.lose();
      gate.reset();
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

/** {do: "seed", records?, cdrs?, every?}: makes up so many records and CDRs, `every` seconds (60) apart, the last one of now. */
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

/** {do: "reset"}: no calls, tasks, records or faults, everybody offline, every seq unused. `requests` stays, and keys go on. */
const reset: Instruction = ({ platform, pusher, faults, gate }, reader) =>
  unlessWrong(reader, () => {
    pusher.reset();
    platform.reset();
    faults.reset();
    gate.reset();
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

/** Carries out an instruction of any origin. Never rejects. */
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
