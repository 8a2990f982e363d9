// The command nodes: one type for each command of the catalogue, and sccc-command for all other commands.
import { setMaxListeners } from "node:events";
import type { NodeMessage, NodeMessageInFlow } from "node-red";
import {
  type Command,
  commandOf,
  commands,
  extra,
  type Field,
  propertyOf,
  seqOf,
  standardInput,
} from "../../catalogue/index";
import { isUnset, render } from "../../protocol/check";
import type { Prepared } from "../../protocol/client";
import type { SendOptions } from "../../protocol/exchange";
import { fillUpRaw } from "../../protocol/extra";
import type { FieldFailure, Result } from "../../protocol/failure";
import { isObject } from "../../util/json";
import { nextTurn } from "../../util/slices";
import { accountOf } from "../account/account";
import type { Sender } from "../account/running";
import { type CallWait, callWaitOf } from "../call-number/call-number";
import { type Dialing, dialingOf } from "../call-number/dialing";
import { type TypedInput, typedInput } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import { originOf } from "../shared/origin";
import { type Ending, Status, statusWords } from "../shared/status";
import { errorOf, resultOf } from "../shared/texts";
import { type ReadValue, reader } from "../shared/values";
import type { Runtime } from "../state";
import { type LongList, longListCommandOf, sendLongList } from "./long-list";
import {
  type CallReport,
  type CommandReport,
  type Resulting,
  type Sending,
  type Sent,
  sendList,
  sendOne,
} from "./send";

/** Makes a command from a message. The `api` of an unreadable one is "". */
interface Maker {
  readonly api: (msg: NodeMessage) => Promise<string>;
  readonly prepare: (sender: Sender, api: string, msg: NodeMessage) => Promise<Prepared>;
  /** Sends the list of a message, of any length; absent for commands without such a list. */
  readonly longList?: (sending: Sending, msg: NodeMessage, onProgress: LongList["onProgress"]) => Promise<Sent>;
}

const refusal = (field: string, key: string, got: string): FieldFailure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field,
  rule: { key, params: {} },
  got,
});

/** Reads a property. If that fails, refuses the message with the property's name. */
async function readOr<T>(
  field: string,
  read: () => Promise<T>,
): Promise<{ ok: true; value: T } | { ok: false; failure: FieldFailure }> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return { ok: false, failure: refusal(field, "unreadable", error instanceof Error ? error.message : String(error)) };
  }
}

/** The defaults of the inputs that both kinds of node have. Empty, because a payload may contain an unrelated seq. */
const noSeq: TypedInput = { value: "", type: "str" };
const noExtra: TypedInput = { value: "", type: "json" };

/** A node's typed inputs. */
class Inputs {
  readonly #source: NodeSource;
  readonly #inputs = new Map<string, TypedInput>();

  constructor(source: NodeSource) {
    this.#source = source;
  }

  add(name: string, otherwise: TypedInput): ReadValue {
    const { runtime, node, config } = this.#source;
    const input = typedInput(config, name, otherwise);
    this.#inputs.set(name, input);
    return reader(runtime.RED, node, input);
  }

  /**
   * Adds to a refusal where the value was looked for.
   * @param inputOf the input that a refused field came from; default: its own
   */
  located<T extends object>(
    result: T,
    msg: NodeMessage,
    inputOf = (refused: FieldFailure): string => refused.field,
  ): T {
    const { failure } = result as { readonly failure?: Failure };
    if (failure?.kind !== "field") return result;
    const input = this.#inputs.get(inputOf(failure));
    return input === undefined ? result : { ...result, failure: { ...failure, origin: originOf(input, msg) } };
  }
}

