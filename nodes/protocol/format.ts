// Checks the format of texts in a configuration. Used by the runtime at the start and by the editor during input.
import type { TextFormat } from "../catalogue";
import { isTimeZone } from "../util/time";
import { isRecordingUrl } from "./recording-url";

/** What is wrong with a text: a key below `errors.config` and `invalid.format` of the locales. */
export type FormatProblem =
  | "url"
  | "path"
  | "customer"
  | "version"
  | "timezone"
  | "pushPath"
  | "recordingUrl"
  | "property"
  | "addresses";

/** A parsed URL, or undefined if the text is not a URL. */
const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** http:// or https://, host and port, and nothing else. */
function originProblem(text: string): FormatProblem | undefined {
  const url = urlOf(text);
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return "url";
  return url.pathname === "/" && url.search === "" && url.hash === "" ? undefined : "path";
}

/** The number of bits of an address; undefined if the text is not an address. */
function bitsOf(address: string): number | undefined {
  if (/^\d+(\.\d+){3}$/.test(address)) return urlOf(`http://${address}`)?.hostname === address ? 32 : undefined;
  return /^[\da-f:.]+$/i.test(address) && urlOf(`http://[${address}]`) !== undefined ? 128 : undefined;
}

/** The addresses and blocks of a text. */
export const addressesOf = (text: string): readonly string[] =>
  text.split(/[\s,，;；]+/).filter((entry) => entry !== "");

/** Whether an entry is an address or a CIDR block. */
function isBlock(entry: string): boolean {
  const [address = "", prefix, ...rest] = entry.split("/");
  const bits = bitsOf(address);
  if (bits === undefined || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}

/** A property of a message, or a nested property. */
const propertyPath = /^[a-z_$][\w$]*(?:\.[a-z_$][\w$]*|\[\d+\])*$/i;

/** Names that every object has, and paths that begin with `msg.`: the path is relative to the message. */
const unfitProperty = /^msg\.|(?:^|\.)(?:__proto__|prototype|constructor)(?:$|[.[])/;

const problems: Readonly<Record<TextFormat, (text: string) => FormatProblem | undefined>> = {
  origin: originProblem,
  customer: (text) => (/^[\w-]+$/.test(text) ? undefined : "customer"),
  // The version is a part of the path of every request.
  version: (text) => (/^v?\d[\w.-]*$/i.test(text) ? undefined : "version"),
  timezone: (text) => (isTimeZone(text) ? undefined : "timezone"),
  path: (text) => (/^\/[^\s?#%]*$/.test(text) ? undefined : "pushPath"),
  property: (text) => (propertyPath.test(text) && !unfitProperty.test(text) ? undefined : "property"),
  recordingUrl: (text) => (isRecordingUrl(text) ? undefined : "recordingUrl"),
  addresses: (text) => {
    const entries = addressesOf(text);
    return entries.length > 0 && entries.every(isBlock) ? undefined : "addresses";
  },
};

/** What is wrong with a non-empty text; undefined if it is valid. */
export const formatProblem = (format: TextFormat, text: string): FormatProblem | undefined => problems[format](text);
