// A node that can't work, because its properties or its account are not as they must be.
import type { Node, NodeAPI } from "node-red";
import type { Failure } from "./failure";
import { takeMessages } from "./input";
import { failureStatus } from "./status";
import { errorOf } from "./texts";

/** Shows why a node can't work, and ends each of its messages with that. @param api what the error says is at fault */
export function refuse(RED: NodeAPI, node: Node, api: string, failure: Failure): void {
  const show = (): void => node.status(failureStatus(failure));
  show();
  takeMessages(RED, node, {
    name: api,
    handle: () => {
      show();
      return errorOf(RED._, api, failure);
    },
    refused: show,
  });
}
