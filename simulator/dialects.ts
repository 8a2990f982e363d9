// The dialects as data: the vendor's document, and what installed platforms, clients and receivers do in practice.
import { commands as catalogue, commandOf, type Field, pushes, seenCommands, type Version } from "../nodes/catalogue";

export type DialectName = "document" | "field";

/** What is needed to check a field of a request. */
export type RequestField = Pick<Field, "name" | "rule" | "required" | "onlyIf" | "needs">;

/** A command of the simulator. */
export interface KnownCommand {
  readonly api: string;
  readonly fields: readonly RequestField[];
}

export interface Dialect {
  readonly name: DialectName;
  /** The versions that a path may name, in lower case, each with the version of the document that has its commands. */
  readonly versions: Readonly<Record<string, Version>>;
  /** Commands that the vendor's document does not have, in all versions or in one. */
  readonly commands: readonly (KnownCommand & { readonly version?: string })[];
  /** Fields of requests that the document does not have, by ApiName. */
  readonly requestFields: Readonly<Record<string, readonly RequestField[]>>;
  /** Whether a command's seq may be empty or missing. */
  readonly emptySeq: boolean;
  /** Whether a seq in the authentication may be used again. */
  readonly repeatedSeq: boolean;
  /**
   * The msg of a success, in the result of the request and of each command. Absent: the request has the text of the error code, commands
   * have none.
   */
  readonly successMsg?: string;
  /** What a receiver's answer needs, besides a status of 2xx, to count as taken: `result.error` 0, or nothing. */
  readonly taken: "error" | "status";
  /** Format of times in a bill: local date and time with "" for none, or epoch seconds with "0" for none. */
  readonly times: "local" | "epoch";
  /** Fields of pushes that the document does not have, by event; they are always present. */
  readonly pushFields: Readonly<Record<string, readonly string[]>>;
  /** Further addresses of recordings: a path, and the query key that holds the file's path or only its name. */
  readonly recordings: readonly { readonly path: string; readonly key: string; readonly holds: "path" | "name" }[];
}

/** Installed clients send their own id with every command. */
const userData: RequestField = { name: "userData", rule: { kind: "text", overlong: "refuse" }, required: false };

const documented: Readonly<Record<string, Version>> = {
  "v2.0.1": 1,
  "v2.0.2": 2,
  "v2.0.3": 3,
  "v2.0.4": 4,
  "v2.0.6": 6,
};

const document: Dialect = {
  name: "document",
  versions: documented,
  commands: [],
  requestFields: {},
  emptySeq: false,
  repeatedSeq: false,
  taken: "error",
  times: "local",
  pushFields: {},
  recordings: [],
};

const field: Dialect = {
  name: "field",
  versions: { ...documented, "v2.1.2": 6 },
  commands: seenCommands.map(({ api, version, fields }) => ({
    api,
    ...(version === undefined ? {} : { version: `v${version}` }),
    fields: [...fields, userData],
  })),
  requestFields: Object.fromEntries(catalogue.map(({ api, seen = [] }) => [api, seen])),
  emptySeq: true,
  repeatedSeq: true,
  successMsg: "Successfully",
  taken: "status",
  times: "epoch",
  pushFields: Object.fromEntries(
    pushes.map(({ event, fields }) => [event, fields.filter(({ seen }) => seen).map(({ name }) => name)]),
  ),
  recordings: [
    { path: "/recordFile/listen", key: "file", holds: "path" },
    { path: "/recordFile/listen", key: "key", holds: "name" },
  ],
};

export const dialects: Readonly<Record<DialectName, Dialect>> = { document, field };

/** The dialect with a name; undefined if there is none. */
export const dialectOf = (name: string): Dialect | undefined =>
  Object.values(dialects).find((one) => one.name === name);

/** The names of the dialects; the first one is the default. */
export const dialectNames = ["document", "field"] as const satisfies readonly DialectName[];

/** Whether a dialect has a command in some version; `api` in any case. */
export const isCommand = (dialect: Dialect, api: string): boolean =>
  commandOf(api) !== undefined || dialect.commands.some((own) => own.api.toLowerCase() === api.toLowerCase());

/** Whether a field of a push belongs to a dialect and not to the document, whatever the catalogue lists. */
export const isForeign = (dialect: Dialect, event: string, name: string): boolean =>
  Object.values(dialects).some((other) => other.pushFields[event]?.includes(name) === true) &&
  dialect.pushFields[event]?.includes(name) !== true;
