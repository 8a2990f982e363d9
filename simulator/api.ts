// The open API: from an HTTP request's path and body to the JSON of the answer.
import { commandOf, type ErrorCode } from "../nodes/catalogue";
import type { Cause } from "./agents";
import type { Authenticator } from "./authentication";
import { check } from "./checks";
import { handlers, type Reply } from "./commands";
import type { Dialect, KnownCommand } from "./dialects";
import { errors } from "./errors";
import type { AnswerFault, ErrorForm } from "./faults";
import { isObject, type Json, messageOf, parseJson, textOrDigits } from "./narrow";
import type { Platform } from "./platform";

type Lang = "zh" | "en";

/** The command that a path names, or why there is none. */
export type Route =
  | { readonly ok: true; readonly command: KnownCommand }
  | { readonly ok: false; readonly api: string; readonly error: ErrorCode };

/** Whether a path belongs to the API. */
export const isApiPath = (path: string): boolean => /^\/openapi(\/|$)/.test(path);

/** A command of a version, by its name in any case. */
const commandIn = (dialect: Dialect, version: string, api: string): KnownCommand | undefined => {
  const known = commandOf(api);
  if (known !== undefined) {
    const more = dialect.requestFields[known.api] ?? [];
    const has = known.versions.some((one) => one === dialect.versions[version]);
    return has ? { api: known.api, fields: [...known.fields, ...more] } : undefined;
  }
  return dialect.commands.find(
    (own) => own.api.toLowerCase() === api.toLowerCase() && (own.version === undefined || own.version === version),
  );
};

/** Parses /openapi/V2.0.x/ApiName, in any case. */
export const routeOf = (dialect: Dialect, method: string, path: string): Route => {
  const [, version = "", api = ""] = /^\/openapi\/([^/]*)\/([^/]+)$/.exec(path) ?? [];
  const refused = (error: ErrorCode): Route => ({ ok: false, api, error });
  if (api === "" || method !== "POST") return refused(errors.unknownRequest);
  if (!Object.hasOwn(dialect.versions, version.toLowerCase())) return refused(errors.unknownVersion);
  const command = commandIn(dialect, version.toLowerCase(), api);
  return command === undefined ? refused(errors.unknownRequest) : { ok: true, command };
};

const writeError = ({ value }: ErrorCode, form: ErrorForm): number | string => {
  switch (form) {
    case "number":
      return value;
    case "decimal":
      return String(value);
    case "hex":
      return `0x${(value >>> 0).toString(16).toUpperCase()}`;
    case "signed":
      return value | 0;
  }
};

const resultOf = (error: ErrorCode, lang: Lang, form: ErrorForm = "number") => ({
  error: writeError(error, form),
  msg: error.text[lang],
});

/** The answer that refuses a whole request. */
export const refusal = (error: ErrorCode, lang: Lang = "zh", logs: string | null = null, form?: ErrorForm): Json => ({
  data: null,
  logs,
  result: resultOf(error, lang, form),
});

/** §12.5: this answer has no userData. */
const echoesUserData = (command: KnownCommand): boolean => command.api !== "HangupCall";

/** The commands of a body: either `request` or `requests`, not both. */
const requestsOf = ({ request, requests }: Json): readonly Json[] | undefined => {
  if (requests === undefined) return isObject(request) ? [request] : undefined;
  if (request !== undefined || !Array.isArray(requests) || requests.length === 0) return undefined;
  const items: readonly unknown[] = requests;
  const objects = items.filter(isObject);
  return objects.length === items.length ? objects : undefined;
};

/** Context of a command: its index in the request, the request's language, and the fault to apply. */
interface CommandContext {
  readonly index: number;
  readonly lang: Lang;
  readonly fault: AnswerFault | undefined;
}

interface Answered {
  readonly response: Json;
  readonly beside: Json;
  readonly log: string;
}

export class Api {
  constructor(
    private readonly platform: Platform,
    private readonly authenticator: Authenticator,
  ) {}

