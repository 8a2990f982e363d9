// Pushes during deploys, and with different roots of Node-RED, in real Node-REDs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { nodeRedVersions } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import { accountOf, assertOnce, collector, Emissions, eventually, idOf, listening, marksOf, notifyNode } from "./flow";
import { cases, check } from "./hostile-cases";
import { newMark, pushOf } from "./push";
import { bytesOf, Sender, talk } from "./wire";

const path = "/sccc/notify";
const taken = '{"result":{"error":0,"msg":""}}';
const main = { customer: "C2", password: "the password of C2" };
const neighbour = { customer: "C3", password: "the password of C3" };

/** Sends until there is an answer: the same bytes again if the answer is missing or says "not now". */
async function deliver(sender: Sender, body: string): Promise<number> {
  return eventually("an answer", async () => {
    const answer = await sender.post(body);
    return answer === undefined || answer.status === 503 ? undefined : answer.status;
  });
}

/** An `http in` node with its own answer. */
const route = (id: string, url: string, method: string): readonly FlowNode[] => [
  { id, type: "http in", z: "flow", url, method, wires: [[`${id}-text`]] },
  {
    id: `${id}-text`,
    type: "function",
    z: "flow",
    func: `msg.payload = "${id}"; return msg;`,
    outputs: 1,
    wires: [["emitted-out"]],
  },
];

