// Benchmark of the call tracker: events per second and memory, with a hundred thousand calls open all the time.
import type { FlowNode, NodeRed } from "../tools/node-red";
import type { Children } from "./child";
import { contest, type Measured, type Size } from "./contest";
import { accountNode, counter, functionNode, pump, pumped } from "./node-red";
import type { Section } from "./report";

/** Around the node under test: a counter at each output, and the pump, which continues when an event was processed. */
const around = (node: FlowNode): readonly FlowNode[] => [
  accountNode({}),
  pump("calls", node.id),
  node,
  counter("changes"),
  counter("finished"),
  { id: "done", type: "complete", z: "tab", scope: [node.id], wires: [["pump"]] },
];

const wires = [["changes"], ["finished"]];

const ours = (maxOpen: number): readonly FlowNode[] =>
  around({
    id: "tracker",
    type: "sccc-call-tracker",
    z: "tab",
    account: "account",
    // More than there are open calls, so that none is dropped.
    maxOpen: maxOpen * 2,
    wires,
  });

/** A typical hand-built flow: calls by the customer's number, in a Map. */
const flowOfToday = around(
  functionNode(
    "tracker",
    `const { payload } = msg;
const calls = context.get("calls");
const number = payload.number ?? (payload.service === "2" ? payload.caller : payload.callee);
let call = calls.get(number);
if (call === undefined) {
  call = { number, numberE164: payload.numberE164, agent: payload.agent, direction: payload.direction, seq: payload.seq,
    userData: payload.userData, startedAt: msg.sccc.push.receivedAt, events: [] };
  calls.set(number, call);
}
call.state = payload.event;
call.events.push({ event: payload.event, at: msg.sccc.push.receivedAt, eventId: payload.eventId });
if (payload.event === "callstart") call.answeredAt = msg.sccc.push.receivedAt;
if (payload.event === "callend") call.endedAt = msg.sccc.push.receivedAt;
msg.topic = payload.event;
if (payload.event === "billing") {
  calls.delete(number);
  msg.payload = { ...call, events: [...call.events], session: payload.session, talkSeconds: Number(payload.timeLength) };
  return [msg, { ...msg }];
}
msg.payload = { ...call, events: [...call.events] };
return [msg, null];`,
    wires,
    { initialize: `context.set("calls", new Map());` },
  ),
);

/** Runs the part. */
export async function tracker(size: Size, children: Children): Promise<Section> {
  const node = await children.nodeRed(ours(size.calls));
  const today = await children.nodeRed(flowOfToday);
  const opening = { inFlight: 64, seconds: 600, most: size.calls, opening: true };
  await pumped(node, opening);
  await pumped(today, opening);
  const pumping = { inFlight: 64, seconds: size.seconds };
  const measured = await contest(size, {
    node: { name: { en: "sccc-call-tracker", zh: "sccc-call-tracker" }, measure: () => pumped(node, pumping) },
    today: { name: { en: "function with a Map", zh: "带 Map 的 function" }, measure: () => pumped(today, pumping) },
  });
  const held = { inFlight: 1, seconds: 60, most: 5, collected: true };
  const heapOf = async ({ name }: Measured, nodeRed: NodeRed): Promise<Measured> => ({
    name,
    samples: [await pumped(nodeRed, held)],
  });
  const calls = size.calls.toLocaleString("en-US");
  return {
    title: { en: `The call tracker, ${calls} calls open`, zh: `通话跟踪，${calls} 通未结束的通话` },
    about: [
      {
        en: "Each call has five events. The rival joins by the customer's number alone. It handles no repeats, no other order, no lost events and no two calls of one number, and it never releases a call that does not end.",
        zh: "每通通话有五个事件。对手只按客户号码合并。它不处理重复、乱序、丢失的事件和同一号码的两通通话，也从不释放没有结束的通话。",
      },
    ],
    comparisons: [
      { ours: measured.node, rival: measured.today, measure: "perSecond" },
      { ours: await heapOf(measured.node, node), rival: await heapOf(measured.today, today), measure: "heap" },
    ],
  };
}
