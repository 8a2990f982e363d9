// The shape of a property of a node that is not a field of a command, and what several nodes share.
import type { Choice, Text } from "../types";

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
  readonly section?: "limits" | "network" | "safety" | "receiving";
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
  | { readonly kind: "node"; readonly type: "tls-config" | "http proxy" }
);

/** Every node has one. */
export const name: Setting = {
  name: "name",
  kind: "text",
  default: "",
  label: { en: "Name", zh: "名称" },
  hint: { en: "Your own name for it.", zh: "自定义名称。" },
};

/** The unit of most times. */
export const seconds: Text = { en: "s", zh: "秒" };
