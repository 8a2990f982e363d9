// The shapes of the catalogue's data. Everything else (nodes, forms, help, simulator, tests) is derived from records of these shapes.

/** A text for people, in both languages of the package. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** A value that the vendor enumerates, as it stands on the wire, and what it means. */
export interface Choice {
  readonly value: string;
  readonly text: Text;
}

/** Which way a call goes, as the account sees it: inbound is one from a customer. */
export type Direction = "inbound" | "outbound";

/** A push's direction of call, and a record's. */
export interface CallType extends Choice {
  readonly direction: Direction;
}

/** A kind of service. */
export interface ServiceType extends Choice {
  /** The direction of its calls. Absent for calls between agents, for transfers, and for what is no call. */
  readonly direction?: Direction;
  /** It is billed and is no call. */
  readonly noCall?: true;
  /** The platform speaks a code to the customer: such a call has no agent. */
  readonly verification?: true;
}

/** How a call ended. */
export interface CallResult extends Choice {
  /** The name that flows get. */
  readonly name: string;
}

/** The x of V2.0.x in which the vendor lists a command. There was no 5. */
export type Version = 1 | 2 | 3 | 4 | 6;

/**
 * What a field's value may be, and how it goes on the wire.
 * - digits: a string of digits, leading zeros kept; `min` and `max` are lengths
 * - phone: digits, `*` and `#`, perhaps a leading `+`; `max` is a length
 * - integer: a JSON number where it is exact, else a string of its digits; `min` and `max` are values
 * - decimal: a JSON number with min <= value < below
 * - choice: one of the values; `wire` says as what it is sent
 * - text: `max` is a number of characters; longer is refused, or cut where the platform would cut it
 * - time: sent as YYYY-MM-DD HH:mm:ss in the account's time zone
 * - list: an array of digits or phones; `max` is its length (absent: no limit given)
 */
export type Rule =
  | { readonly kind: "digits"; readonly min: number; readonly max: number }
  | { readonly kind: "phone"; readonly max: number }
  | { readonly kind: "integer"; readonly min: number; readonly max?: number; readonly wire: "number" | "string" }
  | { readonly kind: "decimal"; readonly min: number; readonly below: number }
  | { readonly kind: "choice"; readonly choices: readonly Choice[]; readonly wire: "number" | "string" }
  | { readonly kind: "text"; readonly max?: number; readonly overlong: "refuse" | "cut" }
  | { readonly kind: "time" }
  | {
      readonly kind: "list";
      readonly of:
        | { readonly kind: "digits"; readonly min: number; readonly max: number }
        | { readonly kind: "phone"; readonly max: number };
      readonly max?: number;
    };

/** A field of a command's request. */
export interface Field {
  /** The vendor's name, on the wire and in the answer's message. */
  readonly name: string;
  /** The node's property and the name in msg.payload, where it is not `name`. */
  readonly property?: string;
  readonly rule: Rule;
  readonly required: boolean;
  /** What is sent when the field is unset: nothing, or "" (for a list []), as some samples demand. */
  readonly unset: "omit" | "empty";
  /** A value that means the same as leaving the field out, and is left out. */
  readonly omitAt?: string;
  /** The field applies, and is sent and checked, only while another field has this value. */
  readonly onlyIf?: { readonly field: string; readonly is: string };
  /** Another field that must be given too, if this one is. */
  readonly needs?: string;
  /** Numbers in this field get rung: the account's dialOnly applies. */
  readonly dials?: true;
  /** Its values can be picked from the platform's own list. */
  readonly picks?: "agents";
  /** What to show as an example or a placeholder. */
  readonly example: string;
  readonly label: Text;
  readonly hint: Text;
}

/** A field of an answer or of a push, for help texts and for the simulator. */
export interface AnswerField {
  readonly name: string;
  readonly text: Text;
  readonly choices?: readonly Choice[];
  /** Of a push: not always there. */
  readonly optional?: true;
}

/** A command's or a push's family: decides colour and icon. */
export type Group = "agent" | "call" | "task" | "record" | "event" | "tools";

/**
 * What may be sent again after a lost answer (docs/protocol.md, "Commands").
 * - read: any time
 * - state: at once, but not after a newer command for the same subject has gone out
 * - once: never, unless the request surely never left or the platform said that it was not carried out
 */
export type Resend = "read" | "state" | "once";