for (const version of nodeRedVersions) {
  describe(`receiving and deploying in Node-RED ${version}`, function () {
    this.timeout(120_000);

    describe("redeploys", () => {
      let nodeRed: NodeRed;
      let emissions: Emissions;
      let own: number;
      let accounts: readonly FlowNode[];
      let notifies: readonly FlowNode[];
      const senders = new Map<string, Sender>();
      before(async () => {
        own = await freePort();
        accounts = [
          accountOf("shared", main, { pushPath: path }),
          accountOf("own", main, { pushPath: path, pushPort: String(own), pushHost: "127.0.0.1" }),
        ];
        notifies = [notifyNode("shared"), notifyNode("own")];
        nodeRed = await startNodeRed({ version, flows: [...collector, ...accounts, ...notifies] });
        await listening(own);
        emissions = new Emissions(nodeRed);
        senders.set("shared", new Sender(Number(new URL(nodeRed.url).port), path));
        senders.set("own", new Sender(own, path));
      });
      after(async () => {
        for (const sender of senders.values()) sender.close();
        await nodeRed?.stop();
      });

      it("lose no push and repeat none: 20 under load", async () => {
        const marks: string[] = [];
        const statuses = new Map<number, number>();
        let over = false;
        const load = async (sender: Sender) => {
          while (!over) {
            const mark = newMark();
            marks.push(mark);
            const status = await deliver(sender, pushOf(main, mark));
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
        };
        const deploys = async () => {
          for (let times = 0; times < 20; times += 1) await nodeRed.deploy([...collector, ...accounts, ...notifies]);
        };
        const loads = [...senders.values()].flatMap((sender) => [load(sender), load(sender), load(sender)]);
        await deploys().finally(() => {
          over = true;
        });
        await Promise.all(loads);
        assert.deepEqual([...statuses.keys()], [200]);
        const last = newMark();
        for (const sender of senders.values()) assert.equal(await deliver(sender, pushOf(main, last)), 200);
        const emitted = await emissions.until(last, ({ payload }) => payload.userData === last, 2);
        assertOnce(
          marksOf(emitted).filter((mark) => mark !== last),
          marks,
        );
      });

      it("deliver a push whose body is still arriving", async () => {
        const mark = newMark();
        const bytes = bytesOf({ path, body: pushOf(main, mark) });
        const port = own;
        let finish = (): void => undefined;
        const talking = talk(port, (socket) => {
          socket.write(bytes.subarray(0, bytes.length - 10));
          finish = () => void socket.write(bytes.subarray(bytes.length - 10));
        });
        // The HEAD request has arrived when a later push is answered.
        assert.equal(await deliver(senders.get("own")!, pushOf(main, newMark())), 200);
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
        finish();
        check("taken", await talking, "POST");
        await emissions.until(mark, ({ payload }) => payload.userData === mark);
      });

      it("do not change an http in node at the same path", async () => {
        const shared = senders.get("shared")!;
        const routes = [...route("own-get", path, "get"), ...route("own-post", path, "post")];
        const get = async () => (await nodeRed.fetch(path)).text();
        await nodeRed.deploy([...collector, ...routes, ...accounts, ...notifies]);
        assert.equal(await get(), "own-get");
        assert.deepEqual(await shared.post(pushOf(main, newMark())), { status: 200, body: taken });
        await nodeRed.deploy([...collector, ...routes, ...accounts]);
        assert.equal(await get(), "own-get");
        assert.deepEqual(await shared.post(pushOf(main, newMark())), { status: 200, body: "own-post" });
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
        assert.deepEqual(await shared.post(pushOf(main, newMark())), { status: 200, body: taken });
      });

      it("that remove the node close the port and give 404; those that add it again open the port", async () => {
        const isClosed = () =>
          talk(own, (socket) => socket.end("x")).then((bytes) => (bytes.length === 0 ? true : undefined));
        await nodeRed.deploy([...collector, ...accounts]);
        assert.equal((await senders.get("shared")!.post(pushOf(main, newMark())))?.status, 404);
        await eventually("the port is closed", isClosed);
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
        for (const sender of senders.values()) assert.equal(await deliver(sender, pushOf(main, newMark())), 200);
      });

      it("that remove only a node, or only an account, do the same", async () => {
        const isClosed = () =>
          talk(own, (socket) => socket.end("x")).then((bytes) => (bytes.length === 0 ? true : undefined));
        await nodeRed.deploy([...collector, ...accounts], "nodes");
        assert.equal((await senders.get("shared")!.post(pushOf(main, newMark())))?.status, 404);
        await eventually("the port is closed", isClosed);
        await nodeRed.deploy([...collector, ...accounts, ...notifies], "nodes");
        for (const sender of senders.values()) assert.equal(await deliver(sender, pushOf(main, newMark())), 200);
      });

      it("that contain a type that is not installed refuse no push", async () => {
        const unknown = { id: "unknown", type: "nobody-has-this", z: "flow", wires: [] };
        // A node with credentials counts as changed and is restarted. An editor sends credentials only if they were
        // changed.
        const unchanged = accounts.map(({ credentials: _, ...account }) => account);
        await assert.rejects(
          nodeRed.deploy([...collector, ...unchanged, ...notifies, unknown], "nodes"),
          /nobody-has-this/,
        );
        for (const sender of senders.values()) {
          const mark = newMark();
          assert.equal((await sender.post(pushOf(main, mark)))?.status, 200);
          await emissions.until(mark, ({ payload }) => payload.userData === mark);
        }
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
      });

      it("that contain such a type and stop all nodes keep the ports open: stored pushes are taken, others get 503", async () => {
        const storing = await freePort();
        const stored = accountOf("stored", neighbour, {
          pushPath: path,
          pushPort: String(storing),
          pushHost: "127.0.0.1",
          pushAnswer: "stored",
          redeliverAfter: "3600",
        });
        const good = [...collector, ...accounts, ...notifies, stored, notifyNode("stored")];
        await nodeRed.deploy(good);
        await listening(storing);
        const sender = new Sender(storing, path);
        const before = newMark();
        assert.equal(await deliver(sender, pushOf(neighbour, before)), 200);
        const unknown = { id: "unknown", type: "nobody-has-this", z: "flow", wires: [] };
        await assert.rejects(nodeRed.deploy([...good, unknown]), /nobody-has-this/);
        const marks = [newMark(), newMark(), newMark()];
        const waiting = newMark();
        const again = pushOf(main, waiting);
        try {
          for (const mark of marks) assert.equal((await sender.post(pushOf(neighbour, mark)))?.status, 200);
          for (const other of senders.values()) assert.equal((await other.post(again))?.status, 503);
        } finally {
          await nodeRed.deploy(good);
        }
        for (const other of senders.values()) assert.equal(await deliver(other, again), 200);
        const all = [before, ...marks, waiting];
        const emitted = await emissions.until(
          "all of them",
          ({ payload }) => all.includes(String(payload.userData)),
          6,
        );
        assertOnce(
          marksOf(emitted).filter((mark) => all.includes(String(mark)) && mark !== waiting),
          [before, ...marks],
        );
        sender.close();
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
      });

      it("move a port and a path", async () => {
        const other = await freePort();
        const [shared, , ...rest] = accounts;
        const moved = [
          { ...shared!, pushPath: "/elsewhere" },
          accountOf("own", main, { pushPath: "/elsewhere", pushPort: String(other), pushHost: "127.0.0.1" }),
          ...rest,
        ];
        await nodeRed.deploy([...collector, ...moved, ...notifies], "nodes");
        for (const port of [other, Number(new URL(nodeRed.url).port)]) {
          const there = new Sender(port, "/elsewhere");
          assert.equal(await deliver(there, pushOf(main, newMark())), 200);
          there.close();
        }
        assert.equal((await senders.get("shared")!.post(pushOf(main, newMark())))?.status, 404);
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
        for (const sender of senders.values()) assert.equal(await deliver(sender, pushOf(main, newMark())), 200);
      });

      it("report two accounts that set one port differently", async () => {
        const at = nodeRed.logs.length;
        const contrary = accountOf("contrary", neighbour, {
          pushPath: path,
          pushPort: String(own),
          pushHost: "127.0.0.2",
        });
        await nodeRed.deploy([...collector, ...accounts, contrary, ...notifies, notifyNode("contrary")]);
        for (const name of ["own", "contrary"]) {
          await eventually(`an error of ${name}`, () =>
            nodeRed.logs.slice(at).some(({ level, id }) => level === "error" && id === idOf(name)) ? true : undefined,
          );
        }
        await nodeRed.deploy([...collector, ...accounts, ...notifies]);
        assert.equal(await deliver(senders.get("own")!, pushOf(main, newMark())), 200);
      });
    });

    describe("with roots elsewhere and a middleware", () => {
      let nodeRed: NodeRed;
      let port: number;
      const nodePath = `/nodes${path}`;
      before(async () => {
        nodeRed = await startNodeRed({
          version,
          settings: { httpAdminRoot: "/admin", httpNodeRoot: "/nodes" },
          env: { NODE_OPTIONS: `--require ${join(__dirname, "middleware.cjs")}` },
        });
        port = Number(new URL(nodeRed.url).port);
        const flows = [...collector, accountOf("main", main, { pushPath: path }), notifyNode("main")];
        await nodeRed.admin("POST", "/admin/flows", { flows }, { "Node-RED-API-Version": "v2" });
        const sender = new Sender(port, nodePath);
        await eventually("it receives", async () => ((await sender.post("{}"))?.status === 400 ? true : undefined));
        sender.close();
      });
      after(() => nodeRed?.stop());

      it("runs the middleware first, and answers every request itself", async () => {
        const emissions = new Emissions(nodeRed, "/nodes");
        const target = { port, path: nodePath, signer: main, neighbour };
        const marks: string[] = [];
        for (const { name, write, own } of cases.Body ?? []) {
          const mark = newMark();
          if (own === "taken") marks.push(mark);
          const written = write(target, mark);
          try {
            check(own, await talk(port, (socket) => void socket.write(written as Buffer)), "POST");
          } catch (error) {
            throw new Error(`${name}: ${(error as Error).message}`);
          }
        }
        const denied = bytesOf({ path: nodePath, body: pushOf(main, newMark()), headers: { "X-Deny": "1" } });
        assert.match((await talk(port, (socket) => void socket.write(denied))).toString(), /^HTTP\/1.1 403 /);
        const last = newMark();
        marks.push(last);
        const bytes = await talk(
          port,
          (socket) => void socket.write(bytesOf({ path: nodePath, body: pushOf(main, last) })),
        );
        check("taken", bytes, "POST");
        assert.match(bytes.toString(), /x-middleware: seen/i);
        assertOnce(marksOf(await emissions.until(last, ({ payload }) => payload.userData === last)), marks);
      });

      it("reads the bytes itself: `charset=utf8`, and every digit of a long integer", async () => {
        const emissions = new Emissions(nodeRed, "/nodes");
        const mark = newMark();
        const body = pushOf(main, mark, { more: "digits" }).replace('"digits"', "12345678901234567890");
        const headers = { "Content-Type": "application/json; charset=utf8" };
        check(
          "taken",
          await talk(port, (socket) => void socket.write(bytesOf({ path: nodePath, body, headers }))),
          "POST",
        );
        const emitted = await emissions.until(mark, ({ payload }) => payload.userData === mark);
        assert.equal(emitted.at(-1)?.payload.more, "12345678901234567890");
      });

      it("does not answer below the admin's root, or without the node root", async () => {
        for (const elsewhere of [path, `/admin${path}`]) {
          const bytes = await talk(port, (socket) => void socket.write(bytesOf({ path: elsewhere, body: "{}" })));
          check("4xx", bytes, "POST");
        }
      });
    });

    it("requires the credentials of httpNodeAuth, and takes pushes that have them", async () => {
      // The password is "p".
      const httpNodeAuth = { user: "platform", pass: "$2b$08$Zt0tWROfKFnDoRle6fOIt./gnEqsKqgNg9EjT1A/RWo/6Yh./yzzu" };
      const flows = [...collector, accountOf("main", main, { pushPath: path }), notifyNode("main")];
      const nodeRed = await startNodeRed({ version, settings: { httpNodeAuth }, flows });
      const port = Number(new URL(nodeRed.url).port);
      const status = async (headers: Record<string, string>) => {
        const bytes = bytesOf({ path, body: pushOf(main, newMark()), headers });
        return (await talk(port, (socket) => void socket.write(bytes)))
          .toString()
          .slice("HTTP/1.1 ".length, "HTTP/1.1 200".length);
      };
      const basic = (password: string) => `Basic ${Buffer.from(`platform:${password}`).toString("base64")}`;
      try {
        assert.equal(await status({}), "401");
        assert.equal(await status({ Authorization: basic("q") }), "401");
        assert.equal(await status({ Authorization: basic("p") }), "200");
      } finally {
        await nodeRed.stop();
      }
    });

    it("reports that Node-RED has no server for nodes, and receives at a port of its own", async () => {
      const own = await freePort();
      const nodeRed = await startNodeRed({
        version,
        settings: { httpNodeRoot: false },
        flows: [
          { id: "flow", type: "tab", label: "Flow" },
          accountOf("shared", main, { pushPath: path }),
          accountOf("own", main, { pushPath: path, pushPort: String(own), pushHost: "127.0.0.1" }),
          notifyNode("shared"),
          notifyNode("own", { wires: [["shown"]] }),
          {
            id: "shown",
            type: "debug",
            z: "flow",
            active: true,
            tosidebar: true,
            complete: "payload",
            targetType: "msg",
            wires: [],
          },
        ],
      });
      try {
        const { text } = await nodeRed.log(({ level, id }) => level === "error" && id === idOf("shared"));
        assert.match(text, /httpNodeRoot|server/);
        const sidebar = await nodeRed.sidebar();
        const sender = new Sender(own, path);
        const mark = newMark();
        assert.equal(await deliver(sender, pushOf(main, mark)), 200);
        assert.equal(((await sidebar.next("shown")) as { userData: string }).userData, mark);
        sender.close();
        await sidebar.close();
        assert.ok(
          !nodeRed.logs.some(({ level, id }) => level === "error" && (id === "notify-own" || id === idOf("own"))),
        );
      } finally {
        await nodeRed.stop();
      }
    });
  });
}
