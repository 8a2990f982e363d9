// What has to be known to read the figures, and what profiles (node --cpu-prof) say of the targets that are missed: whose code takes the time.
import type { Text } from "./contest";

export const remarks: readonly Text[] = [
  {
    en: "All rivals keep their connections open and are written as somebody would who knows what they do. Load and platform are processes of their own and never sleep, so that nobody pays for waking them; two cores are needed for the figures to mean anything, and whatever else runs on the machine shows in the range of the rounds.",
    zh: "各对手都保持长连接，写法是内行会写的样子。负载与平台各为独立进程，从不休眠，因此谁都不必承担唤醒它们的开销；至少要有两个核，数字才有意义；机器上同时运行的其他程序，会体现在各轮的范围里。",
  },
  {
    en: "**Own port (targets 4 and 0.4).** Of the processor time of a push about a third is Node's HTTP and the writing of the answer, which node:http alone has too; about a fifth is Node-RED's passing on of the message; the rest is ours: authentication, the memory of repetitions, eventId, E.164 (libphonenumber, a tenth of all), times, tokens, and the garbage of these. 0.4 would leave hardly anything for them; no single one stands out any more.",
    zh: "**独立端口（目标 4 和 0.4）。**一条推送的处理器时间里，约三分之一是 Node 的 HTTP 和写出应答，单独的 node:http 也有这部分；约五分之一是 Node-RED 传递消息；其余是我们的：鉴权、防重放的记忆、eventId、E.164（libphonenumber，占总数的十分之一）、时间、令牌，以及由此产生的垃圾回收。要达到 0.4，留给这些的就所剩无几了；其中已没有特别突出的一项。",
  },
  {
    en: "**Node-RED's server (target 2).** Nearly two thirds of the processor time pass before our code is asked, or outside it: Express, the parsers, CORS and the static files that Node-RED has in front of every node's route, and Node's HTTP. The flow of today has the same in front of it. The table has a route that looks at nothing and sends no message: the ratio of that is the most that can be reached here. That is what the own port is for.",
    zh: "**Node-RED 的服务器（目标 2）。**近三分之二的处理器时间花在轮到我们的代码之前或之外：Node-RED 在每个节点路由之前的 Express、解析器、CORS 和静态文件，以及 Node 的 HTTP。通常的流程前面也有同样的这些。表中有一个什么都不看、也不发消息的路由：它的比值就是这里能达到的上限。独立端口正是为此而设。",
  },
  {
    en: "**Stored.** A push is answered after an fsync that serves all that wait for it; with 64 connections the processor is idle meanwhile. The disk decides.",
    zh: "**stored。**一次 fsync 服务于所有等待它的推送，之后才应答；只有 64 个连接时，处理器这段时间是空闲的。快慢取决于磁盘。",
  },
  {
    en: "**Commands.** axios sends through an adapter of ours (docs/decisions/0070). With its own one, a command was about one and a half times as fast as the flow of today.",
    zh: "**命令。**axios 通过我们自己的适配器发送（docs/decisions/0070）。用它自带的适配器时，一条命令的速度约为通常流程的 1.5 倍。",
  },
];
