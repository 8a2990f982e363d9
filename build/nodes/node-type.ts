// The shapes of a node type and of its properties, as forms, registrations, help and the editor's checks read them.
import type { Command, Field, Group, Push, TextFormat } from "../../nodes/catalogue";
import type { Condition, OtherOutputs } from "../../nodes/editor/description";

/** The folded sections of a form, in their order. */
export const sections = ["limits", "network", "safety", "receiving", "more"] as const;

/** A property of a node, a row of its form. `key` is where its label and hint are in the locales, `icon` is Font Awesome's. */
export type Property = {
  readonly name: string;
  readonly key: string;
  readonly icon: string;
  readonly required: boolean;
  /** The folded section of the form that it stands in. */
  readonly section?: (typeof sections)[number];
  readonly onlyIf?: Condition;
} & (
  | {
      readonly kind: "text";
      readonly default: string;
      readonly format?: TextFormat;
      readonly example?: string;
      /** Known values, each with the key of its text. */
      readonly suggestions?: readonly { readonly key: string; readonly value: string }[];
    }
  | {
      readonly kind: "number";
      /** null: it may be left empty. */
      readonly default: number | null;
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
      readonly unit: boolean;
    }
  | { readonly kind: "boolean"; readonly default: boolean }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  | { readonly kind: "secret" }
  /** Weekly windows, a row each. */
  | { readonly kind: "hours" }
  | { readonly kind: "node"; readonly type: string }
  /** Some of the platform's events, or all. */
  | { readonly kind: "events"; readonly default: readonly string[]; readonly events: readonly Push[] }
  /** The number of outputs, which nobody sees: it follows another property. */
  | { readonly kind: "ports"; readonly default: number }
  /** A typed input: kept as two properties, `name` and `nameType`. */
  | {
      readonly kind: "typed";
      readonly default: string;
      readonly defaultType: string;
      readonly types: readonly string[];
      readonly example: string;
      /** The rule for literals; absent: anything that is not empty. */
      readonly field?: Field;
    }
);

/**
 * What a form has beside properties: a button that tries the account out, the address that the platform has to push to, a button that
 * sends a sample of an event.
 */
export interface Tool {
  readonly kind: "connection" | "address" | "sample";
  readonly section?: Property["section"];
}

/** A node type. `key` is where its label and summary are in the locales. */
export interface NodeType {
  readonly type: string;
  readonly key: string;
  readonly config: boolean;
  readonly group: Group;
  readonly color: string;
  readonly icon: string;
  /** The keys of what goes into its inputs, and of what comes out of its outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its outputs while a property applies and has another value than usual. */
  readonly otherOutputs?: OtherOutputs;
  readonly properties: readonly Property[];
  readonly tools?: readonly Tool[];
  /** The function of the editor's script that a button on the node calls. */
  readonly press?: string;
  /** The properties that stand in the text `does`, which says on the canvas what the node will do. */
  readonly does?: readonly string[];
  /** The command of the open API that it carries out. */
  readonly command?: Command;
}

/** The events that a node type receives, if it has a choice of them. */
export const eventsOf = ({ properties }: NodeType): readonly Push[] | undefined =>
  properties.flatMap((property) => (property.kind === "events" ? [property.events] : []))[0];
