// What a command node does, apart from Node-RED: reads, checks, sends, and makes the result.
import type { Command } from "../../catalogue/index";
import type { Prepared } from "../../protocol/client";
import type { PreparedCommand } from "../../protocol/envelope";
import type { Exchanged, Outcome, SendOptions } from "../../protocol/exchange";
import type { Result } from "../../protocol/failure";
import { readItem } from "../../protocol/records";
import type { JsonObject } from "../../util/json";
import { mapInSlices, nextTurn, sliceLength } from "../../util/slices";
import type { Sender } from "../account/running";
import type { Failure } from "../shared/failure";

/** `msg.sccc.command` (docs/messages.md). `seq` and `requestSeq` belong to a single command, `failed` to a list. */
export interface CommandReport {
  readonly api: string;
  readonly account: string;
  readonly version: string;
  readonly seq?: unknown;
  readonly requestSeq?: number;
  readonly result: Result;
  readonly durationMs: number;
  readonly total?: number;
  readonly failed?: number;
  readonly response?: unknown;
  readonly logs?: unknown;
}

/** `msg.sccc.call` of a command whose call was waited for. */
export interface CallReport {
  readonly id: string;
  readonly waitFor: string;
  readonly reached: boolean;
  readonly reason?: "notAnswered" | "timeout";
}

/** The result of a message. A `failure` without a report: nothing was sent. */
export type Sent =
  | { readonly ok: true; readonly payload: unknown; readonly report: CommandReport; readonly call?: CallReport }
  | { readonly ok: false; readonly failure: Failure; readonly report?: CommandReport };

/** Converts a failure to a result. */
export type Resulting = (failure: Failure) => Result;

const carriedOut: Result = { error: 0, name: "E_SUCC", msg: "" };

/** What `debug` adds: the whole answer and the platform's logs. */
function debugOf(sender: Sender, exchanged: readonly Exchanged[]): Pick<CommandReport, "response" | "logs"> {
  if (!sender.debug) return {};
  const bodies = exchanged.map((one) => one.body ?? null);
  const logs = bodies.map((body) => body?.logs ?? null);
  return exchanged.length === 1 ? { response: bodies[0], logs: logs[0] } : { response: bodies, logs };
}

/** The total beside an answer's list: getCdrList says there how many CDRs exist. */
function totalOf(response: JsonObject): { total?: number } {
  const total = response.total === undefined || response.total === "" ? Number.NaN : Number(response.total);
  return Number.isSafeInteger(total) ? { total } : {};
}

/** The items of a list, with derived fields. */
async function itemsOf(command: Command | undefined, list: readonly unknown[], { context }: Sender) {
  const kind = command?.list?.kind;
  return kind === undefined ? list : mapInSlices(list, (item) => readItem(kind, item, context));
}

/** The array of an element's answer, under the vendor's name. The platform may have put it next to the answer (§20.5). */
async function listIn(command: Command | undefined, outcome: Outcome, sender: Sender): Promise<JsonObject> {
  if (!outcome.ok || outcome.list === undefined || command?.list === undefined) return {};
  return { [command.list.name]: await itemsOf(command, outcome.list, sender) };
}

export interface Sending {
  readonly sender: Sender;
  readonly options: SendOptions;
  readonly resulting: Resulting;
}

/** Sends one command. */
export async function sendOne({ sender, options, resulting }: Sending, prepared: Prepared): Promise<Sent> {
  if (!prepared.ok) return prepared;
  const { call } = prepared;
  const start = performance.now();
  const exchanged = await sender.client.send(call, options);
  const { outcome } = exchanged;
  const report: CommandReport = {
    api: call.api,
    account: sender.label,
    version: sender.client.version,
    seq: call.fields.seq,
    ...(exchanged.requestSeq === undefined ? {} : { requestSeq: exchanged.requestSeq }),
    result: outcome.ok ? outcome.result : resulting(outcome.failure),
    durationMs: Math.round(performance.now() - start),
    ...(outcome.ok && outcome.list !== undefined ? totalOf(outcome.response) : {}),
    ...debugOf(sender, [exchanged]),
  };
  if (!outcome.ok) return { ok: false, failure: outcome.failure, report };
  const list = outcome.list && (await itemsOf(call.command, outcome.list, sender));
  return { ok: true, payload: list ?? { ...outcome.fields, ...outcome.response }, report };
}

/** The first command that fails the checks, or whose seq is used twice: answers are matched by seq. */
async function firstRefusal(prepared: readonly Prepared[]): Promise<Failure | readonly PreparedCommand[]> {
  const calls: PreparedCommand[] = [];
  const seqs = new Set<string>();
  for (const [index, one] of prepared.entries()) {
    if (index % sliceLength === sliceLength - 1) await nextTurn();
    if (!one.ok) return one.failure.kind === "field" ? { ...one.failure, index } : one.failure;
    const seq = String(one.call.fields.seq);
    if (seqs.has(seq)) {
      const rule = { key: "uniqueSeq", params: {} };
      return { kind: "field", code: "SCCC_INVALID_FIELD", field: "seq", rule, got: seq, index };
    }
    seqs.add(seq);
    calls.push(one.call);
  }
  return calls;
}

const isRefusal = (checked: Failure | readonly PreparedCommand[]): checked is Failure => "kind" in checked;

/** Sends a list of commands of one kind. If an element fails the checks, nothing is sent. */
export async function sendList(
  { sender, options, resulting }: Sending,
  api: string,
  prepared: readonly Prepared[],
): Promise<Sent> {
  const checked = await firstRefusal(prepared);
  if (isRefusal(checked)) return { ok: false, failure: checked };
  const start = performance.now();
  const exchanged = await sender.client.sendList(checked, options);
  const outcomes: readonly Outcome[] = exchanged.flatMap((one) => one.outcomes);
  const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
  const nothingDone = failures[0] !== undefined && failures.length === outcomes.length ? failures[0] : undefined;
  const report: CommandReport = {
    api,
    account: sender.label,
    version: sender.client.version,
    result: nothingDone === undefined ? carriedOut : resulting(nothingDone),
    durationMs: Math.round(performance.now() - start),
    total: outcomes.length,
    failed: failures.length,
    ...debugOf(sender, exchanged),
  };
  if (nothingDone !== undefined) return { ok: false, failure: nothingDone, report };
  const payload: JsonObject[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (index % sliceLength === sliceLength - 1) await nextTurn();
    const { fields, response } = outcome;
    const result = outcome.ok ? outcome.result : resulting(outcome.failure);
    payload.push({ ...fields, ...response, ...(await listIn(checked[index]?.command, outcome, sender)), result });
  }
  return { ok: true, payload, report };
}
