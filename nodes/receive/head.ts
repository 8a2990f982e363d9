// The head of a request: everything that is checked before its body is read, for ports of our own and for Node-RED's server.
import type { IncomingMessage } from "node:http";
import type { AnswerName } from "./answers";
import { isJsonType, maxBodyBytes } from "./body";
import type { Target } from "./target";

/** How a push arrived. */
export interface Arrival extends Target {
  /** The peer's address, and the X-Forwarded-For header of a proxy. */
  readonly peer: string;
  readonly forwarded: string;
  /** The size of the body, once it was read. */
  bytes?: number;
}

/** Options of the check of a head. */
export interface HeadOptions {
  /** Where the request goes to; undefined if its path cannot be decoded. */
  readonly target: Target | undefined;
  /** Whether an account receives at a path. */
  readonly isEndpoint: (path: string) => boolean;
  /** Whether an account admits the sender. Counts a sender that is refused. */
  readonly admits: (arrival: Arrival) => boolean;
  /** Called for a body that is not a push. */
  readonly unreadable?: (arrival: Arrival) => void;
  /** The body was already read and decoded elsewhere. */
  readonly decoded?: boolean;
}

/** A head that was checked: the request goes on, or is answered. */
export type CheckedHead =
  | { readonly ok: true; readonly arrival: Arrival }
  | { readonly ok: false; readonly answer: AnswerName };

const refused = (answer: AnswerName): CheckedHead => ({ ok: false, answer });

/** Checks a head: path, method, content type, encoding, size, sender. */
export function checkHead(request: IncomingMessage, options: HeadOptions): CheckedHead {
  const { target, isEndpoint, admits, unreadable, decoded = false } = options;
  const { headers, method, socket } = request;
  if (target === undefined || !isEndpoint(target.path)) return refused("notFound");
  if (method !== "POST") return refused("notPost");
  const forwarded = String(headers["x-forwarded-for"] ?? "");
  const arrival = { ...target, peer: socket.remoteAddress ?? "", forwarded };
  const unread = (answer: AnswerName): CheckedHead => {
    unreadable?.(arrival);
    return refused(answer);
  };
  if (!isJsonType(headers["content-type"])) return unread("notJson");
  if (!decoded && isEncoded(request)) return unread("notJson");
  if (Number(headers["content-length"] ?? 0) > maxBodyBytes) return unread("tooLarge");
  return admits(arrival) ? { ok: true, arrival } : refused("notAuthentic");
}

/** Whether a body is compressed: its Content-Length is then not the size of its JSON. */
export function isEncoded({ headers }: IncomingMessage): boolean {
  const encoding = headers["content-encoding"];
  return encoding !== undefined && !/^(?:identity)?$/i.test(encoding);
}
