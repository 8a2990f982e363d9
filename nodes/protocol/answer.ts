// Parses the platform's answers (docs/protocol.md, "Answers"): accepts the many shapes that platforms send, returns one shape.
import { type Command, errorOfValue } from "../catalogue";
import { isObject, isWithin, type JsonObject, listItems, maxDepth, parseJson } from "../util/json";
import { nextTurn, sliceLength } from "../util/slices";
import { excerptOf, type Failure, type ProtocolReason, type Result } from "./failure";
import { noSecrets, type Secrets } from "./secrets";

/** The answer to one command. `response` is the command's part of the answer, unchanged; `list` is its array, if it has one. */
export type CommandAnswer =
  | { readonly ok: true; readonly response: JsonObject; readonly list?: readonly unknown[]; readonly result: Result }
  | { readonly ok: false; readonly response: JsonObject; readonly failure: Failure };

/** The answer to a request: one answer for each command, in order; or the failure of the whole request. */
export type Answer =
  | { readonly ok: true; readonly commands: readonly CommandAnswer[]; readonly body: JsonObject }
  | { readonly ok: false; readonly failure: Failure; readonly body?: JsonObject };

const success = 0;

/**
 * The value of an `error`, as -1 or unsigned. Accepts a number, a decimal or hex string, or a negative signed 32-bit number. "absent" if it
 * is missing or empty, undefined if it is not an error code.
 */
export function errorValue(error: unknown): number | "absent" | undefined {
  if (error === undefined || error === null || error === "") return "absent";
  let value: number;
  if (typeof error === "number") value = error;
  else if (typeof error !== "string") return undefined;
  else {
    const text = error.trim();
    if (text === "") return "absent";
    if (/^f1[\da-f]{6}$/i.test(text)) value = Number(`0x${text}`);
    else if (/^(?:[+-]?\d+|0x[\da-f]+)$/i.test(text)) value = Number(text);
    else return undefined;
  }
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) return undefined;
  const unsigned = value >>> 0;
  return unsigned === 0xffffffff ? -1 : unsigned;
}

/** The vendor's name of an error value; for an unknown one, E_ and the value. */
export const errorName = (value: number): string => errorOfValue(value)?.name ?? `E_${value}`;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const malformed = (reason: ProtocolReason, text: string): Failure => ({
  kind: "protocol",
  code: "SCCC_PROTOCOL",
  reason,
  excerpt: excerptOf(text),
});

const refused = (value: number, msg: unknown, scope: "request" | "command"): Failure => ({
  kind: "platform",
  code: errorName(value),
  value,
  text: excerptOf(textOf(msg), 500),
  scope,
});

/** Platforms return seqs as strings or as numbers. */
const seqText = (value: unknown): string => (typeof value === "number" ? String(value) : textOf(value).trim());

/** The responses in the order of the commands: matched by command seq, or by position if the answer has no seqs. */
function inOrder(data: JsonObject, seqs: readonly string[]): readonly (JsonObject | undefined)[] {
  const listed = listItems(data.responses) ?? [data.response ?? data.responses];
  const responses = listed.filter(isObject);
  if (seqs.length === 1) return [responses[0]];
  const bySeq = new Map(responses.map((response) => [seqText(response.seq), response]));
  const unnamed = responses.length === seqs.length && responses.every((response) => seqText(response.seq) === "");
  return seqs.map((seq, index) => (unnamed ? responses[index] : bySeq.get(seq)));
}

/** The command's list, found in the response or next to it; null and absent mean an empty list. */
function listOf(name: string, response: JsonObject, data: JsonObject): readonly unknown[] | undefined {
  return listItems(response[name] ?? data[name] ?? []);
}

/** The fields of `data` besides the responses; commands that are not in the catalogue may answer there. */
function otherFields({ seq: _seq, response: _response, responses: _responses, ...rest }: JsonObject): JsonObject {
  return rest;
}

