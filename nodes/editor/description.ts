// The data of each node type that the build puts into the browser's code, for the parts of forms that are not plain HTML.
import type { Field, TextFormat } from "../catalogue";

/**
 * A property applies only while another property has this value, or (`isNot`) any other value, or (neither) any value
 * at all.
 */
export interface Condition {
  readonly property: string;
  readonly is?: string;
  readonly isNot?: string;
}

/** A known value of a text. `key` is where its meaning is in the locales; `template` is the JSON of a request that fits it. */
export interface Suggestion {
  readonly value: string;
  readonly key: string;
  readonly template?: string;
}

/**
 * A property whose value is checked, or that needs more than a plain input. `key` is where its texts are in the
 * locales.
 */
export type Described = { readonly key: string; readonly onlyIf?: Condition } & (
  | {
      readonly kind: "typed";
      readonly types: readonly string[];
      readonly required: boolean;
      readonly example: string;
      readonly field?: Field;
      readonly suggestions?: readonly Suggestion[];
    }
  | { readonly kind: "number"; readonly min: number; readonly max: number; readonly integer: boolean }
  | { readonly kind: "text"; readonly required: boolean; readonly format?: TextFormat }
  | { readonly kind: "hours" }
  | { readonly kind: "plain" }
);

/** The labels (as keys) of the outputs that a node has while a property has a value other than one. */
export interface OtherOutputs {
  readonly property: string;
  readonly unless: string;
  readonly outputs: readonly string[];
}

/** A node type. `key` is where its own texts are in the locales; `inputs` and `outputs` are the keys of the labels of its ports. */
export interface Description {
  readonly key: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly otherOutputs?: OtherOutputs;
  /** The properties in the text that says what a node will do, if it has such a text. */
  readonly does?: readonly string[];
  /** The events that it receives; its outputs then follow its properties `events` and `layout`. */
  readonly events?: readonly string[];
  /**
   * The events that an empty choice stands for; absent: all, including unknown ones, which then have an output of their
   * own.
   */
  readonly standardEvents?: readonly string[];
  readonly properties: Readonly<Record<string, Described>>;
  /** The required passwords; `key` is where their texts are in the locales. */
  readonly passwords?: readonly { readonly name: string; readonly key: string }[];
}

/** Every node type of the package. */
export type Descriptions = Readonly<Record<string, Description>>;