/** Makes a command of the catalogue from a node's typed inputs. */
function catalogued(source: NodeSource, command: Command): Maker {
  const inputs = new Inputs(source);
  const readers: readonly (readonly [Field, ReadValue])[] = [
    ...command.fields.map((field) => [field, inputs.add(propertyOf(field), standardInput(field))] as const),
    [seqOf(command.seq), inputs.add("seq", noSeq)],
    [extra, inputs.add(extra.name, noExtra)],
  ];
  const readAll = async (msg: NodeMessage) => {
    const given: Record<string, unknown> = {};
    for (const [field, read] of readers) {
      const reading = await readOr(propertyOf(field), () => read(msg));
      if (!reading.ok) return reading;
      given[field.name] = reading.value;
    }
    return { ok: true as const, given };
  };
  /** Adds to a refusal where the value was looked for: a field that the node does not set may be in `extra`. */
  const located = <T extends object>(result: T, msg: NodeMessage, given: Readonly<Record<string, unknown>>): T =>
    inputs.located(result, msg, ({ field, rule }) => {
      const { name } = command.fields.find((one) => propertyOf(one) === field) ?? { name: field };
      return rule.key !== "required" && isUnset(given[name]) ? extra.name : field;
    });
  const longList = longListCommandOf(command);
  return {
    api: async () => command.api,
    prepare: async (sender, _api, msg) => {
      const all = await readAll(msg);
      return all.ok ? located(sender.client.prepare(command, all.given), msg, all.given) : inputs.located(all, msg);
    },
    ...(longList === undefined
      ? {}
      : {
          longList: async (sending, msg, onProgress) => {
            const all = await readAll(msg);
            if (!all.ok) return inputs.located(all, msg);
            const { given } = all;
            return located(await sendLongList({ ...sending, command: longList, given, onProgress }), msg, given);
          },
        }),
  };
}

/** Makes any command that a message or the node names. */
function free(source: NodeSource): Maker {
  const inputs = new Inputs(source);
  const readApi = inputs.add("api", { value: "", type: "str" });
  const readRequest = inputs.add("request", { value: "payload", type: "msg" });
  const readSeq = inputs.add("seq", noSeq);
  const readExtra = inputs.add(extra.name, noExtra);
  const readAll = async (api: string, msg: NodeMessage) => {
    if (!/^[A-Za-z]\w*$/.test(api)) return { ok: false as const, failure: refusal("api", "api", render(api)) };
    const request = await readOr("request", () => readRequest(msg));
    if (!request.ok) return request;
    const fields = request.value ?? {};
    if (!isObject(fields)) return { ok: false as const, failure: refusal("request", "object", render(fields)) };
    const seq = await readOr("seq", () => readSeq(msg));
    if (!seq.ok) return seq;
    const more = await readOr(extra.name, () => readExtra(msg));
    if (!more.ok) return more;
    const hasSeq = !isUnset(seq.value);
    const filled = fillUpRaw(hasSeq ? { ...fields, seq: seq.value } : fields, more.value);
    if (!filled.ok) return filled;
    const seqInput = hasSeq ? "seq" : "seq" in fields ? "request" : extra.name;
    return { ok: true as const, request: filled.request, seqInput };
  };
  return {
    api: async (msg) => {
      const api = await readApi(msg);
      return typeof api === "string" ? api.trim() : "";
    },
    prepare: async (sender, api, msg) => {
      const all = await readAll(api, msg);
      if (!all.ok) return inputs.located(all, msg);
      const prepared = sender.client.prepareRaw(api, commandOf(api), all.request);
      return inputs.located(prepared, msg, ({ field }) => (field === "seq" ? all.seqInput : field));
    },
  };
}

/** How many commands of a list are prepared before other work gets a turn. */
const preparedAtOnce = 50;

/** The result of a message's command, and its ApiName. */
interface Carried {
  readonly api: string;
  readonly sent: Sent;
}

interface Work {
  readonly maker: Maker;
  /** Whether each message has a list of commands. */
  readonly list: boolean;
  readonly options: SendOptions;
  readonly resulting: (api: string) => Resulting;
  readonly wait: CallWait | undefined;
  readonly dialing: Dialing | undefined;
  readonly onProgress: LongList["onProgress"];
}

