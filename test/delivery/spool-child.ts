// A process to be killed by a test: adds and acknowledges entries as fast as it can, and prints which of them were confirmed.
import { writeSync } from "node:fs";
import { TestSpool } from "./test-spool";

const [folder = "", run = "", task = "load"] = process.argv.slice(2);

/** Written synchronously, so that the output is complete even if the process is killed at the next instruction. */
const tell = (what: string, id: string) => writeSync(1, `${what} ${id}\n`);

async function load(spool: TestSpool): Promise<void> {
  let last = 0;
  const confirm = ({ id }: { readonly id: string }) => {
    if (Math.random() < 0.5) return;
    tell("settling", id);
    spool.settle(id);
  };
  spool.attach("node", confirm, ({ id }) => tell("dead", id));
  const work = async () => {
    for (;;) {
      last += 1;
      const entries = ["a", "b"].map((part) => {
        const id = `${run}-${last}-${part}`;
        return { id, node: "node", value: { id, text: "呼".repeat(Math.floor(Math.random() * 2000)) } };
      });
      await spool.add(entries);
      for (const { id } of entries) tell("added", id);
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
}

/** Leaves an entry that waits for its next delivery, and nothing else that could keep the process alive. */
async function idle(spool: TestSpool): Promise<void> {
  await spool.add([{ id: "1", node: "node", value: 1 }]);
  spool.attach(
    "node",
    ({ id }) => tell("handed", id),
    () => undefined,
  );
}

TestSpool.open({ folder, redeliverAfterMs: 3_600_000, maxDeliveries: 1000 })
  .then(task === "idle" ? idle : load)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
