// The types of the catalogue's data. Nodes, forms, help, simulator and tests are derived from this data.
import type { Section } from "./sections";

/** A text for users, in both languages of the package. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** A value that the vendor enumerates, as written on the wire, with its meaning. */
export interface Choice {
  readonly value: string;
  readonly text: Text;
}

/** Direction of a call from the account's point of view: inbound calls come from a customer. */
export type Direction = "inbound" | "outbound";

/** The call type of a push or a record. */
export interface CallType extends Choice {
  readonly direction: Direction;
}

/** A kind of service. */
export interface ServiceType extends Choice {
  /** The direction of its calls. Absent for calls between agents, for transfers, and for services that are not calls. */
  readonly direction?: Direction;
  /** The service is billed but is not a call. */
  readonly noCall?: true;
  /** The platform reads a code to the customer; such a call has no agent. */
  readonly verification?: true;
}

/** How a call ended. */
export interface CallResult extends Choice {
  /** The name that flows see. */
  readonly name: string;
}

/** The x of V2.0.x in which the vendor lists a command. There is no 5. */
export type Version = 1 | 2 | 3 | 4 | 6;

/**
 * The rule for a field's value and its form on the wire.
 * - digits: a string of digits with leading zeros; `min` and `max` are lengths
 * - phone: digits, `*` and `#`, optionally with a leading `+`; `max` is a length
 * - integer: a JSON number if it is exact, otherwise a string of digits; `min` and `max` are values
 * - decimal: a JSON number with min <= value < below
 * - choice: one of the values; `wire` is the type in which it is sent; with `others` any other integer too, as it is
 * - text: `max` is a number of characters; a longer text is refused, or cut if the platform would cut it
 * - time: sent as YYYY-MM-DD HH:mm:ss in the account's time zone
 * - list: an array of digits or phones; `max` is its length (absent: unlimited)
 * - object: a JSON object, or text of one; `reserved` are names, in lower case, that it may not have in any case
 */
export type Rule =
  | { readonly kind: "digits"; readonly min: number; readonly max: number }
  | { readonly kind: "phone"; readonly max: number }
  | { readonly kind: "integer"; readonly min: number; readonly max?: number; readonly wire: "number" | "string" }
  | { readonly kind: "decimal"; readonly min: number; readonly below: number }
  | {
      readonly kind: "choice";
      readonly choices: readonly Choice[];
      readonly wire: "number" | "string";
      readonly others?: "integers";
    }
  /** `max` in characters. There is no other least length than that of a required field, which may not be empty. */
  | { readonly kind: "text"; readonly max?: number; readonly overlong: "refuse" | "cut" }
  | { readonly kind: "time" }
  | {
      readonly kind: "list";
      readonly of:
        | { readonly kind: "digits"; readonly min: number; readonly max: number }
        | { readonly kind: "phone"; readonly max: number };
      readonly max?: number;
    }
  | { readonly kind: "object"; readonly reserved: readonly string[] };

/** A field of a command's request. */
export interface Field {
  /** The vendor's name, on the wire and in the answer's message. */
  readonly name: string;
  /** The node's property and the name in msg.payload, if it differs from `name`. */
  readonly property?: string;
  readonly rule: Rule;
  readonly required: boolean;
  /** What is sent for an unset field: nothing, or "" (for a list []), as some samples require. */
  readonly unset: "omit" | "empty";
  /** The value that a new node has; absent: it reads the field from msg.payload. */
  readonly preset?: string;
  /** A value that is equivalent to an unset field; the field is then omitted. */
  readonly omitAt?: string;
  /** The field applies, and is sent and checked, only while another field has this value. */
  readonly onlyIf?: { readonly field: string; readonly is: string };
  /** Another field that must be set if this one is. */
  readonly needs?: string;
  /** The numbers in this field are dialled: the account's dialOnly applies. */
  readonly dials?: true;
  /** The editor can offer values from the platform's own list. */
  readonly picks?: "agents";
  /** An example, also used as a placeholder. */
  readonly example: string;
  readonly label: Text;
  readonly hint: Text;
}

/** A field of an answer or of a push, for help texts and for the simulator. */
export interface AnswerField {
  readonly name: string;
  readonly text: Text;
  readonly choices?: readonly Choice[];
  /** In a push: the field may be missing. */
  readonly optional?: true;
  /** In a push: installed platforms send it, but it is not in the vendor's document. */
  readonly seen?: true;
}

/** A field of a request that public clients send and that is not in the vendor's document. */
export interface SeenField extends Pick<Field, "name" | "rule" | "required" | "example"> {
  readonly text: Text;
}

/** A command that public clients send and that is not in the vendor's document. */
export interface SeenCommand {
  /** Its ApiName in the clients' spelling. */
  readonly api: string;
  /** The only API version with which it was seen; absent: any. */
  readonly version?: string;
  /** Empty if no client shows its fields. */
  readonly fields: readonly SeenField[];
  readonly text: Text;
}

/** The group of a command or a push: determines colour and icon. */
export type Group = "agent" | "call" | "task" | "record" | "event" | "tools";