/** Handles one message. */
async function carryOut(work: Work, sender: Sender, msg: NodeMessage): Promise<Carried> {
  const { maker, list, options, wait, dialing } = work;
  const problem = wait?.problem();
  if (problem !== undefined) return { api: "", sent: { ok: false, failure: problem } };
  const reading = await readOr("api", () => maker.api(msg));
  if (!reading.ok) return { api: "", sent: reading };
  const api = reading.value;
  const { payload } = msg;
  const sending: Sending = { sender, options, resulting: work.resulting(api) };
  const refuse = (key: string, got: string) => ({
    api,
    sent: { ok: false as const, failure: refusal("payload", key, got) },
  });
  if (!list) {
    // Refused, because a list of records that is wired to call-number must not ring anybody.
    if (Array.isArray(payload)) return refuse("oneNotList", render(payload));
    if (maker.longList !== undefined) {
      return { api, sent: await maker.longList(sending, msg, work.onProgress) };
    }
    const one = await maker.prepare(sender, api, msg);
    const send = () => sendOne(sending, one);
    if (dialing === undefined || !one.ok) return { api, sent: await send() };
    const context = await dialing.context(msg);
    if (!context.ok) return { api, sent: context };
    const begun = await dialing.begin([one.call], [context.value]);
    if (!begun.ok) return { api, sent: begun };
    const sent = await (wait === undefined
      ? send()
      : wait.through({ fields: one.call.fields, context: context.value, msg }, send));
    if (!sent.ok) begun.value.failed(0, sent.failure);
    return { api, sent };
  }
  if (!Array.isArray(payload)) return refuse("listNotOne", render(payload));
  const prepared: Prepared[] = [];
  const contexts: unknown[] = [];
  for (const [index, element] of payload.entries()) {
    // Typed inputs may be JSONata, which is slow: only a few are read in one turn.
    if (index % preparedAtOnce === preparedAtOnce - 1) await nextTurn();
    const one = await maker.prepare(sender, api, { ...msg, payload: element });
    prepared.push(one);
    if (!one.ok) break;
    if (dialing === undefined) continue;
    const context = await dialing.context({ ...msg, payload: element });
    if (!context.ok) return { api, sent: { ok: false, failure: atIndex(context.failure, index) } };
    contexts.push(context.value);
  }
  const send = () => sendList(sending, api, prepared);
  if (dialing === undefined || !prepared.every(({ ok }) => ok)) return { api, sent: await send() };
  const begun = await dialing.begin(
    prepared.flatMap((one) => (one.ok ? [one.call] : [])),
    contexts,
  );
  if (!begun.ok) return { api, sent: begun };
  const sent = await send();
  for (const index of prepared.keys()) {
    const failure = sent.ok ? refusedIn(sent.payload, index) : sent.failure;
    if (failure !== undefined) begun.value.failed(index, failure);
  }
  return { api, sent };
}

/** The failure of one element of a list. */
const atIndex = (failure: Failure, index: number): Failure =>
  failure.kind === "field" ? { ...failure, index } : failure;

/** The platform's refusal of one element of a list; undefined if it was not refused or the result is unknown. */
function refusedIn(answers: unknown, index: number): Failure | undefined {
  const answer: unknown = Array.isArray(answers) ? answers[index] : undefined;
  const result = isObject(answer) && isObject(answer.result) ? answer.result : {};
  const { error, name } = result;
  if (typeof error !== "number" || error === 0) return undefined;
  return { kind: "platform", code: String(name), value: error, text: "", scope: "command" };
}

function setReport(msg: NodeMessage, command: CommandReport, call?: CallReport): void {
  msg.sccc = { ...(isObject(msg.sccc) ? msg.sccc : {}), command, ...(call === undefined ? {} : { call }) };
}

/** A message whose command was carried out. */
interface Handled {
  readonly ending: Ending;
  /** Whether it is sent on the second output. */
  readonly second: boolean;
}

