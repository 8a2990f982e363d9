// Benchmark of what the sidebar costs: pushes per second without its recording, with it, and while a sidebar is open.
import { type SidebarSnapshot, sidebarRoutes } from "../nodes/catalogue/sidebar";
import { freePort, type NodeRed } from "../tools/node-red";
import { Child, type Children } from "./child";
import { type Contender, contest, type Sample, type Size, type Text } from "./contest";
import type { Load } from "./load";
import { accountNode, counter, doneBy } from "./node-red";
import type { Section } from "./report";

const path = "/sccc/notify";
const connections = 64;
/** The interval at which an open sidebar sends requests, in ms. */
const askEveryMs = 1000;

/** Sends requests as an open sidebar does, until it is told to stop. */
function watch(nodeRed: NodeRed): () => Promise<void> {
  let open = true;
  let wake = (): void => undefined;
  const ask = async (): Promise<void> => {
    let after = 0;
    while (open) {
      const { entries, more } = (await nodeRed.admin(
        "GET",
        `/${sidebarRoutes.snapshot}?after=${after}`,
      )) as SidebarSnapshot;
      after = entries.at(-1)?.number ?? after;
      if (more) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, askEveryMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const asking = ask();
  return async () => {
    open = false;
    wake();
    await asking;
  };
}

/** Runs the part. */
export async function sidebar(size: Size, children: Children): Promise<Section> {
  const load = children.add(new Child("load.ts"));
  const contender = async (name: Text, env: NodeJS.ProcessEnv, isOpen = false): Promise<Contender> => {
    const port = await freePort();
    const flow = [
      accountNode({ pushPort: port, pushHost: "127.0.0.1" }),
      { id: "notify", type: "sccc-notify", z: "tab", account: "account", events: [], wires: [["count"]] },
      counter(),
    ];
    const nodeRed = await children.nodeRed(flow, env);
    return {
      name,
      measure: async () => {
        const close = isOpen ? watch(nodeRed) : async () => undefined;
        const before = await doneBy(nodeRed);
        const question: Load = { port, path, connections, seconds: size.seconds };
        const sample = await load.ask<Sample>(question);
        const after = await doneBy(nodeRed);
        await close();
        return { ...sample, cpu: (after.cpu - before.cpu) / sample.count };
      },
    };
  };
  const off = { SCCC_MONITOR: "off" };
  const measured = await contest(size, {
    off: await contender({ en: "SCCC_MONITOR=off", zh: "SCCC_MONITOR=off" }, off),
    on: await contender({ en: "with the recording", zh: "带记录" }, {}),
    open: await contender({ en: "with the recording and an open sidebar", zh: "带记录，且侧边栏已打开" }, {}, true),
  });
  const { on, open, off: rival } = measured;
  return {
    title: { en: "What the SCCC sidebar costs", zh: "SCCC 侧边栏的开销" },
    about: [
      {
        en: `Pushes over ${connections} connections to an own port, received. The open sidebar asks once a second, as the editor does.`,
        zh: `通过 ${connections} 个连接推送到独立端口，received。已打开的侧边栏每秒询问一次，与编辑器相同。`,
      },
    ],
    comparisons: [
      { ours: on, rival, target: 0.97, measure: "perSecond" },
      { ours: open, rival, target: 0.9, measure: "perSecond" },
      { ours: on, rival, measure: "cpu" },
      { ours: open, rival, measure: "cpu" },
    ],
  };
}