/** One command of the open API. */
export interface Command {
  /** The vendor's ApiName, in the vendor's spelling. */
  readonly api: string;
  /** The Node-RED type. */
  readonly node: string;
  /** The section of the vendor's document. Its numbers 7 exist twice: 七 (queries) and 7 (log-in). */
  readonly section: string;
  /** The place in the palette and in tables: the vendor's own order. */
  readonly order: number;
  readonly group: Group;
  readonly versions: readonly Version[];
  readonly resend: Resend;
  /** The field that names whom or what the command is about; "newer" in the rule of `state` means newer for the same one. */
  readonly subject?: "agent" | "taskID";
  /** The vendor's sample shows `authentication.agent`. */
  readonly agentInAuthentication: boolean;
  /** Several may go in one request. */
  readonly batch: boolean;
  /** The command seq's type on the wire. */
  readonly seq: "number" | "string";
  readonly fields: readonly Field[];
  /** Properties of the node that are no fields of the request. */
  readonly settings?: readonly Setting[];
  /** The node can wait for the call that the command causes, and has a second output while it does. */
  readonly waits?: true;
  /** A list that may be longer than one request takes: so many entries go at once, and the rest follow by another command. */
  readonly chunks?: { readonly field: string; readonly size: number; readonly by: string };
  /** Fields of the answer beyond seq, userData and result. */
  readonly answer: readonly AnswerField[];
  /** Fields that the package puts beside the answer's. */
  readonly derived?: readonly AnswerField[];
  /** Where the answer is a list: the name of the array, which becomes msg.payload. */
  readonly list?: {
    readonly name: string;
    readonly items: readonly AnswerField[];
    /** The kind of its items, where fields are derived from theirs; and these. */
    readonly kind?: "records" | "cdrs";
    readonly derived?: readonly AnswerField[];
  };
  readonly label: Text;
  /** What a node with fixed fields will do, for its label on the canvas; `__field__` stands for a field's value. */
  readonly does?: Text;
  readonly summary: Text;
  /** What a user should know beyond the fields, a paragraph each. */
  readonly notes: readonly Text[];
}

/** A file that the platform serves (section 20.7). */
export interface Download {
  readonly node: string;
  readonly section: string;
  readonly order: number;
  readonly group: Group;
  readonly resend: Resend;
  readonly fields: readonly Field[];
  readonly label: Text;
  readonly summary: Text;
  readonly notes: readonly Text[];
}

/** A push: what the platform sends of its own accord. */
export interface Push {
  /** Our name: msg.topic. */
  readonly event: string;
  /** The vendor's notify.type; absent for pushes that are known by their shape. */
  readonly type?: string;
  readonly section: string;
  readonly fields: readonly AnswerField[];
  readonly label: Text;
  readonly summary: Text;
}

/** An error code of the platform (section 二). */
export interface ErrorCode {
  readonly name: string;
  /** -1, or unsigned. */
  readonly value: number;
  readonly text: Text;
}

/**
 * What a text must look like.
 * - origin: http:// or https://, host and port
 * - customer: an account's name on the platform (docs/protocol.md, "Requests")
 * - version: an API version, such as 2.0.6
 * - timezone: an IANA name
 * - path: of a URL
 * - recordingUrl: a path or URL with a place for the name of a recording
 * - property: of a message, such as payload or call.audio
 * - addresses: IP addresses and CIDR blocks, between commas or spaces
 */
export type TextFormat =
  | "origin"
  | "customer"
  | "version"
  | "timezone"
  | "path"
  | "recordingUrl"
  | "property"
  | "addresses";

/** A property of a node. A number's `min` and `max` are inclusive; `unit` is for people. */
export type Setting = {
  readonly name: string;
  readonly label: Text;
  readonly hint: Text;
  /** The folded section of the form that it stands in; absent: always in view. */
  readonly section?: "limits" | "network" | "safety" | "receiving" | "more";
  /** It applies only while another setting has this value, or any but that one, or, without either, any value. */
  readonly onlyIf?: { readonly setting: string; readonly is?: string; readonly isNot?: string };
} & (
  | {
      readonly kind: "text";
      readonly default: string;
      readonly required?: true;
      readonly format?: TextFormat;
      readonly example?: string;
      /** Known values, for a field that takes others too; `key` is where the text is in the locales. */
      readonly suggestions?: readonly (Choice & { readonly key: string })[];
    }
  | {
      readonly kind: "number";
      /** null: it may be left empty, and is then unset. */
      readonly default: number | null;
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
      readonly unit?: Text;
    }
  | { readonly kind: "boolean"; readonly default: boolean }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly Choice[] }
  | { readonly kind: "secret"; readonly required?: true }
  /** Weekly windows: an array of {days, from, to}, empty by default. */
  | { readonly kind: "hours" }
  | { readonly kind: "node"; readonly type: "tls-config" | "http proxy" }
);