interface Carrying {
  readonly maker: Maker;
  /** The name of the command or node type in texts. */
  readonly name: string;
  /** Whether it can wait for the call that its command causes. */
  readonly waits: boolean;
}

/** Starts a node. */
function run(source: NodeSource, { maker, name, waits }: Carrying): Behaviour {
  const { runtime, node, config } = source;
  const { RED } = runtime;
  const account = accountOf(runtime, config.account);
  const status = new Status(RED._, (shown) => node.status(shown));
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const options: SendOptions = { signal: closing.signal, node: node.id, track: status.track, backlog: status.backlog };
  const wait = waits ? callWaitOf(source, { account, status }) : undefined;
  const dialing = waits && account.ok ? dialingOf(runtime, node, config, account.sender.context) : undefined;
  const resulting =
    (api: string): Resulting =>
    (failure) =>
      resultOf(RED._, api || name, failure);
  const onProgress: Work["onProgress"] = (sent, of) =>
    status.wait(sent === of ? "" : statusWords(RED._, "sent", { sent, of }));
  const work: Work = { maker, list: config.input === "list", options, resulting, wait, dialing, onProgress };

  const handle = async (msg: NodeMessageInFlow): Promise<Error | Handled> => {
    const { api, sent }: Carried = account.ok
      ? await carryOut(work, account.sender, msg)
      : { api: name, sent: account };
    if (!sent.ok) {
      const sender = account.ok ? account.sender : undefined;
      setReport(msg, sent.report ?? notSent(sender, api, resulting(api)(sent.failure)));
      status.end({ kind: "failure", failure: sent.failure });
      return errorOf(RED._, api || name, sent.failure);
    }
    setReport(msg, sent.report, sent.call);
    msg.payload = sent.payload;
    const { failed, total = 0 } = sent.report;
    const ending = { kind: "done", ...(failed === undefined ? {} : { failed, total }), ...cutOf(sent) } as const;
    return { ending, second: sent.call?.reached === false };
  };

  return {
    handle: async (msg, send) => {
      const handled = await handle(msg);
      if (handled instanceof Error) return handled;
      // If the message cannot be sent, it ends with that error.
      send(handled.second ? [null, msg] : msg);
      status.end(handled.ending);
      return undefined;
    },
    unforeseen: () => status.end({ kind: "unforeseen" }),
    refused: (msg, failure) => {
      setReport(msg, notSent(account.ok ? account.sender : undefined, "", resulting("")(failure)));
      status.end({ kind: "failure", failure });
    },
    close: (removed) => {
      closing.abort();
      wait?.close(removed);
    },
  };
}

/** How much of a list arrived of which the platform has more (§24.3: there is no paging). */
function cutOf({ payload, report }: Extract<Sent, { ok: true }>): { cut?: { came: number; total: number } } {
  const { total, failed } = report;
  if (!Array.isArray(payload) || total === undefined || failed !== undefined || total <= payload.length) return {};
  return { cut: { came: payload.length, total } };
}

/** The report of a command that was refused before it was sent. */
const notSent = (sender: Sender | undefined, api: string, result: Result): CommandReport => ({
  api,
  account: sender?.label ?? "",
  version: sender?.client.version ?? "",
  result,
  durationMs: 0,
});

/** Registers the types. If an account cannot be used, its commands still report each of their messages. */
export function registerCommands(runtime: Runtime): void {
  const read = () => ({ ok: true, value: undefined }) as const;
  for (const command of commands) {
    defineNode(runtime, {
      type: command.node,
      name: command.api,
      read,
      start: (_, source) =>
        run(source, { maker: catalogued(source, command), name: command.api, waits: command.waits === true }),
    });
  }
  const type = "sccc-command";
  defineNode(runtime, {
    type,
    read,
    start: (_, source) => run(source, { maker: free(source), name: type, waits: false }),
  });
}
