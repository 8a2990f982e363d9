// A process with a store: fills it, or opens it and reports time and memory.
import { Store } from "../../nodes/delivery/store";

const [folder = "", count = "0"] = process.argv.slice(2);

async function main(): Promise<void> {
  const start = performance.now();
  const store = await Store.open({ folder, owner: "child", redeliverAfterMs: 60_000, maxDeliveries: 5 });
  if (store === undefined) throw new Error("not opened");
  const text = JSON.stringify({ topic: "callin", payload: { text: "x".repeat(500) }, push: {} });
  for (let left = Number(count); left > 0; left -= 1000) {
    await store.spool.add(Array.from({ length: Math.min(left, 1000) }, () => ({ node: "n", text })));
  }
  const { pending } = store.spool;
  console.log(JSON.stringify({ pending, ms: performance.now() - start, rss: process.memoryUsage().rss }));
  store.close();
}

void main();
