// The codes of the errors that each node type can give, in the order of the troubleshooting page. The help of each node lists its own.
import { recording } from "./recording";
import type { Command } from "./types";
import { versions } from "./versions";

/** The codes of this package. `SCCC_HTTP_<status>` stands for a code with any status. */
export const ownCodes = [
  "SCCC_INVALID_FIELD",
  "SCCC_CONFIG",
  "SCCC_NOT_ALLOWED",
  "SCCC_UNSUPPORTED",
  "SCCC_BUSY",
  "SCCC_TIMEOUT",
  "SCCC_NETWORK",
  "SCCC_HTTP_<status>",
  "SCCC_PROTOCOL",
  "SCCC_PARTIAL",
  "SCCC_FILE",
  "SCCC_NOT_PENDING",
  "SCCC_CLOSED",
] as const;

export type OwnCode = (typeof ownCodes)[number];

/** The codes with which every request to the platform can end. */
const requests: readonly OwnCode[] = [
  "SCCC_BUSY",
  "SCCC_TIMEOUT",
  "SCCC_NETWORK",
  "SCCC_HTTP_<status>",
  "SCCC_PROTOCOL",
  "SCCC_CLOSED",
];

/** The node types that do not send a command of the catalogue. */
const others: Readonly<Record<string, readonly OwnCode[]>> = {
  "sccc-account": [],
  "sccc-command": ["SCCC_INVALID_FIELD", "SCCC_CONFIG", "SCCC_NOT_ALLOWED", ...requests],
  [recording.node]: ["SCCC_INVALID_FIELD", "SCCC_CONFIG", "SCCC_FILE", ...requests],
  "sccc-feed": ["SCCC_INVALID_FIELD", "SCCC_CONFIG", "SCCC_UNSUPPORTED", "SCCC_PARTIAL", "SCCC_FILE", ...requests],
  "sccc-notify": ["SCCC_CONFIG", "SCCC_TIMEOUT"],
  "sccc-confirm": ["SCCC_INVALID_FIELD", "SCCC_NOT_PENDING"],
  "sccc-calls": ["SCCC_CONFIG", "SCCC_TIMEOUT"],
  "sccc-call-tracker": ["SCCC_INVALID_FIELD", "SCCC_CONFIG"],
  "sccc-campaign": ["SCCC_INVALID_FIELD", "SCCC_CONFIG", "SCCC_TIMEOUT"],
  "sccc-simulator": ["SCCC_INVALID_FIELD", "SCCC_CONFIG", "SCCC_NETWORK", "SCCC_HTTP_<status>", "SCCC_PROTOCOL"],
};

/** The codes that a command's fields and limits can cause. `extra` may contain a number that dialOnly refuses. */
function codesOfCommand({ chunks, versions: has }: Command): readonly OwnCode[] {
  return [
    "SCCC_INVALID_FIELD",
    "SCCC_CONFIG",
    "SCCC_NOT_ALLOWED",
    ...requests,
    ...(has.length < versions.length ? (["SCCC_UNSUPPORTED"] as const) : []),
    ...(chunks === undefined ? [] : (["SCCC_PARTIAL"] as const)),
  ];
}

/**
 * The codes of this package with which a node type can end a message.
 * @param command the command that it sends, if it is in the catalogue
 */
export function codesOf(type: string, command?: Command): readonly OwnCode[] {
  const codes = command === undefined ? others[type] : codesOfCommand(command);
  if (codes === undefined) throw new Error(`nodes/catalogue/failures.ts does not have ${type}`);
  return ownCodes.filter((code) => codes.includes(code));
}