  /** Carries out the commands of a body, unless the request is refused or a fault applies. */
  answer(command: KnownCommand, text: string, fault?: AnswerFault): Json {
    const body = parseJson(text);
    if (!isObject(body)) return refusal(errors.malformed);
    const param = isObject(body["param"]) ? body["param"] : {};
    const lang = param["lang"] === "en_US" ? "en" : "zh";
    const debug = param["debug"] === true || param["debug"] === "true";
    const logs = (lines: readonly string[]) => (debug ? lines.join("\n") : null);
    const requests = requestsOf(body);
    if (requests === undefined) return refusal(errors.malformed, lang, logs(["neither request nor requests"]));
    const { authentication } = body;
    const unauthentic = this.authenticator.refuses(authentication);
    if (unauthentic !== undefined) return refusal(errors.notAuthentic, lang, logs([unauthentic]));
    if (fault?.kind === "error" && fault.where === "request") {
      return refusal(fault.error, lang, logs([`${command.api}: ${fault.error.name}, by a fault`]), fault.form);
    }
    const answered = requests.map((request, index) => this.#carryOut(command, request, { index, lang, fault }));
    const responses = answered.map(({ response }) => response);
    if (fault?.kind === "shuffle") responses.reverse();
    return {
      data: {
        seq: isObject(authentication) ? authentication["seq"] : null,
        ...(body["requests"] === undefined ? { response: responses[0] } : { responses }),
        ...Object.assign({}, ...answered.map(({ beside }) => beside)),
      },
      logs: logs(answered.map(({ log }) => log)),
      result: { ...resultOf(errors.success, lang), ...this.#successMsg },
    };
  }

  /** The msg of a success in this dialect. */
  get #successMsg(): { readonly msg?: string } {
    const { successMsg } = this.platform.settings.dialect;
    return successMsg === undefined ? {} : { msg: successMsg };
  }

  #carryOut(command: KnownCommand, request: Json, { index, lang, fault }: CommandContext): Answered {
    const hit = fault?.kind === "error" && (fault.only?.includes(index) ?? true) ? fault : undefined;
    const { reply, userData, why } =
      hit === undefined
        ? this.#handle(command, request)
        : {
            reply: { ok: false, error: hit.error } satisfies Reply,
            userData: request["userData"] ?? null,
            why: "a fault was set",
          };
    // In the vendor's samples, a successful command has no msg.
    const result = reply.ok
      ? { error: errors.success.value, ...this.#successMsg }
      : resultOf(reply.error, lang, hit?.form);
    const shown = fault?.kind === "inner" ? fault.value : result;
    return {
      response: {
        seq: request["seq"] ?? null,
        ...(echoesUserData(command) ? { userData } : {}),
        ...(shown === undefined ? {} : { result: shown }),
        ...(reply.ok ? reply.response : {}),
      },
      beside: reply.ok ? (reply.beside ?? {}) : {},
      log: `${command.api} seq ${String(request["seq"])}: ${reply.ok ? errors.success.name : reply.error.name}${why === "" ? "" : `, ${why}`}`,
    };
  }

  #handle(command: KnownCommand, request: Json): { reply: Reply; userData: unknown; why: string } {
    const raw = request["userData"] ?? null;
    const checked = check(command, request, this.platform.settings.dialect);
    if (!checked.ok) return { reply: { ok: false, error: checked.error }, userData: raw, why: checked.field };
    const { fields } = checked;
    // Cut at the length at which the platform cuts it; otherwise unchanged.
    const userData =
      typeof raw === "string" && raw !== "" && fields.text("userData") !== "" ? fields.text("userData") : raw;
    // A list of agents, as in getCdrList, is not a text: unknown agents in it match nothing.
    const agent = fields.text("agent");
    if (agent !== "" && this.platform.agents.find(agent) === undefined) {
      return { reply: { ok: false, error: errors.noSuchAgent }, userData, why: agent };
    }
    const cause: Cause = {
      seq: textOrDigits(request["seq"]) ?? String(request["seq"] ?? ""),
      userData: textOrDigits(userData) ?? "",
    };
    try {
      const reply = handlers[command.api]?.(this.platform, fields, cause) ?? { ok: true };
      return { reply, userData, why: "" };
    } catch (thrown) {
      // An exception in the simulator would end Node-RED.
      return { reply: { ok: false, error: errors.internal }, userData, why: messageOf(thrown) };
    }
  }
}
