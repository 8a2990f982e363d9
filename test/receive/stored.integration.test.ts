// pushAnswer stored: no push that was answered with 0 is lost, whatever happens to the flow or the process. In real Node-REDs.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { newestNodeRed } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import {
  accountOf,
  collector,
  confirmNode,
  type Emission,
  Emissions,
  eventually,
  listening,
  notifyNode,
  processOf,
} from "./flow";
import { newMark, pushOf } from "./push";
import { Sender } from "./wire";

/** How often a Node-RED is killed; `npm run prove` uses more. */
const kills = Number(process.env.KILLS ?? 5);

const main = { customer: "C2", password: "the password of C2" };

/** Each account has its own path and its own flow. */
const pathOf = (name: string) => `/${name}`;

const storedAccount = (name: string, port: number, properties: Readonly<Record<string, unknown>> = {}): FlowNode =>
  accountOf(name, main, {
    pushPath: pathOf(name),
    pushPort: String(port),
    pushHost: "127.0.0.1",
    pushAnswer: "stored",
    redeliverAfter: "0.3",
    maxDeliveries: "1000",
    ...properties,
  });

const func = (id: string, code: string, ...wires: string[]): FlowNode => ({
  id,
  type: "function",
  z: "flow",
  func: code,
  outputs: 1,
  wires: [wires],
});

const confirm = (id: string, properties: Readonly<Record<string, unknown>> = {}, ...wires: string[]): FlowNode => ({
  ...confirmNode(wires),
  id,
  ...properties,
});

const caught = (id: string, scope: readonly string[], ...wires: string[]): FlowNode => ({
  id,
  type: "catch",
  z: "flow",
  scope,
  uncaught: false,
  wires: [wires],
});

/** `POST /confirm/<outcome>` acknowledges the body's `tokens`; 409 with the error's code if that fails. */
const confirming: readonly FlowNode[] = [
  {
    id: "confirm-in",
    type: "http in",
    z: "flow",
    url: "/confirm/:outcome",
    method: "post",
    wires: [["confirm-which"]],
  },
  {
    ...func("confirm-which", `return msg.req.params.outcome === "taken" ? [msg, null] : [null, msg];`),
    outputs: 2,
    wires: [["confirm-taken"], ["confirm-refused"]],
  },
  confirm("confirm-taken", { outcome: "taken", token: "payload.tokens" }, "confirm-out"),
  confirm("confirm-refused", { outcome: "refused", token: "payload.tokens" }, "confirm-out"),
  caught("confirm-caught", ["confirm-taken", "confirm-refused"], "confirm-error"),
  func("confirm-error", "msg.statusCode = 409; msg.payload = { code: msg.error.code }; return msg;", "confirm-out"),
  { id: "confirm-out", type: "http response", z: "flow", wires: [] },
];

/** The errors that Catch received: `GET /caught`. */
const catching: readonly FlowNode[] = [
  func(
    "caught",
    `const list = global.get("caught") ?? [];
list.push({ code: msg.error.code, message: msg.error.message, userData: msg.payload.userData });
global.set("caught", list);`,
  ),
  { id: "caught-in", type: "http in", z: "flow", url: "/caught", method: "get", wires: [["caught-list"]] },
  func("caught-list", `msg.payload = global.get("caught") ?? []; return msg;`, "confirm-out"),
];

interface Caught {
  readonly code: string;
  readonly message: string;
  readonly userData: string;
}

