// Texts from outside cannot forge log lines, control a terminal or change the writing direction: in a real Node-RED, for all sources of
// texts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { plainText } from "../../nodes/protocol/failure";
import { freePort, type LogEntry, type NodeRed, startNodeRed } from "../../tools/node-red";
import { accountOf, eventually, listening, notifyNode } from "../receive/flow";
import { authenticationOf, notifyOf } from "../receive/push";
import { Sender } from "../receive/wire";

/** All kinds of line breaks, both forms of terminal commands, a change of the writing direction, and a placeholder of a translation. */
const evil = "x\r\n[error] forged\u2028\u2029\u0085\u001b[2J\u009b31m\u0007\u202e\u2066 $t(errors.busy) __api__ end";

const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

const signer = { customer: "C2", password: "the password of C2" };

/** The platform's answers, one after another. */
const answers: readonly (readonly [status: number, headers: Readonly<Record<string, string>>, body: string])[] = [
  [200, {}, JSON.stringify({ result: { error: 1, msg: evil } })],
  [200, {}, JSON.stringify({ result: { error: 0 }, data: { response: { result: { error: "F1000001", msg: evil } } } })],
  [200, {}, JSON.stringify({ result: { error: 77, msg: evil } })],
  [200, {}, JSON.stringify({ result: { error: evil } })],
  [200, {}, evil],
  [500, { "Content-Type": "text/html" }, evil],
  [302, { Location: "http://elsewhere.example/\u009b31m\u0085" }, evil],
];

describe("logs", function () {
  this.timeout(180_000);
  let platform: Server;
  let nodeRed: NodeRed;
  let port: number;
  let asked = 0;
  const ours = (): readonly LogEntry[] => nodeRed.logs.filter(({ type }) => type?.startsWith("sccc-"));

  before(async () => {
    platform = createServer((request, response) => {
      const [status, headers, body] = answers[asked++ % answers.length] ?? [500, {}, ""];
      request.resume().on("end", () => response.writeHead(status, headers).end(body));
    });
    platform.listen(0, "127.0.0.1");
    await once(platform, "listening");
    const baseUrl = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
    port = await freePort();
    const receiving = { pushPort: String(port), pushHost: "127.0.0.1", pushPath: "/" };
    nodeRed = await startNodeRed({
      version: 4,
      flows: [
        { id: "flow", type: "tab", label: "Flow" },
        accountOf("main", signer, {
          baseUrl,
          retries: "0",
          ...receiving,
          pushAnswer: "stored",
          redeliverAfter: "0.1",
          maxDeliveries: "1",
        }),
        notifyNode("main", { wires: [[]] }),
        ...["1000", evil].flatMap((agent, index) => [
          {
            id: `in-${index}`,
            type: "inject",
            z: "flow",
            props: [{ p: "payload" }],
            payload: JSON.stringify({ agent }),
            payloadType: "json",
            wires: [[`status-${index}`]],
          },
          { id: `status-${index}`, type: "sccc-get-agent-status", z: "flow", account: "account-main", wires: [[]] },
        ]),
      ],
    });
    await listening(port);
  });
  after(async () => {
    await nodeRed?.stop();
    platform?.close();
  });

  it("have one line for each answer of a platform, with all of its words", async () => {
    for (const [index] of answers.entries()) {
      await nodeRed.inject("in-0");
      await eventually(`answer ${index}`, () =>
        ours().filter(({ id }) => id === "status-0").length > index ? true : undefined,
      );
    }
    const logged = ours().map(({ text }) => text);
    assert.deepEqual(
      logged.filter((text) => unprintable.test(text)),
      [],
    );
    assert.ok(
      logged.filter((text) => text.includes("[error] forged") && text.includes("$t(errors.busy) __api__")).length >= 4,
      logged.join("\n"),
    );
  });

  it("have one line for each value of a flow and each push", async () => {
    await nodeRed.inject("in-1");
    const field = await nodeRed.log(({ id, level }) => id === "status-1" && level === "error");
    assert.ok(!unprintable.test(field.text), field.text);
    const sender = new Sender(port, "/", 1);
    const push = { authentication: authenticationOf(signer), notify: notifyOf(evil, { type: evil, number: evil }) };
    assert.equal((await sender.post(JSON.stringify(push)))?.status, 200);
    const refused = { ...push, authentication: authenticationOf({ ...signer, customer: evil }) };
    assert.equal((await sender.post(JSON.stringify(refused)))?.status, 401);
    sender.close();
    const dead = await nodeRed.log(({ id, level }) => id === "notify-main" && level === "error");
    assert.match(dead.text, /forged/);
    assert.deepEqual(
      ours()
        .map(({ text }) => text)
        .filter((text) => unprintable.test(text)),
      [],
    );
  });

  it("keep the letters of every script", () => {
    for (const text of ["平台返回：坐席不存在", "a\u200db", "ünïcödé 👩‍💻", "１３８ “x” — y"])
      assert.equal(plainText(text), text);
  });
});
