// Hostile requests to a receiving account, in real Node-REDs: each gets one answer, nothing is emitted wrongly, and the
// next push is accepted.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { newestNodeRed } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import {
  accountOf,
  assertOnce,
  collector,
  Emissions,
  eventually,
  idOf,
  listening,
  marksOf,
  notifyNode,
  type Process,
  processOf,
} from "./flow";
import { type Case, cases, check, type Target } from "./hostile-cases";
import { authenticationOf, type Json, newMark, notifyOf, pushOf, type Signer } from "./push";
import { answersIn, bytesOf, Sender, talk } from "./wire";

const path = "/sccc/notify";
const taken = '{"result":{"error":0,"msg":""}}';
const refused = '{"result":{"error":1,"msg":"authentication failed"}}';

const signerOf = (customer: string): Signer => ({ customer, password: `the password of ${customer}` });
const main = signerOf("C2");
const neighbour = signerOf("C3");

/** All accounts, on Node-RED's own server or on an own port, by their special setting. */
const accountsAt = (place: string, properties: Json): readonly FlowNode[] =>
  [
    accountOf(`${place}-main`, main, { pushPath: path }),
    accountOf(`${place}-neighbour`, neighbour, { pushPath: path }),
    ...["left", "right"].map((name) => accountOf(`${place}-${name}`, signerOf(name), { pushPath: "/sccc/both" })),
    ...["one", "two"].map((name) => accountOf(`${place}-${name}`, signerOf("twin"), { pushPath: "/sccc/twins" })),
    accountOf(`${place}-guarded`, signerOf("guarded"), { pushPath: "/sccc/guarded", pushAllow: "10.0.0.0/8, ::1" }),
    accountOf(`${place}-welcome`, signerOf("welcome"), { pushPath: "/sccc/welcome", pushAllow: "127.0.0.0/8" }),
    accountOf(`${place}-proxied`, signerOf("proxied"), {
      pushPath: "/sccc/proxied",
      pushAllow: "10.0.0.0/8",
      trustProxy: true,
    }),
    accountOf(`${place}-rotating`, signerOf("rotating"), {
      pushPath: "/sccc/rotating",
      credentials: { previousPassword: "the one before" },
    }),
    accountOf(`${place}-pusher`, signerOf("pusher"), {
      pushPath: "/sccc/pusher",
      pushUser: "push-user",
      credentials: { pushPassword: "push-password" },
    }),
    accountOf(`${place}-half`, signerOf("half"), { pushPath: "/sccc/half", pushUser: "half-user" }),
    accountOf(`${place}-lax`, signerOf("lax"), { pushPath: "/sccc/lax", pushReplay: "allow", pushTolerance: "0" }),
    accountOf(`${place}-open`, { customer: "open", password: "" }, { pushPath: "/sccc/open" }),
  ].flatMap((account) => [{ ...account, ...properties }, notifyNode(String(account.name))]);

/**
 * Maximum growth of used memory by all tests: the blocks and tokens of 40,000 pushes are remembered. Resident memory may grow more: it held
 * bodies of 60 MB and a decompressed 1 GB.
 */
const flatWithin = 96e6;
const rssWithin = 600e6;

