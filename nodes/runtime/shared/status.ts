// Node statuses. A text without figures is a key of the locales, so that each viewer reads it in their own language. A
// text with figures is written in the runtime's language.
import type { NodeStatus } from "node-red";
import { errorOfName } from "../../catalogue/index";
import type { Progress } from "../../protocol/exchange";
import { plainText } from "../../protocol/failure";
import { fill } from "../../util/fill";
import type { Failure } from "./failure";
import { type Translate, timeOf } from "./texts";

/** A status text with figures. @param key below `status` of the locales */
export const statusWords = (
  translate: Translate,
  key: string,
  figures: Readonly<Record<string, string | number>>,
): string => fill(translate(`status.${key}`), figures);

/** The status text of a failure: a key for known codes, the code itself for unknown ones. */
export function failureText({ kind, code }: Failure): string {
  if (kind === "platform") return errorOfName(code) === undefined ? code : `error.${code}`;
  return kind === "http" ? code : `status.${code}`;
}

const red = (text: string): NodeStatus => ({ fill: "red", shape: "ring", text });

/** Configuration problems that have their own status text. */
const ownProblems: readonly string[] = ["account", "missing", "held", "noServer", "feedTaken"];

/** The status of an invalid configuration: the reason, and when it is tried again. */
function configStatus(translate: Translate, failure: Extract<Failure, { kind: "config" }>): NodeStatus {
  const { reason, variable, retryAt } = failure;
  if (variable !== undefined) return red(statusWords(translate, "variable", { variable: plainText(variable) }));
  if (retryAt === undefined)
    return red(ownProblems.includes(reason) ? `status.config.${reason}` : failureText(failure));
  return red(
    statusWords(translate, "retried", { problem: translate(`status.config.${reason}`), time: timeOf(retryAt) }),
  );
}

/** The status of a failed message, or of a node that cannot work. */
export const failureStatus = (translate: Translate, failure: Failure): NodeStatus =>
  failure.kind === "config" ? configStatus(translate, failure) : red(failureText(failure));

/** The status of a message that ended with one of our errors. */
export const codeStatus = (code: string): NodeStatus => red(`status.${code}`);

/** The status of a message that ended with an unexpected error. */
export const unforeseenStatus: NodeStatus = red("status.failed");

/** The status of a message that is done. */
export const doneStatus: NodeStatus = { fill: "green", shape: "dot", text: "status.done" };

/**
 * How a message ended. `failed` and `total` count the commands of a list; `cut` tells how much of a truncated list
 * arrived.
 */
export type Ending =
  | {
      readonly kind: "done";
      readonly failed?: number;
      readonly total?: number;
      readonly cut?: { readonly came: number; readonly total: number };
    }
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "unforeseen" };

function statusOf(translate: Translate, ending: Ending): NodeStatus {
  if (ending.kind === "unforeseen") return unforeseenStatus;
  if (ending.kind === "failure") return failureStatus(translate, ending.failure);
  const partly = (key: string, figures: Parameters<typeof statusWords>[2]): NodeStatus => ({
    fill: "yellow",
    shape: "dot",
    text: statusWords(translate, key, figures),
  });
  if (ending.cut) return partly("cut", { came: ending.cut.came, total: ending.cut.total });
  return ending.failed ? partly("listFailed", { failed: ending.failed, total: ending.total ?? 0 }) : doneStatus;
}

/**
 * Keeps a node's status. Each message's ending is shown once, in order. Between endings it shows how many requests
 * wait, or what is waited for. An ending is never shown twice, because a Status node would count it twice.
 */
export class Status {
  readonly #translate: Translate;
  readonly #show: (status: NodeStatus) => void;
  readonly #requests = new Map<symbol, Progress>();
  readonly #backlogs = new Map<symbol, number>();
  #waiting = "";
  #shown = "";

  constructor(translate: Translate, show: (status: NodeStatus) => void) {
    this.#translate = translate;
    this.#show = show;
  }

  /** A request begins. Returns the function that reports its progress. */
  readonly track = (): ((progress: Progress) => void) => {
    const request = Symbol("request");
    return (progress) => {
      if (progress === "over") this.#requests.delete(request);
      else this.#requests.set(request, progress);
      this.#update();
    };
  };

  /** A list begins. Returns the function that reports how many of its requests are not made yet. */
  readonly backlog = (): ((requests: number) => void) => {
    const list = Symbol("list");
    return (requests) => {
      if (requests === 0) this.#backlogs.delete(list);
      else this.#backlogs.set(list, requests);
      if (this.#requests.size > 0) this.#update();
    };
  };

  /** Shows what else is waited for; "" ends it. */
  wait(text: string): void {
    this.#waiting = text;
    this.#update();
  }

  /** A message has ended. */
  end(ending: Ending): void {
    this.#set(statusOf(this.#translate, ending));
    this.#update();
  }

  /** Shows a state of the node itself, such as that it cannot receive. An empty status clears it. */
  state(status: NodeStatus): void {
    this.#set(status);
    this.#update();
  }

  /** Shows what is under way. If nothing is, the last status stays until a message ends. */
  #update(): void {
    const status = this.#requests.size > 0 ? this.#busy() : this.#awaiting();
    if (status !== undefined && JSON.stringify(status) !== this.#shown) this.#set(status);
  }

  #set(status: NodeStatus): void {
    this.#shown = JSON.stringify(status);
    this.#show(status);
  }

  #awaiting(): NodeStatus | undefined {
    return this.#waiting === "" ? undefined : { fill: "blue", shape: "ring", text: this.#waiting };
  }

  #busy(): NodeStatus {
    let waiting = 0;
    for (const progress of this.#requests.values()) waiting += progress === "waiting" ? 1 : 0;
    for (const requests of this.#backlogs.values()) waiting += requests;
    return waiting > 0
      ? { fill: "blue", shape: "ring", text: statusWords(this.#translate, "queued", { waiting }) }
      : { fill: "blue", shape: "dot", text: "status.requesting" };
  }
}