const flowAt = (port: number): readonly FlowNode[] => [
  ...collector,
  ...confirming,
  ...catching,
  // Acknowledged only by the test.
  storedAccount("plain", port),
  notifyNode("plain"),
  // A second node of the same account has its own deliveries.
  storedAccount("pair", port),
  notifyNode("pair"),
  notifyNode("pair", { id: "notify-pair-second" }),
  // Two wires: the second acknowledgement is one too many.
  storedAccount("clone", port),
  notifyNode("clone", { wires: [["collect", "clone-first", "clone-second"]] }),
  confirm("clone-first"),
  confirm("clone-second"),
  caught("clone-caught", ["clone-first", "clone-second"], "caught"),
  // Fails twice; Catch refuses the delivery.
  storedAccount("failing", port),
  notifyNode("failing", { wires: [["collect", "failing-work"]] }),
  func("failing-work", `if (msg.sccc.push.delivery < 3) throw new Error("Not yet"); return msg;`, "failing-confirm"),
  confirm("failing-confirm"),
  caught("failing-caught", ["failing-work"], "failing-confirm"),
  // Split into parts and joined again; the token is preserved.
  storedAccount("parts", port),
  notifyNode("parts", { wires: [["collect", "parts-make"]] }),
  func("parts-make", "msg.payload = [1, 2, 3]; return msg;", "parts-split"),
  {
    id: "parts-split",
    type: "split",
    z: "flow",
    arraySplt: 1,
    arraySpltType: "len",
    property: "payload",
    wires: [["parts-join"]],
  },
  { id: "parts-join", type: "join", z: "flow", mode: "auto", property: "payload", wires: [["parts-confirm"]] },
  confirm("parts-confirm"),
  // Two pushes joined into one message with both tokens.
  storedAccount("joined", port),
  notifyNode("joined", { wires: [["collect", "joined-token"]] }),
  func("joined-token", "msg.payload = msg.sccc.token; return msg;", "joined-join"),
  {
    id: "joined-join",
    type: "join",
    z: "flow",
    mode: "custom",
    build: "array",
    property: "payload",
    propertyType: "msg",
    count: "2",
    wires: [["joined-confirm"]],
  },
  confirm("joined-confirm", { token: "payload" }),
  // Given up after two deliveries.
  storedAccount("dead", port, { maxDeliveries: "2" }),
  notifyNode("dead"),
  caught("dead-caught", ["notify-dead"], "caught"),
];

