// A flow blocks Node-RED: stored pushes to an own port are answered during that time, and each is output once afterwards. BLOCK_SECONDS
// sets the duration; the figures are printed.
import assert from "node:assert/strict";
import { freePort, startNodeRed } from "../../tools/node-red";
import { accountOf, assertOnce, collector, confirmNode, Emissions, listening, marksOf, notifyNode } from "./flow";
import { newMark, pushOf } from "./push";
import { Sender } from "./wire";

const seconds = Number(process.env.BLOCK_SECONDS ?? 1);
const main = { customer: "C2", password: "the password of C2" };

describe("a flow that blocks Node-RED", function () {
  this.timeout(90_000 + seconds * 2000);

  it(`for ${seconds} s: stored pushes are answered meanwhile, and each is delivered once afterwards`, async () => {
    const port = await freePort();
    const nodeRed = await startNodeRed({
      version: 4,
      flows: [
        ...collector,
        accountOf("main", main, {
          pushPort: String(port),
          pushHost: "127.0.0.1",
          pushPath: "/push",
          pushAnswer: "stored",
        }),
        notifyNode("main", { wires: [["collect", "confirm"]] }),
        confirmNode(),
        { id: "block-in", type: "http in", z: "flow", url: "/block", method: "get", wires: [["block"]] },
        {
          id: "block",
          type: "function",
          z: "flow",
          func: `const end = Date.now() + ${seconds * 1000}; while (Date.now() < end); msg.payload = {}; return msg;`,
          outputs: 1,
          wires: [["emitted-out"]],
        },
      ],
    });
    const sender = new Sender(port, "/push", 8);
    try {
      await listening(port);
      const emissions = new Emissions(nodeRed);
      const marks: string[] = [];
      const times: number[] = [];
      let over = false;
      const load = async () => {
        while (!over) {
          const mark = newMark();
          const start = performance.now();
          const answer = await sender.post(pushOf(main, mark));
          times.push(performance.now() - start);
          assert.equal(answer?.status, 200);
          marks.push(mark);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const loads = [load(), load(), load(), load()];
      await nodeRed.admin("GET", "/block");
      over = true;
      await Promise.all(loads);
      const emitted = await emissions.until("all come out", () => true, marks.length);
      assertOnce(marksOf(emitted), marks);
      times.sort((one, other) => one - other);
      const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(1);
      console.log(
        `      ${times.length} pushes; answered after ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(0.9999)} ms`,
      );
      assert.ok(Number(times.at(-1)) < seconds * 1000, "nobody waited for the flow");
    } finally {
      sender.close();
      await nodeRed.stop();
    }
  });
});
