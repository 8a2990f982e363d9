// The status of sccc-call-tracker.
import type { Node, NodeAPI } from "node-red";
import type { News } from "../../calls/tracker";
import { guarded } from "../../util/guarded";
import type { NodeOutput } from "../shared/node-output";
import { statusWords } from "../shared/status";

/** How often a status may change, and how often a warning may be logged, in ms. */
const statusEveryMs = 1000;
const warnEveryMs = 60_000;

/** Shows the number of open calls, and warns while there are too many. */
export class TrackerStatus {
  #timer: NodeJS.Timeout | undefined;
  #lost = 0;
  #warned = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly source: { readonly RED: NodeAPI; readonly node: Node; readonly output: NodeOutput },
    private readonly size: () => number,
  ) {}

  update(news: readonly News[]): void {
    this.#lost += news.filter(({ cause, kind }) => cause === "overflow" && kind === "finished").length;
    if (this.#lost > 0 && performance.now() - this.#warned > warnEveryMs) {
      this.#warned = performance.now();
      this.source.output.warn("tooManyCalls", { calls: String(this.size()) });
    }
    this.#timer ??= setTimeout(
      guarded(() => this.show()),
      statusEveryMs,
    ).unref();
  }

  show(): void {
    this.#timer = undefined;
    const { RED, node } = this.source;
    const calls = this.size();
    const figures = { calls, lost: this.#lost };
    if (this.#lost === 0) {
      const text = statusWords(RED._, "openCalls", figures);
      node.status({ fill: calls === 0 ? "grey" : "green", shape: "dot", text });
    } else node.status({ fill: "yellow", shape: "dot", text: statusWords(RED._, "lostCalls", figures) });
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
