// Failures as texts in the runtime's language, and as errors for Catch.
import { errorOfName, notLoggedIn, settingKey } from "../../catalogue/index";
import { excerptOf, type Origin, plainText, type Result } from "../../protocol/failure";
import { fill } from "../../util/fill";
import type { Failure } from "./failure";

/** Node-RED's RED._: the text of a key of the locales, with its parameters. */
export type Translate = (key: string, params?: Record<string, string>) => string;

/** Adds a `toString` to a cause: the debug sidebar would otherwise show [object Object]. */
function readable(cause: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shown = { ...cause };
  Object.defineProperty(shown, "toString", { value: () => excerptOf(JSON.stringify(shown)) });
  return shown;
}

/** Our errors: `code` is for flows, `message` for people, `cause` has the details. */
export class ScccError extends Error {
  override readonly cause: Readonly<Record<string, unknown>>;

  constructor(
    message: string,
    readonly code: string,
    cause: Readonly<Record<string, unknown>>,
  ) {
    super(plainText(message));
    this.name = "ScccError";
    this.cause = readable(cause);
  }

  /** Node-RED shows this text in the sidebar and in Catch's error.message. */
  override toString(): string {
    return this.message;
  }
}

/** Platform values with the top bit set are known by their hex form. */
const valueText = (value: number): string =>
  value >= 2 ** 31 ? `0x${value.toString(16).toUpperCase().replace("0X", "0x")}` : String(value);

const params = (values: Readonly<Record<string, string | number | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plainText(String(value ?? ""))]));

/** The time of day on this machine. */
export const timeOf = (moment: number): string => new Date(moment).toTimeString().slice(0, 8);

/** A setting as its form names it, with its name in the flow. @param api the command or the node type */
function settingText(text: Text, translate: Translate, api: string, setting: string): string {
  const key = settingKey(api, setting);
  return key === undefined ? setting : text("setting", { label: translate(key), setting });
}

/** A path within a message, or within an element of a list. */
const placeIn = (path: string, index: number | undefined): string =>
  index === undefined ? path : path.replace(/^msg\.payload(?=\.|$)/, `msg.payload[${index}]`);

type Text = (key: string, values?: Parameters<typeof params>[0]) => string;

/** What the message has where a field was looked for. */
function foundText(text: Text, { at, names, value }: Origin, index: number | undefined): string {
  const place = placeIn(at ?? "msg", index);
  if (value !== undefined) return text("found.value", { place, value });
  return names === undefined || names.length === 0
    ? text("found.nothing", { place })
    : text("found.names", { place, names: names.join(", ") });
}

/** The text of a failure. @param api the command */
export function describe(translate: Translate, api: string, failure: Failure): string {
  const text = (key: string, values: Parameters<typeof params>[0] = {}) =>
    fill(translate(`errors.${key}`), params({ api, ...values }));
  switch (failure.kind) {
    case "platform": {
      const known = errorOfName(failure.code) !== undefined;
      const meaning = known ? translate(`error.${failure.code}`) : text("unknownCode");
      const said = failure.text === "" ? "" : text("platformSays", { text: failure.text });
      const advice = failure.code === notLoggedIn ? text(`advice.${notLoggedIn}`) : "";
      return text(failure.scope === "request" ? "requestRefused" : "commandRefused", {
        name: failure.code,
        value: valueText(failure.value),
        meaning,
        said,
        advice,
      });
    }
    case "field": {
      const { key } = failure.rule;
      const item = key.startsWith("item.") ? text("item", { index: Number(failure.rule.params.index) + 1 }) : "";
      const rule = `${item}${text(`rule.${key.replace("item.", "")}`, failure.rule.params)}`;
      const where = failure.index === undefined ? "" : text("element", { index: failure.index + 1 });
      const { field, got, origin, index } = failure;
      const place = placeIn(origin?.where ?? "", index);
      if (key === "required" && origin !== undefined && place !== "") {
        const { example = "" } = failure.rule.params;
        return text("fieldMissing", { field, where, place, found: foundText(text, origin, index), example });
      }
      const from = place === "" ? "" : text("takenFrom", { place });
      return text("field", { field, rule, got, where, from });
    }
    case "timeout":
      return text("timeout", { seconds: Math.round(failure.afterMs) / 1000 });
    case "network":
      return text(failure.neverLeft ? "unreachable" : "network", { code: failure.systemCode, detail: failure.detail });
    case "http":
      return failure.location === undefined
        ? text("http", { status: failure.status })
        : text("redirect", { status: failure.status, location: failure.location });
    case "protocol":
      return text("protocol", { reason: text(`protocolReason.${failure.reason}`), excerpt: failure.excerpt });
    case "unsupported":
      return text("unsupported", { version: failure.version, has: failure.has });
    case "config":
      return text(`config.${failure.reason}`, {
        setting: settingText(text, translate, api, failure.setting),
        variable: failure.variable,
        detail: failure.detail,
        time: failure.retryAt === undefined ? "" : timeOf(failure.retryAt),
      });
    case "notAllowed":
      return text("notAllowed", { field: failure.field, number: failure.number });
    case "repeated": {
      const { agent, number, seconds, index } = failure;
      return text("repeated", {
        agent,
        number,
        seconds,
        where: index === undefined ? "" : text("element", { index: index + 1 }),
      });
    }
    case "busy":
      return text("busy", { waiting: failure.waiting });
    case "partial":
      return text(failure.unknown.length === 0 ? "partial" : "partialUnknown", {
        in: failure.in.length,
        notSent: failure.notSent.length,
        unknown: failure.unknown.length,
        task: failure.taskID,
        because: describe(translate, api, failure.because),
      });
    case "file":
      return text(`file.${failure.reason}`, { path: failure.path, detail: failure.detail });
    case "closed":
      return text(failure.waiting ? "closedWaiting" : "closed");
  }
}

/** The details of a failure for `error.cause`. */
function causeOf(failure: Failure): Readonly<Record<string, unknown>> {
  const { kind, code, ...detail } = failure;
  if (failure.kind === "network")
    return { kind, code: failure.systemCode, message: failure.detail, neverLeft: failure.neverLeft };
  if (failure.kind === "partial")
    return { kind, ...detail, because: { code: failure.because.code, ...causeOf(failure.because) } };
  return { kind, ...detail };
}

/** A failure as an error for `done`. */
export const errorOf = (translate: Translate, api: string, failure: Failure): ScccError =>
  new ScccError(describe(translate, api, failure), failure.code, causeOf(failure));

/** A failure as a command's result. Only the platform's failures have numbers. */
export const resultOf = (translate: Translate, api: string, failure: Failure): Result => ({
  error: failure.kind === "platform" ? failure.value : null,
  name: failure.code,
  msg: failure.kind === "platform" && failure.text !== "" ? failure.text : describe(translate, api, failure),
});
