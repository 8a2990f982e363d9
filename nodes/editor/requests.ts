// Requests to the admin routes of this package, for an account as it is in the editor, saved or not.
import { input, reader, text } from "./page";

/**
 * The answer of a route: `outcome` is the last part of a key below `connection`, `sample`, `recording` or `inbound` of
 * the locales.
 */
export interface Answer {
  readonly outcome: string;
  readonly params?: Readonly<Record<string, string | number>>;
  /** The result for the newest recording. */
  readonly recording?: Answer;
  readonly agents?: readonly { readonly staffNo: string; readonly name: string }[];
}

/** An account node as it is sent to the runtime: its settings and the credentials that the editor knows. */
function settingsOf(account: EditorNode): object {
  const read = reader(account);
  // The list of nodes has an entry for adding one.
  const chosen = (value: unknown) => (value === "_ADD_" ? "" : value);
  const config = Object.keys(account._def.defaults).map((name) => [name, chosen(read(name))] as const);
  const credentials = Object.keys(account._def.credentials ?? {}).map((name) => {
    const field = input(account, name);
    return [name, field.length > 0 ? field.val() : account.credentials?.[name]] as const;
  });
  return { id: account.id, config: Object.fromEntries(config), credentials: Object.fromEntries(credentials) };
}

/** Sends a request to a route. If Node-RED refuses it or does not answer, that is a result too. */
async function ask(route: string, body: object): Promise<Answer> {
  try {
    return await $.ajax({
      url: `sccc/${route}`,
      type: "POST",
      contentType: "application/json",
      data: JSON.stringify(body),
      dataType: "json",
    });
  } catch (error) {
    const { status } = error as JQuery.jqXHR;
    return { outcome: status === 401 || status === 403 ? "denied" : "silent" };
  }
}

/** Tests the connection of an account. */
export const tryAccount = (account: EditorNode): Promise<Answer> => ask("connection", settingsOf(account));

/** The agents of an account's platform. */
export const agentsOf = (account: EditorNode): Promise<Answer> => ask("agents", settingsOf(account));

/** Has a sample of an event sent to a deployed account. */
export const sendSample = (account: string, event: string): Promise<Answer> => ask("sample", { account, event });

/** Has a customer of a deployed simulator call in. */
export const callIn = (simulator: string): Promise<Answer> => ask("simulator", { simulator });

/** The meaning of a platform code. Node-RED returns the key if there is no text. */
function meaningOf(code: string): string {
  const key = `error.${code}`;
  const found = text(key);
  return found.endsWith(key) ? text("errors.unknownCode") : found;
}

/** An answer in words. */
export function inWords(
  kind: "connection" | "sample" | "recording" | "inbound",
  { outcome, params = {} }: Answer,
): string {
  const { setting, reason, variable, code, event, seconds, agents, ...others } = params;
  const meaning = code === undefined ? {} : { code, meaning: meaningOf(String(code)) };
  const happened = event === undefined ? {} : { event: text(`event.${event}.label`) };
  const problem =
    setting === undefined
      ? {}
      : {
          label: text(`setting.account.${setting}.label`),
          problem: text(`invalid.format.${reason}`, variable === undefined ? {} : { variable }),
        };
  const also = [
    ...(agents === undefined ? [] : [text("connection.agents", { agents })]),
    ...(seconds === undefined ? [] : [text("connection.clock", { seconds })]),
  ];
  return [text(`${kind}.${outcome}`, { ...others, ...meaning, ...happened, ...problem }), ...also].join(" ");
}
