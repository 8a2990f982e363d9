// Notes for reading the results, and what profiles (node --cpu-prof) show about missed targets: whose code takes the time.
import type { Text } from "./contest";

export const remarks: readonly Text[] = [
  {
    en: "All rivals keep their connections open and are written with care. Load and platform run in separate processes. The platform never sleeps, so that no measurement of commands includes the time to wake it. The load of pushes sleeps while it waits, and every second round goes backwards (docs/decisions/0170). The figures need two cores. Other programs on the machine widen the range of the rounds.",
    zh: "各对手都保持长连接，并经过认真编写。负载与平台各为独立进程。平台从不休眠，因此对命令的测量不含唤醒它的时间。推送的负载在等待时休眠，每两轮中有一轮按相反的顺序进行（docs/decisions/0170）。测量需要两个核。机器上的其他程序会使各轮的范围变大。",
  },
  {
    en: "**Own port (targets 5 and 0.45).** About a third of the processor time of a push is Node's HTTP and the writing of the answer; node:http alone has this too. About a tenth is Node-RED's passing on of the message. The rest is ours: authentication, the replay cache, eventId, E.164, times, tokens, and their garbage collection. No single part dominates. With the digest as the only check and nothing derived, 5.4 times the flow and 0.88 of node:http were reached (docs/decisions/0181).",
    zh: "**独立端口（目标 5 和 0.45）。**一条推送的处理器时间中，约三分之一用于 Node 的 HTTP 和写出应答，单独的 node:http 也有这部分。约十分之一用于 Node-RED 传递消息。其余是我们的：鉴权、防重放缓存、eventId、E.164、时间、令牌，以及它们的垃圾回收。其中没有特别突出的一项。如果只校验摘要、不派生任何字段，可达到流程的 5.4 倍、node:http 的 0.88（docs/decisions/0181）。",
  },
  {
    en: "**Node-RED's server (targets 1.3 and 1).** Nearly two thirds of the processor time pass before our code runs or outside it: in Express, the parsers, CORS and the static files, which Node-RED puts in front of every node's route, and in Node's HTTP. A flow of function nodes has the same in front of it. The table has a route that checks nothing and sends no message. Its ratio is the highest that can be reached here. With the digest as the only check and nothing derived, 1.4 times the flow was reached. The own port avoids this work.",
    zh: "**Node-RED 的服务器（目标 1.3 和 1）。**近三分之二的处理器时间花在我们的代码运行之前或之外：Node-RED 放在每个节点路由之前的 Express、解析器、CORS 和静态文件，以及 Node 的 HTTP。通常的流程之前也有这些。表中有一个不做检查、也不发消息的路由。它的比值是这里能达到的最大值。如果只校验摘要、不派生任何字段，可达到流程的 1.4 倍。独立端口没有这些开销。",
  },
  {
    en: "**Stored.** A push is answered after an fsync. One fsync serves all pushes that wait for it. With 64 connections the processor is idle meanwhile, so that the disk limits the rate.",
    zh: "**stored。**推送在 fsync 之后应答。一次 fsync 服务于所有等待它的推送。有 64 个连接时，处理器在此期间空闲，因此速度取决于磁盘。",
  },
  {
    en: "**Commands.** axios sends through our own adapter (docs/decisions/0070). With axios's adapter, a command was about one and a half times as fast as the flow of function nodes.",
    zh: "**命令。**axios 通过我们自己的适配器发送（docs/decisions/0070）。使用 axios 自带的适配器时，一条命令的速度约为通常流程的 1.5 倍。",
  },
];