for (const version of newestNodeRed) {
  describe(`stored pushes in Node-RED ${version}`, function () {
    this.timeout(180_000);

    describe("until they are confirmed", () => {
      const userDir = temporaryFolder();
      const senders: Sender[] = [];
      let port: number;
      let nodeRed: NodeRed;
      let emissions: Emissions;
      /** All messages emitted since Node-RED started. */
      let all: Emission[];

      const start = async (flows?: readonly FlowNode[]) => {
        nodeRed = await startNodeRed({ version, userDir, ...(flows === undefined ? {} : { flows }) });
        await listening(port);
        emissions = new Emissions(nodeRed);
        all = [];
      };
      before(async () => {
        port = await freePort();
        await start(flowAt(port));
      });
      after(async () => {
        for (const sender of senders) sender.close();
        await nodeRed?.stop();
      });

      /** Sends a push to an account; returns its mark. */
      async function push(name: string): Promise<string> {
        const sender = new Sender(port, pathOf(name), 1);
        senders.push(sender);
        const mark = newMark();
        const answer = await sender.post(pushOf(main, mark));
        assert.deepEqual(answer, { status: 200, body: '{"result":{"error":0,"msg":""}}' });
        return mark;
      }

      /** The deliveries of a push, once there are `count` of them. */
      const deliveriesOf = (mark: string, count: number): Promise<readonly Emission[]> =>
        eventually(`${count} deliveries of ${mark}`, async () => {
          all.push(...(await emissions.more()));
          const deliveries = all.filter(({ payload }) => payload.userData === mark);
          return deliveries.length >= count ? deliveries : undefined;
        });

      const confirmTokens = async (outcome: "taken" | "refused", tokens: unknown) => {
        const answer = await nodeRed.fetch(`/confirm/${outcome}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ tokens }),
        });
        return answer.status === 200 ? "confirmed" : ((await answer.json()) as Caught).code;
      };

      /** Waits until an unacknowledged push was delivered so often that the others would have been delivered again, too. */
      async function passTime(): Promise<void> {
        const witness = await push("plain");
        const deliveries = await deliveriesOf(witness, 4);
        assert.equal(await confirmTokens("taken", deliveries.at(-1)?.token), "confirmed");
      }

      const countOf = (mark: string): number => all.filter(({ payload }) => payload.userData === mark).length;

      const caughtOf = (fits: (caught: Caught) => boolean) =>
        eventually("Catch hears of it", async () =>
          ((await nodeRed.admin("GET", "/caught")) as readonly Caught[]).find(fits),
        );

      it("come again, with the same eventId and a new token, and not after the confirmation", async () => {
        const mark = await push("plain");
        const deliveries = await deliveriesOf(mark, 3);
        assert.deepEqual(
          deliveries.slice(0, 3).map(({ push: { delivery } }) => delivery),
          [1, 2, 3],
        );
        assert.equal(new Set(deliveries.map(({ push: { eventId } }) => eventId)).size, 1);
        assert.equal(new Set(deliveries.map(({ token }) => token)).size, deliveries.length);
        // The token of an earlier delivery is still valid.
        assert.equal(await confirmTokens("taken", deliveries[0]?.token), "confirmed");
        all.push(...(await emissions.more()));
        const count = countOf(mark);
        await passTime();
        assert.equal(countOf(mark), count);
      });

      it("are confirmed once: a second time, or an unknown token, is SCCC_NOT_PENDING", async () => {
        const mark = await push("plain");
        const [first] = await deliveriesOf(mark, 1);
        assert.equal(await confirmTokens("taken", first?.token), "confirmed");
        for (const tokens of [first?.token, "nobody's", [], 12, null, [first?.token, 7]]) {
          assert.equal(await confirmTokens("taken", tokens), "SCCC_NOT_PENDING");
        }
      });

      it("come again after they were refused", async () => {
        const mark = await push("plain");
        const [first] = await deliveriesOf(mark, 1);
        assert.equal(await confirmTokens("refused", first?.token), "confirmed");
        const second = (await deliveriesOf(mark, 2)).at(-1);
        assert.equal(await confirmTokens("taken", second?.token), "confirmed");
      });

      it("are confirmed many at once, and for each node separately", async () => {
        const mark = await push("pair");
        const deliveries = await eventually("both nodes have it", async () => {
          const found = await deliveriesOf(mark, 2);
          return found.filter(({ push: { delivery } }) => delivery === 1).length === 2 ? found : undefined;
        });
        const [one, two] = deliveries.filter(({ push: { delivery } }) => delivery === 1);
        assert.equal(await confirmTokens("taken", one?.token), "confirmed");
        all.push(...(await emissions.more()));
        const before_ = countOf(mark);
        await deliveriesOf(mark, before_ + 1);
        const others = await Promise.all([push("plain"), push("plain")]);
        const tokens = await Promise.all(others.map(async (other) => (await deliveriesOf(other, 1))[0]?.token));
        assert.equal(await confirmTokens("taken", [two?.token, ...tokens]), "confirmed");
        all.push(...(await emissions.more()));
        const counts = [mark, ...others].map(countOf);
        await passTime();
        assert.deepEqual([mark, ...others].map(countOf), counts);
      });

      it("are confirmed by the first of two wires, and the second gets an error", async () => {
        const mark = await push("clone");
        const { code } = await caughtOf(({ userData }) => userData === mark);
        assert.equal(code, "SCCC_NOT_PENDING");
        await passTime();
        assert.equal(countOf(mark), 1);
      });

      it("are refused by Catch, come again, and are taken when the flow has succeeded", async () => {
        const mark = await push("failing");
        await deliveriesOf(mark, 3);
        await passTime();
        assert.equal(countOf(mark), 3);
      });

      it("are confirmed after split and join, alone and together", async () => {
        const marks = [await push("parts"), await push("joined"), await push("joined")];
        await Promise.all(marks.map((mark) => deliveriesOf(mark, 1)));
        await passTime();
        assert.deepEqual(marks.map(countOf), [1, 1, 1]);
      });

      it("are given up after maxDeliveries: they go to Catch and to the dead-letter file", async () => {
        const mark = await push("dead");
        const { message } = await caughtOf(({ userData }) => userData === mark);
        assert.match(message, /callstart/);
        assert.equal((await deliveriesOf(mark, 2)).length, 2);
        const folder = join(userDir, "sccc", "spool");
        const letters = readdirSync(folder, { recursive: true, encoding: "utf8" })
          .filter((file) => file.endsWith("dead.jsonl"))
          .map((file) => readFileSync(join(folder, file), "utf8"));
        assert.equal(letters.join("").split(mark).length, 2);
        await passTime();
        assert.equal(countOf(mark), 2);
      });

      it("are there again after a redeploy, and confirmed with a token from before it", async () => {
        const mark = await push("plain");
        const [first] = await deliveriesOf(mark, 1);
        await nodeRed.deploy(flowAt(port));
        all.push(...(await emissions.more()));
        const count = countOf(mark);
        await deliveriesOf(mark, count + 1);
        assert.equal(await confirmTokens("taken", first?.token), "confirmed");
        all.push(...(await emissions.more()));
        const last = countOf(mark);
        await passTime();
        assert.equal(countOf(mark), last);
      });

      it("are delivered again after a restart, with the same eventId, except the confirmed ones", async () => {
        const marks = [await push("plain"), await push("plain"), await push("plain")];
        const [confirmed] = marks;
        const firsts = await Promise.all(marks.map(async (mark) => (await deliveriesOf(mark, 1))[0]!));
        assert.equal(await confirmTokens("taken", firsts[0]?.token), "confirmed");
        await nodeRed.stop();
        await start();
        for (const { payload, push: before_ } of firsts.slice(1)) {
          const [again] = await deliveriesOf(String(payload.userData), 1);
          assert.equal(again?.push.eventId, before_.eventId);
          assert.ok(Number(again?.push.delivery) > before_.delivery);
          assert.equal(await confirmTokens("taken", again?.token), "confirmed");
        }
        // A token is only valid in the process that created it.
        assert.equal(await confirmTokens("taken", firsts[1]?.token), "SCCC_NOT_PENDING");
        await passTime();
        assert.equal(countOf(confirmed!), 0);
      });
    });

    it(`survive ${kills} times kill -9 under load`, async function () {
      this.timeout(60_000 + kills * 20_000);
      const userDir = temporaryFolder();
      const port = await freePort();
      /** All eventIds that were emitted with a mark. */
      const emitted = new Map<string, Set<string>>();
      const recorder = http.createServer((request, response) => {
        let text = "";
        request.on("data", (chunk: Buffer) => {
          text += chunk;
        });
        request.on("end", () => {
          const { mark, eventId } = JSON.parse(text) as { mark: string; eventId: string };
          emitted.set(mark, (emitted.get(mark) ?? new Set()).add(eventId));
          response.end("{}");
        });
      });
      recorder.listen(0, "127.0.0.1");
      await new Promise((resolve) => recorder.once("listening", resolve));
      const { port: recording } = recorder.address() as AddressInfo;
      // Acknowledged when a program outside of the process has received it.
      const flows = [
        ...collector,
        storedAccount("main", port, { redeliverAfter: "2" }),
        notifyNode("main", { wires: [["outline"]] }),
        func(
          "outline",
          "msg.payload = { mark: msg.payload.userData, eventId: msg.payload.eventId }; return msg;",
          "record",
        ),
        {
          id: "record",
          type: "http request",
          z: "flow",
          method: "POST",
          ret: "obj",
          paytoqs: "ignore",
          url: `http://127.0.0.1:${recording}/`,
          headers: [],
          wires: [["recorded"]],
        },
        func("recorded", "return msg.statusCode === 200 ? msg : null;", "done"),
        confirm("done", { outcome: "taken" }),
      ];
      const answered: string[] = [];
      let nodeRed: NodeRed | undefined;
      try {
        for (let kill = 0; kill <= kills; kill += 1) {
          let unanswered = 0;
          nodeRed = await startNodeRed({ version, userDir, ...(kill === 0 ? { flows } : {}) });
          const { pid } = await processOf(nodeRed);
          const sender = new Sender(port, pathOf("main"), 8);
          const enough = answered.length + 20 + Math.floor(Math.random() * 300);
          let dead = false;
          const load = async () => {
            while (!dead) {
              const mark = newMark();
              const answer = await sender.post(pushOf(main, mark));
              if (answer?.status === 200) answered.push(mark);
              // Fails if Node-RED ends by itself.
              else assert.ok(++unanswered < 10_000, "Node-RED answers");
              // The last process is not killed; it delivers what the others have left.
              if (answered.length >= enough && !dead) {
                dead = true;
                if (kill < kills) process.kill(pid, "SIGKILL");
              }
            }
          };
          await Promise.all(Array.from({ length: 8 }, load));
          sender.close();
          if (kill < kills) await nodeRed.ended;
        }
        await eventually("all that was answered is emitted", () =>
          answered.every((mark) => emitted.has(mark)) ? true : undefined,
        ).catch(() => {});
        assert.deepEqual(
          answered.filter((mark) => !emitted.has(mark)),
          [],
          "lost",
        );
        assert.deepEqual(
          [...emitted].filter(([, eventIds]) => eventIds.size !== 1),
          [],
          "with another eventId",
        );
      } finally {
        await nodeRed?.stop();
        recorder.closeAllConnections();
        recorder.close();
      }
    });
  });
}
