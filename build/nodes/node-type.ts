// The types of node types and their properties, used by forms, registrations, help and the editor's checks.
import {
  type Command,
  type Field,
  type Group,
  type NumberSetting,
  type Push,
  palette,
  type Section,
  type Text,
  type TextFormat,
} from "../../nodes/catalogue";
import type { Condition, OtherOutputs, Suggestion } from "../../nodes/editor/description";

/** A property of a node, shown as a row of its form. `key` is the locale key of its label and hint, `icon` a Font Awesome name. */
export type Property = {
  readonly name: string;
  readonly key: string;
  readonly icon: string;
  readonly required: boolean;
  /** The collapsible section of the form. */
  readonly section?: Section;
  readonly onlyIf?: Condition;
} & (
  | {
      readonly kind: "text";
      readonly default: string;
      readonly format?: TextFormat;
      readonly example?: string;
      /** Suggested values, each with the key of its text. */
      readonly suggestions?: readonly { readonly key: string; readonly value: string }[];
    }
  | ({ readonly kind: "number"; readonly unit: boolean } & NumberSetting)
  | { readonly kind: "boolean"; readonly default: boolean }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  | { readonly kind: "secret" }
  /** Weekly windows, one per row. */
  | { readonly kind: "hours" }
  | { readonly kind: "node"; readonly type: string }
  /** Some events. `standard`: what an empty choice means, if not all. */
  | {
      readonly kind: "events";
      readonly default: readonly string[];
      readonly events: readonly Push[];
      readonly standard?: readonly string[];
    }
  /** The number of outputs; not visible, follows another property. */
  | { readonly kind: "ports"; readonly default: number }
  /** A typed input: stored as two properties, `name` and `nameType`. */
  | {
      readonly kind: "typed";
      readonly default: string;
      readonly defaultType: string;
      readonly types: readonly string[];
      readonly example: string;
      /** The rule for literals; absent: any non-empty value. */
      readonly field?: Field;
      /** Suggested values of a text. */
      readonly suggestions?: readonly Suggestion[];
    }
);

/**
 * Elements of a form that are not properties: a button that tests the account, the address that the platform must push to, a button that
 * sends a sample of an event, a button that writes a request.
 */
export interface Tool {
  readonly kind: "connection" | "address" | "sample" | "template";
  readonly section?: Property["section"];
}

/** A node type. `key` is the locale key of its label and summary. */
export interface NodeType {
  readonly type: string;
  readonly key: string;
  readonly config: boolean;
  readonly group: Group;
  readonly color: string;
  readonly icon: string;
  /** The locale keys for its inputs and outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its outputs while a property applies and does not have its default value. */
  readonly otherOutputs?: OtherOutputs;
  readonly properties: readonly Property[];
  readonly tools?: readonly Tool[];
  /** The function of the editor's script that the node's button calls. */
  readonly press?: string;
  /** The properties used in the text `does`, which describes on the canvas what the node will do. */
  readonly does?: readonly string[];
  /** The command of the open API that it sends. */
  readonly command?: Command;
}

/** The property by which a node type has a choice of events. */
export const eventsProperty = ({ properties }: NodeType) => properties.find((property) => property.kind === "events");

/** The events that a node type has messages for, if it has a choice of them. */
export const eventsOf = (node: NodeType): readonly Push[] | undefined => eventsProperty(node)?.events;

/** The passwords that a node type must have. */
export const passwordsOf = ({ properties }: NodeType): readonly Property[] =>
  properties.filter(({ kind, required }) => kind === "secret" && required);

/** The words by which the palette's filter finds a node type, besides its type and label. */
export const keywordsOf = ({ type }: NodeType): Text | undefined =>
  palette.find((entry) => entry.type === type)?.keywords;