for (const version of newestNodeRed) {
  describe(`hostile pushes to Node-RED ${version}`, function () {
    this.timeout(180_000);

    let nodeRed: NodeRed;
    let emissions: Emissions;
    let atFirst: Process;
    let flow: readonly FlowNode[];
    const ports = { own: 0, shared: 0 };
    before(async () => {
      ports.own = await freePort();
      flow = [
        ...collector,
        ...accountsAt("shared", {}),
        ...accountsAt("own", { pushPort: String(ports.own), pushHost: "127.0.0.1" }),
      ];
      nodeRed = await startNodeRed({ version, flows: flow });
      ports.shared = Number(new URL(nodeRed.url).port);
      await listening(ports.own);
      emissions = new Emissions(nodeRed);
      atFirst = await processOf(nodeRed);
    });
    after(() => nodeRed?.stop());

    for (const place of ["own", "shared"] as const) {
      describe(place === "own" ? "at a port of its own" : "at Node-RED's own server", () => {
        const senders = new Map<string, Sender>();
        const slow: Promise<Buffer>[] = [];
        const slowSockets: Socket[] = [];
        const targetOf = (): Target => ({ port: ports[place], path, signer: main, neighbour });

        /** Sends a push over a connection that stays open. */
        const post = (body: string, to = path, headers: Readonly<Record<string, string>> = {}) => {
          const sender = senders.get(to) ?? new Sender(ports[place], to);
          senders.set(to, sender);
          return sender.post(body, headers).then((answer) => answer && [answer.status, answer.body]);
        };

        /** Asserts that the next push is accepted, and that nothing else was emitted since the last check except the expected marks. */
        async function assertTakes(...expected: readonly string[]): Promise<void> {
          const mark = newMark();
          assert.deepEqual(await post(pushOf(main, mark)), [200, taken]);
          const emitted = await emissions.until(mark, ({ payload }) => payload.userData === mark);
          assert.deepEqual(
            emitted.map(({ payload, polluted }) => [payload.userData, polluted]),
            [...expected, mark].map((one) => [one, false]),
          );
        }

        before(() => {
          // One byte per second, in the headers and in the body; they continue during the other tests.
          for (const bytes of [
            bytesOf({ path, body: pushOf(main, "slow-head") }),
            bytesOf({ path, body: pushOf(main, "slow-body") }),
          ]) {
            const from = slow.length === 0 ? 10 : bytes.length - 100;
            const write = (socket: Socket) => {
              slowSockets.push(socket);
              socket.write(bytes.subarray(0, from));
              let at = from;
              const timer = setInterval(() => {
                if (at < bytes.length && socket.writable) socket.write(bytes.subarray(at, ++at));
              }, 1000);
              socket.on("close", () => clearInterval(timer));
            };
            // Open for as long as the other tests of this place take.
            const talking = talk(ports[place], write, 600_000);
            talking.catch(() => undefined);
            slow.push(talking);
          }
        });
        after(() => {
          for (const socket of slowSockets) socket.destroy();
          for (const sender of senders.values()) sender.close();
        });

        for (const [group, table] of Object.entries(cases)) {
          describe(group, () => {
            for (const { name, write, own, shared = own, method = "POST" } of table satisfies readonly Case[]) {
              it(name, async () => {
                const mark = newMark();
                const expected = place === "own" ? own : shared;
                const written = write(targetOf(), mark);
                const bytes = await talk(
                  ports[place],
                  typeof written === "function" ? written : (socket) => void socket.write(written),
                );
                check(expected, bytes, method);
                await assertTakes(...(expected === "taken" ? [mark] : []));
              });
            }
          });
        }

        it("takes the valid pushes among several on one connection, in their order", async () => {
          const marks = [newMark(), newMark()];
          const open = { Connection: "keep-alive" };
          const bytes = await talk(ports[place], (socket) => {
            socket.write(
              Buffer.concat([
                bytesOf({ path, headers: open, body: pushOf(main, marks[0]!) }),
                bytesOf({ path, headers: open, body: pushOf({ ...main, password: "wrong" }, newMark()) }),
                bytesOf({ path, headers: open, body: "{}" }),
                bytesOf({ path, body: pushOf(main, marks[1]!) }),
              ]),
            );
          });
          assert.deepEqual(
            answersIn(bytes).map(({ status }) => status),
            [200, 401, 400, 200],
          );
          await assertTakes(...marks);
        });

        it("takes pushes beside 500 idle connections", async () => {
          const idle = await Promise.all(
            Array.from({ length: 500 }, async () => {
              const socket = connect(ports[place], "127.0.0.1");
              socket.on("error", () => undefined);
              await once(socket, "connect");
              return socket;
            }),
          );
          await assertTakes();
          for (const socket of idle) socket.destroy();
          await assertTakes();
        });

        it("takes one block with one body once, and never with another body", async () => {
          const authentication = authenticationOf(main);
          const marks = [newMark(), newMark()];
          const [first, second] = marks.map((mark) => JSON.stringify({ authentication, notify: notifyOf(mark) }));
          assert.deepEqual(await post(first!), [200, taken]);
          assert.deepEqual(await post(first!), [200, taken]);
          assert.deepEqual(await post(second!), [401, refused]);
          assert.deepEqual(await post(first!), [200, taken]);
          await assertTakes(marks[0]!);
        });

        it("takes the same block once when it comes twenty times at once", async () => {
          const mark = newMark();
          const body = pushOf(main, mark);
          const answers = await Promise.all(Array.from({ length: 20 }, () => post(body)));
          assert.deepEqual(answers, Array(20).fill([200, taken]));
          await assertTakes(mark);
        });

        it("remembers blocks and bills after a redeploy", async () => {
          const mark = newMark();
          const bill = {
            type: "billing",
            session: mark,
            startTime: "1471918933",
            caller: "1",
            callee: "2",
            service: "1",
          };
          const body = pushOf(main, mark, bill);
          assert.deepEqual(await post(body), [200, taken]);
          await nodeRed.deploy(flow);
          assert.deepEqual(await post(body), [200, taken]);
          assert.deepEqual(await post(pushOf(main, newMark(), bill)), [200, taken]);
          await assertTakes(mark);
        });

        it("takes a bill once, also with another block", async () => {
          const marks = [newMark(), newMark()];
          const bill = { type: "billing", startTime: "1471918933", caller: "1", callee: "2", service: "1" };
          for (const session of marks) {
            for (const mark of [session, newMark()]) {
              assert.deepEqual(await post(pushOf(main, mark, { ...bill, session })), [200, taken]);
            }
          }
          await assertTakes(...marks);
        });

        it("takes a used block with another body if the account allows it, also an old one", async () => {
          const lax = signerOf("lax");
          const authentication = authenticationOf(lax, { timestamp: "1471918933001" });
          const marks = [newMark(), newMark()];
          for (const mark of [...marks, ...marks]) {
            const body = JSON.stringify({ authentication, notify: notifyOf(mark) });
            assert.deepEqual(await post(body, "/sccc/lax"), [200, taken]);
          }
          await assertTakes(...marks);
        });

        it("passes on unknown events, events without a seq, and texts that look like HTML or a header", async () => {
          const odd = '<b onclick="x()">&amp;\r\nX-Own: 1\r\n\r\n\u2028"\\';
          const notify = { type: "NeverSeen", userData: newMark(), odd, list: [1, null, { a: "" }] };
          const unseen = JSON.stringify({ authentication: authenticationOf(main), notify });
          assert.deepEqual(await post(unseen), [200, taken]);
          const mark = newMark();
          assert.deepEqual(await post(pushOf(main, mark, { seq: undefined })), [200, taken]);
          const [first, second] = await emissions.until(mark, ({ payload }) => payload.userData === mark);
          assert.deepEqual(Object.fromEntries(Object.keys(notify).map((name) => [name, first?.payload[name]])), notify);
          assert.deepEqual(
            [first?.topic, first?.push.event, first?.push.known, first?.push.account, first?.push.delivery],
            ["neverseen", "neverseen", false, `${place}-main`, 1],
          );
          assert.deepEqual(first?.push.http, { path, query: {}, ip: "127.0.0.1" });
          assert.deepEqual(
            [second?.topic, second?.push.known, second && "seq" in second.payload],
            ["callstart", true, false],
          );
          assert.equal(second?.payload.eventId, second?.push.eventId);
        });

        it("keeps all digits of long integers, lone surrogates and NUL", async () => {
          const mark = newMark();
          const body = pushOf(main, mark, { half: "\ud800", long: 1, nul: "\0" }).replace(
            '"long":1',
            '"long":12345678901234567890',
          );
          assert.deepEqual(await post(body), [200, taken]);
          const [emission] = await emissions.until(mark, ({ payload }) => payload.userData === mark);
          const { payload = {} } = emission ?? {};
          // Node-RED's own parser has parsed the number before us.
          const long = place === "own" ? "12345678901234567890" : Number("12345678901234567890");
          assert.deepEqual([payload.long, payload.half, payload.nul], [long, "\ud800", "\0"]);
        });

        it("distinguishes two accounts at one address, and counts no push as refused", async () => {
          const marks = [newMark(), newMark()];
          for (const [index, name] of ["left", "right"].entries()) {
            assert.deepEqual(await post(pushOf(signerOf(name), marks[index]!), "/sccc/both"), [200, taken]);
          }
          const emitted = await emissions.until("both", ({ payload }) => payload.userData === marks[1]);
          assert.deepEqual(
            emitted.map(({ push, payload }) => [push.account, push.customer, payload.userData]),
            [
              [`${place}-left`, "left", marks[0]],
              [`${place}-right`, "right", marks[1]],
            ],
          );
          const wrong = { ...signerOf("left"), password: "wrong" };
          assert.deepEqual(await post(pushOf(wrong, newMark()), "/sccc/both"), [401, refused]);
          const { text } = await nodeRed.log(({ level, id }) => level === "warn" && id === idOf(`${place}-left`));
          assert.match(text, /: 1 \(wrong password\)/);
          await assertTakes();
        });

        it("hands a push to both accounts of one customer at one address", async () => {
          const mark = newMark();
          const twin = signerOf("twin");
          assert.deepEqual(await post(pushOf(twin, mark), "/sccc/twins"), [200, taken]);
          const emitted = await emissions.until("both", ({ payload }) => payload.userData === mark, 2);
          assert.deepEqual(emitted.map(({ push }) => push.account).sort(), [`${place}-one`, `${place}-two`]);
          assert.deepEqual(new Set(emitted.map(({ push }) => push.eventId)).size, 1);
          await assertTakes();
        });

        /** Combinations of account, signer and headers, and whether the push is accepted. */
        const doors: readonly [account: string, signer: Signer, headers: Readonly<Record<string, string>>, boolean][] =
          [
            ["guarded", signerOf("guarded"), {}, false],
            ["guarded", signerOf("guarded"), { "x-forwarded-for": "10.0.0.1" }, false],
            ["welcome", signerOf("welcome"), {}, true],
            ["welcome", signerOf("welcome"), { "x-forwarded-for": "8.8.8.8" }, true],
            ["proxied", signerOf("proxied"), {}, false],
            ["proxied", signerOf("proxied"), { "x-forwarded-for": "10.0.0.1" }, true],
            ["proxied", signerOf("proxied"), { "x-forwarded-for": "8.8.8.8, 10.0.0.1" }, true],
            ["proxied", signerOf("proxied"), { "x-forwarded-for": "10.0.0.1, 8.8.8.8" }, false],
            ["proxied", signerOf("proxied"), { "x-forwarded-for": "no address" }, false],
            ["rotating", signerOf("rotating"), {}, true],
            ["rotating", { customer: "rotating", password: "the one before" }, {}, true],
            ["rotating", { customer: "rotating", password: "" }, {}, false],
            ["pusher", { customer: "push-user", password: "push-password" }, {}, true],
            ["pusher", signerOf("pusher"), {}, false],
            ["pusher", { customer: "pusher", password: "push-password" }, {}, false],
            ["pusher", { ...signerOf("pusher"), customer: "push-user" }, {}, false],
            ["half", signerOf("half"), {}, true],
            ["half", { customer: "half-user", password: "" }, {}, false],
          ];
        for (const [account, signer, headers, enters] of doors) {
          it(`${enters ? "lets in" : "refuses"} ${signer.customer} with ${signer.password || "nothing"} at ${account}, ${
            headers["x-forwarded-for"] ?? "not forwarded"
          }`, async () => {
            const mark = newMark();
            const answer = await post(pushOf(signer, mark), `/sccc/${account}`, headers);
            assert.deepEqual(answer, enters ? [200, taken] : [401, refused]);
            await assertTakes(...(enters ? [mark] : []));
          });
        }

        it("receives nothing for an account without a password", async () => {
          const mark = newMark();
          const open = { customer: "open", password: "" };
          const answer = await post(pushOf(open, mark), "/sccc/open");
          assert.ok([401, 404].includes(Number(answer?.[0])), `${answer}`);
          await assertTakes();
        });

        it("takes 10,000 in one burst", async () => {
          const marks = Array.from({ length: 10_000 }, newMark);
          const burst = new Sender(ports[place], path, 50);
          const answers = await Promise.all(marks.map((mark) => burst.post(pushOf(main, mark))));
          burst.close();
          assert.deepEqual(
            answers.filter((answer) => answer?.status !== 200 || answer.body !== taken),
            [],
          );
          const wanted = new Set<unknown>(marks);
          assertOnce(
            marksOf(await emissions.until("all", ({ payload }) => wanted.has(payload.userData), marks.length)),
            marks,
          );
          await assertTakes();
        });

        it("takes pushes that arrive during a redeploy", async () => {
          const marks: string[] = [];
          let deployed = false;
          const deploying = nodeRed.deploy(flow).finally(() => {
            deployed = true;
          });
          const answers: unknown[] = [];
          const load = async () => {
            while (!deployed) {
              const mark = newMark();
              marks.push(mark);
              answers.push(await post(pushOf(main, mark)));
            }
          };
          await Promise.all([deploying, load(), load(), load(), load()]);
          assert.ok(marks.length > 0);
          assert.deepEqual(
            answers.filter((answer) => JSON.stringify(answer) !== JSON.stringify([200, taken])),
            [],
          );
          const last = newMark();
          assert.deepEqual(await post(pushOf(main, last)), [200, taken]);
          const emitted = await emissions.until(last, ({ payload }) => payload.userData === last);
          assertOnce(marksOf(emitted), [...marks, last]);
        });

        it("closes the connection of a slow sender, or serves others while it waits", async () => {
          if (place === "own") {
            const [head, body] = await Promise.all(slow);
            check([408, 8], head!, "POST");
            check("broken off", body!, "POST");
          } else {
            for (const socket of slowSockets) socket.destroy();
            for (const bytes of await Promise.all(slow)) check("broken off", bytes, "POST");
          }
          await assertTakes();
        });
      });
    }

    // In its own describe, because mocha runs a suite's own tests before its nested suites.
    describe("after all of this", () => {
      it("is the same process, and has no memory left in use", async () => {
        const failures = nodeRed.logs.filter(
          ({ level, text }) => level === "fatal" || /uncaught|unhandled/i.test(text),
        );
        assert.deepEqual(failures, []);
        await nodeRed.deploy([
          ...flow,
          {
            id: "clear",
            type: "inject",
            z: "flow",
            once: true,
            onceDelay: 0,
            props: [],
            repeat: "",
            wires: [["cleared"]],
          },
          { id: "cleared", type: "function", z: "flow", func: `global.set("emitted", []);`, outputs: 0, wires: [] },
        ]);
        await eventually("the record is empty", async () =>
          ((await nodeRed.admin("GET", "/emitted?from=0")) as unknown[]).length === 0 ? true : undefined,
        );
        // Memory of sockets and timers is released a moment later.
        const now = await eventually("the memory is free again", async () => {
          const state = await processOf(nodeRed);
          return state.used - atFirst.used < flatWithin ? state : undefined;
        });
        assert.equal(now.pid, atFirst.pid);
        assert.ok(now.rss - atFirst.rss < rssWithin, `${atFirst.rss} → ${now.rss} bytes resident`);
      });
    });
  });
}
