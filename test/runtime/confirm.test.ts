// sccc-confirm and deploys: a confirmed message is sent on, even if the flow was deployed again meanwhile.
import assert from "node:assert/strict";
import type { NodeAPI, NodeDef } from "node-red";
import { initHelper, load, nodeOf, stateOf, unload } from "../../tools/nodes";
import { eventually } from "../receive/flow";

describe("a message that sccc-confirm has confirmed", () => {
  before(initHelper);
  afterEach(unload);

  let heard: string[];
  let events: NodeAPI["events"];
  /** A node that remembers what it is given, from the first moment on. */
  const recorder = (RED: NodeAPI): void => {
    events = RED.events;
    RED.nodes.registerType("recorder", function (config: NodeDef) {
      RED.nodes.createNode(this, config);
      this.on("input", (msg, _send, done) => {
        heard.push(String(msg.payload));
        done();
      });
    });
  };
  const deploy = () => {
    const others = [{ id: "recorder", z: "tab", x: 0, y: 0, type: "recorder", wires: [] }];
    const config = { type: "sccc-confirm", token: "token", tokenType: "msg", wires: [["recorder"]] };
    return load({ url: "http://127.0.0.1:9" }, config, {}, others, {}, [recorder]);
  };

  for (const when of ["during the deploy", "after the deploy"] as const) {
    it(`goes on from the new node if the confirmation is answered ${when}`, async () => {
      heard = [];
      await deploy();
      const { tokens } = stateOf();
      const { acknowledge } = tokens;
      let answer: ((known: boolean) => void) | undefined;
      tokens.acknowledge = () =>
        new Promise((resolve) => {
          answer = resolve;
        });
      try {
        nodeOf("n").receive({ payload: "kept", token: "t" });
        await eventually("the confirmation is asked for", () => (answer === undefined ? undefined : true));
      } finally {
        tokens.acknowledge = acknowledge;
      }
      await unload();
      // The helper has stopped the flows for good; a deploy says this instead.
      events.emit("flows:stopping");
      if (when === "during the deploy") answer?.(true);
      await new Promise(setImmediate);
      await deploy();
      if (when === "after the deploy") answer?.(true);
      await eventually("the next node has it", () => (heard.length > 0 ? true : undefined));
      assert.deepEqual(heard, ["kept"]);
    });
  }
});
