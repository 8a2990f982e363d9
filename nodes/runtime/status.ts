// What a command node shows below itself. Texts are keys of the locales, so that each viewer reads their own language.
import type { NodeStatus } from "node-red";
import { errorOfName } from "../catalogue";
import type { Progress } from "../protocol/exchange";
import type { Failure } from "../protocol/failure";

/** A failure in a word: the platform's codes have texts, ours too, and an unknown one stands for itself. */
export function failureText({ kind, code }: Failure): string {
  if (kind === "platform") return errorOfName(code) === undefined ? code : `error.${code}`;
  return kind === "http" ? code : `status.${code}`;
}

/** How a message ended. `failed` and `total` count the commands of a list, `cut` what came of a list that the platform cut off. */
export type Ending =
  | {
      readonly kind: "done";
      readonly failed?: number;
      readonly total?: number;
      readonly cut?: { readonly came: number; readonly total: number };
    }
  | { readonly kind: "failure"; readonly failure: Failure };

function statusOf(ending: Ending): NodeStatus {
  if (ending.kind === "failure") return { fill: "red", shape: "ring", text: failureText(ending.failure) };
  if (ending.cut) return { fill: "yellow", shape: "dot", text: `${ending.cut.came} / ${ending.cut.total} ✂` };
  return ending.failed
    ? { fill: "yellow", shape: "dot", text: `${ending.failed} / ${ending.total ?? 0} ✗` }
    : { fill: "green", shape: "dot", text: "status.done" };
}

/** Keeps a node's status: how many of its requests wait, whether one is under way, and when none is, how the last message ended. */
export class Status {
  readonly #show: (status: NodeStatus) => void;
  readonly #requests = new Map<symbol, Progress>();
  readonly #backlogs = new Map<symbol, number>();
  #waiting = "";
  #ending: Ending | undefined;
  #shown = "";

  constructor(show: (status: NodeStatus) => void) {
    this.#show = show;
  }

  /** A request is to be made; tell what comes back how it gets on. */
  readonly track = (): ((progress: Progress) => void) => {
    const request = Symbol("request");
    return (progress) => {
      if (progress === "over") this.#requests.delete(request);
      else this.#requests.set(request, progress);
      // A message that waits for nothing more ends now, and shows how.
      if (this.#requests.size > 0 || this.#waiting !== "") this.#update();
    };
  };

  /** A list is to be sent; tell what comes back how many of its requests are still to be made. */
  readonly backlog = (): ((requests: number) => void) => {
    const list = Symbol("list");
    return (requests) => {
      if (requests === 0) this.#backlogs.delete(list);
      else this.#backlogs.set(list, requests);
      if (this.#requests.size > 0) this.#update();
    };
  };

  /** Something is waited for that is no request; "" for nothing more. */
  wait(text: string): void {
    this.#waiting = text;
    this.#update();
  }

  /** A message has ended. */
  end(ending: Ending): void {
    this.#ending = ending;
    this.#update();
  }

  #update(): void {
    const status =
      this.#requests.size > 0 ? this.#busy() : (this.#awaiting() ?? (this.#ending && statusOf(this.#ending)));
    const text = JSON.stringify(status);
    if (status === undefined || text === this.#shown) return;
    this.#shown = text;
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
      ? { fill: "blue", shape: "ring", text: `⏳ ${waiting}` }
      : { fill: "blue", shape: "dot", text: "status.requesting" };
  }
}