/**
 * Whether a command may be sent again after a lost answer (docs/protocol.md, "Commands").
 * - read: always
 * - state: yes, but not after a newer command for the same subject was sent
 * - once: no, unless the request certainly never left or the platform said that it was not carried out
 */
export type Resend = "read" | "state" | "once";

/** One command of the open API. */
export interface Command {
  /** The vendor's ApiName, in the vendor's spelling. */
  readonly api: string;
  /** The Node-RED type. */
  readonly node: string;
  /** The section of the vendor's document, or "–" if it is not in there. Two sections have the number 7: 七 (queries) and 7 (log-in). */
  readonly section: string;
  /** The position in tables: the vendor's order, then that of other commands. */
  readonly order: number;
  readonly group: Group;
  readonly versions: readonly Version[];
  readonly resend: Resend;
  /** The field that identifies the command's subject. A `state` command is superseded by a newer one for the same subject. */
  readonly subject?: "agent" | "taskID";
  /** The vendor's sample shows `authentication.agent`. */
  readonly agentInAuthentication: boolean;
  /** Whether several commands may be sent in one request. */
  readonly batch: boolean;
  /** The command seq's type on the wire. */
  readonly seq: "number" | "string";
  readonly fields: readonly Field[];
  /** Further fields that clients send, for the help of `extra`. */
  readonly seen?: readonly SeenField[];
  /** Properties of the node that are not fields of the request. */
  readonly settings?: readonly Setting[];
  /** The node can wait for the call that the command causes; it then has a second output. */
  readonly waits?: true;
  /** A list that may be too long for one request: the first `size` entries are sent with this command, the rest with another one. */
  readonly chunks?: { readonly field: string; readonly size: number; readonly by: string };
  /** Fields of the answer other than seq, userData and result. */
  readonly answer: readonly AnswerField[];
  /** Fields that the package adds to the answer. */
  readonly derived?: readonly AnswerField[];
  /** If the answer is a list: the name of the array, which becomes msg.payload. */
  readonly list?: {
    readonly name: string;
    readonly items: readonly AnswerField[];
    /** The kind of its items, if fields are derived from them; and the derived fields. */
    readonly kind?: "records" | "cdrs";
    readonly derived?: readonly AnswerField[];
  };
  readonly label: Text;
  /** What a node with fixed fields will do, for its label on the canvas; `__field__` is replaced by a field's value. */
  readonly does?: Text;
  readonly summary: Text;
  /** Notes for users beyond the fields, one paragraph each. */
  readonly notes: readonly Text[];
}

/** A file that the platform serves (section 20.7). */
export interface Download {
  readonly node: string;
  readonly section: string;
  readonly group: Group;
  readonly fields: readonly Field[];
  readonly label: Text;
  readonly summary: Text;
  readonly notes: readonly Text[];
}

/** A push: an event that the platform sends. */
export interface Push {
  /** Our name: msg.topic. */
  readonly event: string;
  /** The vendor's notify.type; absent for pushes that are identified by their fields. */
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
 * The format of a text.
 * - origin: http:// or https://, host and port
 * - customer: an account's name on the platform (docs/protocol.md, "Requests")
 * - version: an API version, such as 2.0.6
 * - timezone: an IANA name
 * - path: of a URL
 * - recordingUrl: a path or URL with a placeholder for the name of a recording
 * - property: of a message, such as payload or call.audio
 * - addresses: IP addresses and CIDR blocks, separated by commas or spaces
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

/** The rule of a number that is set in a form. `min` and `max` are inclusive. */
export interface NumberSetting {
  /** null: it may be left empty. */
  readonly default: number | null;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

/** A property of a node. A number's `unit` is shown to users. */
export type Setting = {
  readonly name: string;
  readonly label: Text;
  readonly hint: Text;
  /** The collapsible section of the form; absent: always visible. */
  readonly section?: Section;
  /** Applies only while another setting has the value `is`, does not have the value `isNot`, or, without either, has any value. */
  readonly onlyIf?: { readonly setting: string; readonly is?: string; readonly isNot?: string };
} & (
  | {
      readonly kind: "text";
      readonly default: string;
      readonly required?: true;
      readonly format?: TextFormat;
      /** An empty value means no restriction. A text that becomes empty because a variable is not set must not have that effect. */
      readonly restricts?: true;
      readonly example?: string;
      /** Suggested values for a field that accepts others too; `key` is the text's key in the locales. */
      readonly suggestions?: readonly (Choice & { readonly key: string })[];
    }
  | ({ readonly kind: "number"; readonly unit?: Text } & NumberSetting)
  | { readonly kind: "boolean"; readonly default: boolean }
  | {
      readonly kind: "choice";
      readonly default: string;
      readonly choices: readonly Choice[];
      /** Any other integer is accepted too. */
      readonly others?: "integers";
    }
  | { readonly kind: "secret"; readonly required?: true }
  /** Weekly windows: an array of {days, from, to}, empty by default. */
  | { readonly kind: "hours" }
  | { readonly kind: "node"; readonly type: "tls-config" | "http proxy" }
  /** A typed input: a value that each message has anew. */
  | {
      readonly kind: "typed";
      readonly default: string;
      readonly defaultType: string;
      readonly types: readonly string[];
      readonly example: string;
    }
);