function readCommand(
  command: Command | undefined,
  response: JsonObject | undefined,
  data: JsonObject,
  text: string,
): CommandAnswer {
  if (response === undefined) return { ok: false, response: {}, failure: malformed("noAnswerForCommand", text) };
  const result = isObject(response.result) ? response.result : {};
  const value = errorValue(result.error);
  if (value === undefined) return { ok: false, response, failure: malformed("badError", text) };
  if (value !== "absent" && value !== success) {
    return { ok: false, response, failure: refused(value, result.msg, "command") };
  }
  const done: Result = { error: success, name: errorName(success), msg: textOf(result.msg) };
  if (command === undefined) return { ok: true, response: { ...otherFields(data), ...response }, result: done };
  if (command.list === undefined) return { ok: true, response, result: done };
  const list = listOf(command.list.name, response, data);
  return list === undefined
    ? { ok: false, response, failure: malformed("badList", text) }
    : { ok: true, response, list, result: done };
}

/** What is needed to parse an answer besides its text. */
export interface Reading {
  /** The catalogue's entry; undefined for a command that is not in the catalogue. */
  readonly command: Command | undefined;
  /** The command seqs that were sent, as text, in order. */
  readonly seqs: readonly string[];
  /** Secrets to remove if the platform echoes them. */
  readonly secrets?: Secrets;
}

/** A parsed text, with its beginning for error messages. */
type Parsed =
  | { readonly ok: true; readonly value: unknown; readonly json: string; readonly begin: string }
  | { readonly ok: false; readonly failure: Failure };

function parse(text: string, secrets: Secrets): Parsed {
  const begin = secrets.text(text.slice(0, 4096));
  const json = text.replace(/^\uFEFF/, "").trim();
  if (json === "") return { ok: false, failure: malformed("empty", begin) };
  try {
    return { ok: true, value: parseJson(json), json, begin };
  } catch {
    return { ok: false, failure: malformed("notJson", begin) };
  }
}

/** Like isWithin, but works on the items of a long list in slices. */
async function isWithinInSlices(value: unknown, limit: number): Promise<boolean> {
  if (typeof value !== "object" || value === null) return true;
  const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (limit <= 0) return false;
  for (const [index, item] of inner.entries()) {
    const isLong = inner.length > sliceLength;
    if (isLong && index % sliceLength === sliceLength - 1) await nextTurn();
    if (!(isLong ? isWithin(item, limit - 1) : await isWithinInSlices(item, limit - 1))) return false;
  }
  return true;
}

/** Parses the text of an answer. */
export function readAnswer(text: string, reading: Reading): Answer {
  const { secrets = noSecrets } = reading;
  const parsed = parse(text, secrets);
  if (!parsed.ok) return parsed;
  const { value, json, begin } = parsed;
  if (!isWithin(value, maxDepth)) return { ok: false, failure: malformed("tooDeep", begin) };
  return answerOf(secrets.answer(value, json), begin, reading);
}

/** Like readAnswer, for long texts: yields to the event loop between removing secrets, parsing and checking. */
export async function readLongAnswer(text: string, reading: Reading): Promise<Answer> {
  const { secrets = noSecrets } = reading;
  await nextTurn();
  const parsed = parse(text, secrets);
  if (!parsed.ok) return parsed;
  const { value, json, begin } = parsed;
  await nextTurn();
  if (!(await isWithinInSlices(value, maxDepth))) return { ok: false, failure: malformed("tooDeep", begin) };
  await nextTurn();
  return answerOf(secrets.answer(value, json), begin, reading);
}

/** The answer in a parsed body. @param begin the text's beginning, for error messages */
function answerOf(body: unknown, begin: string, { command, seqs }: Reading): Answer {
  if (!isObject(body)) return { ok: false, failure: malformed("notObject", begin) };
  if (!isObject(body.result)) return { ok: false, failure: malformed("noResult", begin), body };
  const value = errorValue(body.result.error);
  if (value === undefined || value === "absent") return { ok: false, failure: malformed("badError", begin), body };
  if (value !== success) return { ok: false, failure: refused(value, body.result.msg, "request"), body };
  const data = isObject(body.data) ? body.data : {};
  const responses = inOrder(data, seqs);
  // For a single command, success without `data` is a success without fields (section 2).
  const lone = seqs.length === 1 ? {} : undefined;
  return { ok: true, body, commands: responses.map((response) => readCommand(command, response ?? lone, data, begin)) };
}
