// What the build tells the browser about each node type: the part of the forms that is not plain HTML.
import type { Field } from "../catalogue";

/** A property whose value gets checked or needs more than an input. `key` is where its texts are in the locales. */
export type Described = { readonly key: string } & (
  | {
      readonly kind: "typed";
      readonly types: readonly string[];
      readonly required: boolean;
      readonly example: string;
      readonly field?: Field;
    }
  | { readonly kind: "number"; readonly min: number; readonly max: number; readonly integer: boolean }
  | { readonly kind: "text" }
);

/** A node type. `key` is where its own texts are in the locales; `outputs` are the keys of its outputs' labels. */
export interface Description {
  readonly key: string;
  readonly outputs: readonly string[];
  /** The events that it receives; its outputs then follow its properties `events` and `outputs`. */
  readonly events?: readonly string[];
  readonly properties: Readonly<Record<string, Described>>;
}

/** Every node type of the package. */
export type Descriptions = Readonly<Record<string, Description>>;
