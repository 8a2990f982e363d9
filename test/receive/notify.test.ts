// sccc-notify in the test helper's Node-RED, with the receiving thread and its own port: the fields of a push are never
// confused with fields that this package adds, and errors quote only a short part of a push's text.
import assert from "node:assert/strict";
import { neverConfirmed } from "../../nodes/runtime/notify/notify";
import { freePort } from "../../tools/node-red";
import { initHelper, load, nodeOf, stateOf, unload } from "../../tools/nodes";
import { account } from "../../tools/platform";
import { translatorOf } from "../../tools/translator";
import { eventually, listening } from "./flow";
import { authenticationOf, type Json } from "./push";
import { Sender } from "./wire";

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

describe("sccc-notify", function () {
  this.timeout(60_000);
  before(initHelper);
  afterEach(unload);

  /** Loads a notify node; returns its messages, and a function that sends a push. */
  async function start(config: Json, receiving: Json = {}) {
    const port = await freePort();
    const own = { pushPort: String(port), pushHost: "127.0.0.1", pushPath: "/push", ...receiving };
    await load({ url: "http://127.0.0.1:9" }, { type: "sccc-notify", account: "a", events: [], ...config }, own, [
      { id: "other", type: "helper", z: "tab", x: 0, y: 0 },
    ]);
    await listening(port);
    const heard = new Map<string, Loose[]>();
    for (const id of ["out", "other", "caught"]) {
      const messages: Loose[] = [];
      heard.set(id, messages);
      nodeOf(id).on("input", (msg: Loose) => messages.push(msg));
    }
    const sender = new Sender(port, "/push", 1);
    const send = async (notify: Json) => {
      const answer = await sender.post(JSON.stringify({ authentication: authenticationOf(account), notify }));
      assert.equal(answer?.status, 200);
    };
    const next = (id: string): Promise<Loose> => eventually(`a message of ${id}`, () => heard.get(id)?.shift());
    return { send, next, close: () => sender.close() };
  }

  it("uses the event and eventId of this package, also if the platform sends fields of these names", async () => {
    const { send, next, close } = await start({ events: ["callin"], layout: "perType", wires: [["out"], ["other"]] });
    const own = { event: "billing", eventId: "42", direction: "sideways", answered: "perhaps" };
    await send({ type: "callin", number: "13800138000", ...own });
    const { topic, payload, sccc } = await next("out");
    assert.deepEqual([topic, sccc.push.event], ["callin", "callin"]);
    assert.match(sccc.push.eventId, /^[0-9a-f]{32}$/);
    const { event, eventId, direction, answered } = payload;
    assert.deepEqual({ event, eventId, direction, answered }, own);
    // The reverse: an unknown type with the name of a known event.
    await send({ type: "novelty", event: "callin" });
    const other = await next("other");
    assert.deepEqual([other.topic, other.sccc.push.event, other.payload.event], ["novelty", "novelty", "callin"]);
    close();
  });

  it("sends a push that was never confirmed to Catch, with at most a part of its event's name", async () => {
    const never = { pushAnswer: "stored", redeliverAfter: "0.1", maxDeliveries: 1 };
    const { send, next, close } = await start({ wires: [["out"]] }, never);
    const type = `<b>${"x".repeat(100_000)}`;
    await send({ type });
    const { error, topic, sccc } = await next("caught");
    assert.deepEqual([error.code, topic], ["SCCC_TIMEOUT", type]);
    const { message } = neverConfirmed(translatorOf("en"), { topic: type, push: sccc.push });
    assert.match(message, /<b>x+…/);
    assert.ok(message.length < 300, `${message.length} characters`);
    const confirm = (token: unknown) => stateOf().tokens.acknowledge(String(token), "taken");
    assert.deepEqual([confirm(sccc.token), confirm(sccc.token)], [true, false]);
    close();
  });
});
